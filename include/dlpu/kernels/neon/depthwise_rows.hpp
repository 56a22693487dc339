#pragma once

/// What depthwise kernels of the NEON rungs walk over: 8 channels of rows of the image.

#include <algorithm>
#include <cstddef>

#include "dlpu/kernels/neon/vectors.hpp"
#include "dlpu/kernels/portable/patch.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels::neon {

/// Channels that a depthwise kernel computes at once.
inline constexpr std::size_t block_channels = 8;

[[nodiscard]] constexpr std::size_t channel_blocks(const WindowGeometry& g) {
  return (static_cast<std::size_t>(g.output_channels) + block_channels - 1) / block_channels;
}
/// A last block of fewer than 8 channels begins earlier and does some of them twice, unless there are not as many.
[[nodiscard]] constexpr std::size_t block_begin(const WindowGeometry& g, std::size_t block) {
  const auto channels = static_cast<std::size_t>(g.output_channels);
  return channels < block_channels ? 0 : std::min(block * block_channels, channels - block_channels);
}

/// Windows for which there is a kernel that slides along rows.
[[nodiscard]] constexpr bool is_3x3(const WindowGeometry& g) {
  return g.kernel == Size2D(3) && g.dilation == Size2D(1) && g.input_channels == g.output_channels &&
         static_cast<std::size_t>(g.output_channels) >= block_channels;
}

/// The three rows of the image under one row of 3 x 3 windows, from one channel on. Kernels copy it, so that the
/// compiler knows that no store changes it.
template <class Storage>
struct ImageRows {
  const Storage* row[3];   ///< one outside the image is `outside`
  std::ptrdiff_t step[3];  ///< from one column to the next; 0 for a row outside
  std::int32_t width;
  const Storage* outside;  ///< 8 channels of the input's zero point

  ImageRows(const WindowGeometry& g, const Storage* input, std::int32_t batch, std::int32_t output_y,
            std::size_t channel, const Storage* outside_place)
      : width(g.input_width), outside(outside_place) {
    for (std::int32_t i = 0; i < 3; ++i) {
      const std::int32_t y = output_y * g.stride.height - g.pad_top + i;
      const bool inside = y >= 0 && y < g.input_height;
      row[i] = inside ? portable::input_place(g, input, batch, y, 0) + channel : outside;
      step[i] = inside ? g.input_channels : 0;
    }
  }
  /// The place in column `x`, which may lie outside.
  [[nodiscard]] const Storage* at(std::size_t i, std::int32_t x) const {
    return x >= 0 && x < width ? row[i] + x * step[i] : outside;
  }
};

}  // namespace kernels::neon
}  // namespace dlpu::inline DLPU_ABI

#endif

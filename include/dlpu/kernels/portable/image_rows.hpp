#pragma once

/// Neighbouring rows of the image, from one channel on: what depthwise kernels that slide along rows walk over.

#include <cstddef>
#include <cstdint>

#include "dlpu/kernels/portable/patch.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// `Count` rows, the first of them the first one under the windows of a row of output. Kernels copy it, so that the
/// compiler knows that no store changes it.
template <class Storage, std::size_t Count>
struct ImageRows {
  const Storage* row[Count];   ///< one outside the image is `outside`
  std::ptrdiff_t step[Count];  ///< from one column to the next; 0 for a row outside
  std::int32_t width;
  const Storage* outside;  ///< as many channels of the input's zero point as a kernel takes at once

  ImageRows(const WindowGeometry& g, const Storage* input, std::int32_t batch, std::int32_t output_y,
            std::size_t channel, const Storage* outside_place)
      : width(g.input_width), outside(outside_place) {
    for (std::size_t i = 0; i < Count; ++i) {
      const std::int32_t y = output_y * g.stride.height - g.pad_top + static_cast<std::int32_t>(i);
      const bool inside = y >= 0 && y < g.input_height;
      row[i] = inside ? input_place(g, input, batch, y, 0) + channel : outside;
      step[i] = inside ? g.input_channels : 0;
    }
  }

  /// The place in column `x`, which may lie outside.
  [[nodiscard]] const Storage* at(std::size_t i, std::int32_t x) const {
    return static_cast<std::uint32_t>(x) < static_cast<std::uint32_t>(width) ? at_inside(i, x) : outside;
  }
  /// The same for a column that does not.
  [[nodiscard]] const Storage* at_inside(std::size_t i, std::int32_t x) const { return row[i] + x * step[i]; }
};

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// How depthwise kernels of the NEON rungs part channels: 8 at once.

#include <algorithm>
#include <cstddef>

#include "dlpu/kernels/neon/vectors.hpp"
#include "dlpu/kernels/window.hpp"

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
[[nodiscard]] constexpr bool slides(const WindowGeometry& g) {
  return g.is_3x3() && g.input_channels == g.output_channels &&
         static_cast<std::size_t>(g.output_channels) >= block_channels;
}

}  // namespace kernels::neon
}  // namespace dlpu::inline DLPU_ABI

#endif

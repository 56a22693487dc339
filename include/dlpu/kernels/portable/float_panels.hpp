#pragma once

/// A filter in float32 as products read it: the bias, padded to whole panels of channels, then for each panel the weights
/// of its channels as [depth][panel]; depth counts taps, then input channels.

#include <cstring>

#include "dlpu/kernels/convolution.hpp"
#include "dlpu/kernels/portable/simd.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

[[nodiscard]] constexpr std::size_t float_panels_depth(const WindowGeometry& g) {
  return g.taps() * static_cast<std::size_t>(g.input_channels);
}
[[nodiscard]] constexpr std::size_t float_panels_channels(const WindowGeometry& g, std::size_t panel) {
  return round_up(static_cast<std::size_t>(g.output_channels), panel);
}
[[nodiscard]] constexpr std::size_t float_panels_bytes(const WindowGeometry& g, std::size_t panel) {
  return float_panels_channels(g, panel) * (1 + float_panels_depth(g)) * sizeof(float);
}

/// `arguments.filter` is OHWI.
inline void pack_float_panels(const WindowGeometry& g, const ConvolutionArguments<float, void>& arguments,
                              std::size_t panel, std::byte* packed) {
  const auto channels = static_cast<std::size_t>(g.output_channels);
  const std::size_t depth = float_panels_depth(g);
  std::memset(packed, 0, float_panels_bytes(g, panel));
  if (arguments.bias) std::memcpy(packed, arguments.bias, channels * sizeof(float));
  auto* filter = reinterpret_cast<float*>(packed) + float_panels_channels(g, panel);
  for (std::size_t o = 0; o < channels; ++o) {
    float* to = filter + o / panel * panel * depth + o % panel;
    for (std::size_t k = 0; k < depth; ++k) to[k * panel] = arguments.filter[o * depth + k];
  }
}

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// DepthwiseConv2D in float32 on the NEON rung: 4 channels at once. Packed: bias [row elements], weights [taps, row
/// elements].

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/neon/conv2d_float_rung.hpp"
#include "dlpu/kernels/portable/tap_table.hpp"
#include "dlpu/kernels/reference/depthwise_conv2d_rung.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <>
struct DepthwiseConv2dRung<isa::neon, float, void> {
  using isa_type = isa::neon;
  using Arguments = ConvolutionArguments<float, void>;
  using Taps = portable::TapTable<float>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return Taps::row_elements(g) * (1 + g.taps()) * sizeof(float);
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Taps::bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t row = Taps::row_elements(g);
    std::memset(packed, 0, packed_bytes(g));
    auto* bias = reinterpret_cast<float*>(packed);
    if (arguments.bias) std::copy_n(arguments.bias, channels, bias);
    for (std::size_t tap = 0; tap < g.taps(); ++tap) {
      std::copy_n(arguments.filter + tap * channels, channels, bias + (1 + tap) * row);
    }
  }

  DLPU_TARGET_NEON static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const float* input, float* output, std::byte* scratch) {
    constexpr std::size_t lanes = neon::lanes;
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t row = Taps::row_elements(g), places = g.output_elements() / channels;
    const auto* bias = reinterpret_cast<const float*>(packed);
    Taps table(g, input, 0.0f, scratch);
    portable::WindowOrigin origin = portable::window_origin(g, 0);
    for (std::size_t place = 0; place < places; ++place, output += channels) {
      const float* const* taps = table.at(origin);
      portable::advance(g, origin);
      for (std::size_t next = 0; next < channels; next += lanes) {
        // A last step of fewer channels begins earlier and does some of them twice, unless there are not as many.
        const std::size_t channel = channels < lanes ? 0 : std::min(next, channels - lanes);
        const float* weights = bias + row + channel;
        float32x4_t sum = vdupq_n_f32(0.0f);
        for (std::size_t tap = 0; tap < g.taps(); ++tap, weights += row) {
          sum = neon::multiply_add(sum, vld1q_f32(taps[tap] + channel), vld1q_f32(weights));
        }
        neon::store_clamped(vaddq_f32(sum, vld1q_f32(bias + channel)), arguments.range, channels - channel,
                            output + channel);
      }
    }
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

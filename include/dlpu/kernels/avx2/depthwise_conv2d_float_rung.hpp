#pragma once

/// DepthwiseConv2D in float32 on the AVX2 rung: the portable rung's taps and packed weights, 8 channels at once.

#include <algorithm>

#include "dlpu/kernels/avx2/conv2d_float_rung.hpp"
#include "dlpu/kernels/portable/depthwise_conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <>
struct DepthwiseConv2dRung<isa::avx2, float, void> : DepthwiseConv2dRung<isa::portable, float, void> {
  using isa_type = isa::avx2;

  DLPU_TARGET_AVX2 static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const float* input, float* output, std::byte* scratch) {
    const std::size_t row = Taps::row_elements(g), channels = static_cast<std::size_t>(g.output_channels);
    const auto* bias = reinterpret_cast<const float*>(packed);
    Taps table(g, input, 0.0f, scratch);
    for (std::size_t place = 0; place < portable::output_places(g); ++place, output += channels) {
      const float* const* taps = table.at(portable::window_origin(g, place));
      std::size_t channel = 0;
      for (; channel + avx2::lanes <= channels; channel += avx2::lanes) {
        __m256 sum = _mm256_setzero_ps();
        const float* weights = bias + row + channel;
        for (std::size_t tap = 0; tap < g.taps(); ++tap, weights += row) {
          sum = _mm256_fmadd_ps(_mm256_loadu_ps(taps[tap] + channel), _mm256_loadu_ps(weights), sum);
        }
        avx2::store_clamped(_mm256_add_ps(sum, _mm256_loadu_ps(bias + channel)), arguments.range, avx2::lanes,
                            output + channel);
      }
      for (; channel < channels; ++channel) {
        float sum = 0.0f;
        for (std::size_t tap = 0; tap < g.taps(); ++tap) sum += taps[tap][channel] * bias[(1 + tap) * row + channel];
        output[channel] = arguments.range.clamp(sum + bias[channel]);
      }
    }
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

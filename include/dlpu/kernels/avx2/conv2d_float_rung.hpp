#pragma once

/// Conv2D in float32 on the AVX2 rung: 6 places times 16 channels at once, with fused multiply-adds.

#include <algorithm>

#include "dlpu/kernels/avx2/vectors.hpp"
#include "dlpu/kernels/portable/float_product.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace avx2 {

/// `range.clamp` of the first `count` of 8 numbers; NaN stays NaN, as in the oracle, because the second operand of the
/// instructions is what they return then.
DLPU_INLINE_AVX2 inline void store_clamped(__m256 values, Range<float> range, std::size_t count, float* output) {
  const __m256 clamped = _mm256_min_ps(_mm256_set1_ps(range.high), _mm256_max_ps(_mm256_set1_ps(range.low), values));
  if (count >= lanes) return _mm256_storeu_ps(output, clamped);
  float numbers[lanes];
  _mm256_storeu_ps(numbers, clamped);
  std::copy_n(numbers, count, output);
}

/// A template, so that only who runs it compiles it: every source that includes it would pay for a plain class.
template <class Isa>
struct FloatProduct {
  static constexpr std::size_t lanes = avx2::lanes;
  static constexpr std::size_t alone = 8;  ///< groups of channels that a single place takes at once

  DLPU_TARGET_AVX2 static void multiply(const portable::FloatPanel& panel) {
    if (panel.channels == alone * lanes) return multiply<1, alone>(panel, 0);
    panel.channels > lanes ? multiply_places<2>(panel) : multiply_places<1>(panel);
  }

 private:
  template <std::size_t Vectors>
  DLPU_TARGET_AVX2 static void multiply_places(const portable::FloatPanel& panel) {
    std::size_t place = 0;
    for (; place + 6 <= panel.count; place += 6) multiply<6, Vectors>(panel, place);
    if (place + 3 <= panel.count) multiply<3, Vectors>(panel, place), place += 3;
    for (; place < panel.count; ++place) multiply<1, Vectors>(panel, place);
  }

  template <std::size_t Count, std::size_t Vectors>
  DLPU_TARGET_AVX2 static void multiply(const portable::FloatPanel& panel, std::size_t place) {
    __m256 sums[Count][Vectors];
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      sums[0][v] = _mm256_loadu_ps(panel.bias + v * lanes);
      unroll<Count>([&](auto r) DLPU_INLINE_AVX2 { sums[r][v] = sums[0][v]; });
    });
    const std::size_t step = panel.places.step;
    const float* weights = panel.weights;
    for (std::size_t run = 0; run < panel.run_count; ++run) {
      // A pointer for each three places reaches the others by scaled steps.
      const float* inputs[(Count + 2) / 3];
      unroll<(Count + 2) / 3>([&](auto i) DLPU_INLINE_AVX2 {
        inputs[i] = panel.places.runs[run] + (panel.first + place + 3 * i) * step;
      });
      for (std::size_t k = 0; k < panel.run_elements; ++k, weights += lanes) {
        __m256 weight[Vectors];
        unroll<Vectors>([&](auto v)
                            DLPU_INLINE_AVX2 { weight[v] = _mm256_loadu_ps(weights + v * panel.group_elements); });
        unroll<Count>([&](auto r) DLPU_INLINE_AVX2 {
          const __m256 value = _mm256_broadcast_ss(inputs[r / 3] + r % 3 * step);
          unroll<Vectors>([&](auto v)
                              DLPU_INLINE_AVX2 { sums[r][v] = _mm256_fmadd_ps(weight[v], value, sums[r][v]); });
        });
        unroll<(Count + 2) / 3>([&](auto i) DLPU_INLINE_AVX2 { ++inputs[i]; });
      }
    }
    float* output = panel.output + place * panel.output_step;
    unroll<Count>([&](auto r) DLPU_INLINE_AVX2 {
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
        store_clamped(sums[r][v], panel.range, panel.channels - v * lanes,
                      output + r * panel.output_step + v * lanes);
      });
    });
  }
};

}  // namespace avx2

template <>
struct Conv2dRung<isa::avx2, float, void> : portable::FloatConv2d<avx2::FloatProduct<isa::avx2>> {
  using isa_type = isa::avx2;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

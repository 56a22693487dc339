#pragma once

/// Conv2D in float32 on the AVX-512 VNNI rung: 14 places times 32 channels at once.

#include "dlpu/kernels/avx512_vnni/vectors.hpp"
#include "dlpu/kernels/portable/float_product.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace avx512_vnni {

/// The lanes of a vector that holds the first of `count` numbers.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline __mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>(count >= lanes ? 0xffff : (1u << count) - 1);
}

/// `range.clamp`; NaN stays NaN, as in the oracle, because the second operand of the instructions is what they return then.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline __m512 clamped(__m512 values, Range<float> range) {
  return _mm512_min_ps(_mm512_set1_ps(range.high), _mm512_max_ps(_mm512_set1_ps(range.low), values));
}

/// A vector of 8 channels does half the work of one of 16, where no more are left. Compile-time choices: `Wholes` vectors
/// of 16 channels, and one of 8 where `Half` is 1.
///
/// A template, so that only who runs it compiles it: every source that includes it would pay for a plain class.
template <class Isa>
struct FloatProduct {
  static constexpr std::size_t lanes = avx512_vnni::lanes;
  static constexpr std::size_t alone = 8;  ///< groups of channels that a single place takes at once
  /// How far the weights are asked for in advance: most come from the third-level cache, and what a CPU asks for by itself
  /// ends at each page.
  static constexpr std::size_t ahead = 16 * lanes * sizeof(float);

  DLPU_TARGET_AVX512_VNNI static void multiply(const portable::FloatPanel& panel) {
    constexpr std::size_t half = lanes / 2;
    if (panel.channels == alone * lanes) return multiply<1, alone, 0>(panel, 0);
    if (panel.channels > lanes + half) return multiply_places<2, 0>(panel);
    if (panel.channels > lanes) return multiply_places<1, 1>(panel);
    if (panel.channels > half) return multiply_places<1, 0>(panel);
    multiply_places<0, 1>(panel);
  }

 private:
  template <std::size_t Wholes, std::size_t Half>
  DLPU_TARGET_AVX512_VNNI static void multiply_places(const portable::FloatPanel& panel) {
    std::size_t place = 0;
    for (; place + 14 <= panel.count; place += 14) multiply<14, Wholes, Half>(panel, place);
    if (place + 7 <= panel.count) multiply<7, Wholes, Half>(panel, place), place += 7;
    for (; place + 3 <= panel.count; place += 3) multiply<3, Wholes, Half>(panel, place);
    for (; place < panel.count; ++place) multiply<1, Wholes, Half>(panel, place);
  }

  template <std::size_t Count, std::size_t Wholes, std::size_t Half>
  DLPU_TARGET_AVX512_VNNI static void multiply(const portable::FloatPanel& panel, std::size_t place) {
    __m512 sums[Count][Wholes + 1];
    __m256 halves[Count];
    const float* const half_bias = panel.bias + Wholes * lanes;
    unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      unroll<Wholes>([&](auto v) DLPU_INLINE_AVX512_VNNI { sums[r][v] = _mm512_loadu_ps(panel.bias + v * lanes); });
      unroll<Half>([&](auto) DLPU_INLINE_AVX512_VNNI { halves[r] = _mm256_loadu_ps(half_bias); });
    });
    const std::size_t step = panel.places.step;
    const float* weights = panel.weights;
    for (std::size_t run = 0; run < panel.run_count; ++run) {
      // A pointer for each three places reaches the others by scaled steps.
      const float* inputs[(Count + 2) / 3];
      unroll<(Count + 2) / 3>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        inputs[i] = panel.places.runs[run] + (panel.first + place + 3 * i) * step;
      });
      for (std::size_t k = 0; k < panel.run_elements; ++k, weights += lanes) {
        __m512 weight[Wholes + 1];
        __m256 half_weight;
        unroll<Wholes>([&](auto v) DLPU_INLINE_AVX512_VNNI {
          const float* const from = weights + v * panel.group_elements;
          weight[v] = _mm512_loadu_ps(from);
          prefetch(from, ahead);
        });
        unroll<Half>([&](auto) DLPU_INLINE_AVX512_VNNI {
          half_weight = _mm256_loadu_ps(weights + Wholes * panel.group_elements);
        });
        unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
          const __m512 value = _mm512_set1_ps(inputs[r / 3][r % 3 * step]);
          unroll<Wholes>([&](auto v)
                             DLPU_INLINE_AVX512_VNNI { sums[r][v] = _mm512_fmadd_ps(weight[v], value, sums[r][v]); });
          unroll<Half>([&](auto) DLPU_INLINE_AVX512_VNNI {
            halves[r] = _mm256_fmadd_ps(half_weight, _mm512_castps512_ps256(value), halves[r]);
          });
        });
        unroll<(Count + 2) / 3>([&](auto i) DLPU_INLINE_AVX512_VNNI { ++inputs[i]; });
      }
    }
    float* output = panel.output + place * panel.output_step;
    unroll<Half>([&](auto) DLPU_INLINE_AVX512_VNNI {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI { sums[r][Wholes] = _mm512_castps256_ps512(halves[r]); });
    });
    unroll<Wholes + Half>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      const __mmask16 chosen = first_lanes(panel.channels - v * lanes);
      const bool all = chosen == 0xffff;
      const Range<float> range = panel.range;
      const std::size_t output_step = panel.output_step;
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
        float* const to = output + r * output_step + v * lanes;
        if (all) return _mm512_storeu_ps(to, clamped(sums[r][v], range));
        _mm512_mask_storeu_ps(to, chosen, clamped(sums[r][v], range));
      });
    });
  }
};

}  // namespace avx512_vnni

template <>
struct Conv2dRung<isa::avx512_vnni, float, void>
    : portable::FloatConv2d<avx512_vnni::FloatProduct<isa::avx512_vnni>> {
  using isa_type = isa::avx512_vnni;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

#pragma once

/// The library's roundings on 8 accumulators at once, exact for every accumulator.

#include "dlpu/kernels/avx2/vectors.hpp"
#include "dlpu/quant/rounding.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// `VectorRounding<R>(multipliers, step)` takes 8 multipliers, `step` apart: 1, or 0 for one that serves all lanes.
/// Roundings, and multipliers, without a form here are applied number by number.
///
///     static bool handles(R::Multiplier);
///     __m256i operator()(__m256i accumulators) const;
template <class R>
struct VectorRounding {
  static constexpr bool available = false;
};

namespace detail {
/// Values and shifts of 8 fixed-point multipliers.
struct FixedPoints {
  __m256i value, shift;
};
[[nodiscard]] DLPU_INLINE_AVX2 inline FixedPoints load(const FixedPointMultiplier* multipliers, std::size_t step) {
  static_assert(sizeof(FixedPointMultiplier) == 2 * sizeof(std::int32_t));
  if (step == 0) return {_mm256_set1_epi32(multipliers->value), _mm256_set1_epi32(multipliers->shift)};
  const __m256 low = _mm256_castsi256_ps(avx2::load(multipliers));
  const __m256 high = _mm256_castsi256_ps(avx2::load(multipliers + 4));
  const auto in_order = [&](__m256 mixed) DLPU_INLINE_AVX2 {
    return _mm256_permute4x64_epi64(_mm256_castps_si256(mixed), 0b11011000);
  };
  return {in_order(_mm256_shuffle_ps(low, high, 0b10001000)), in_order(_mm256_shuffle_ps(low, high, 0b11011101))};
}
}  // namespace detail

template <>
struct VectorRounding<rounding::Reference> {
  static constexpr bool available = true;

  /// Multipliers of 1 and above shift to the left first and may wrap; they are rare.
  static bool handles(FixedPointMultiplier m) { return m.shift <= 0; }
  DLPU_INLINE_AVX2 VectorRounding(const FixedPointMultiplier* multipliers, std::size_t step)
      : VectorRounding(detail::load(multipliers, step)) {}

  [[nodiscard]] DLPU_INLINE_AVX2 __m256i operator()(__m256i accumulators) const {
    const __m256i nudge = _mm256_set1_epi64x(1 << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(accumulators, value_), nudge);
    const __m256i odd =
        _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(accumulators, 32), _mm256_srli_epi64(value_, 32)), nudge);
    const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0b10101010);
    // The rounding shift in its overflow-free form: one more where the rest is above a half, or, for numbers below
    // zero, above a half and one.
    const __m256i rest = _mm256_and_si256(high, mask_);
    const __m256i threshold = _mm256_sub_epi32(_mm256_srli_epi32(mask_, 1), _mm256_srai_epi32(high, 31));
    return _mm256_sub_epi32(_mm256_srav_epi32(high, right_), _mm256_cmpgt_epi32(rest, threshold));
  }

 private:
  DLPU_INLINE_AVX2 explicit VectorRounding(detail::FixedPoints m)
      : value_(m.value),
        right_(_mm256_sub_epi32(_mm256_setzero_si256(), m.shift)),
        mask_(_mm256_sub_epi32(_mm256_sllv_epi32(_mm256_set1_epi32(1), right_), _mm256_set1_epi32(1))) {}

  __m256i value_, right_, mask_;
};

template <>
struct VectorRounding<rounding::Float> {
  static constexpr bool available = true;

  static bool handles(float) { return true; }
  DLPU_INLINE_AVX2 VectorRounding(const float* multipliers, std::size_t step)
      : multiplier_(step == 0 ? _mm256_set1_ps(*multipliers) : _mm256_loadu_ps(multipliers)) {}

  [[nodiscard]] DLPU_INLINE_AVX2 __m256i operator()(__m256i accumulators) const {
    const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(accumulators), multiplier_);
    return _mm256_cvtps_epi32(
        _mm256_max_ps(_mm256_min_ps(product, _mm256_set1_ps(1073741824.0f)), _mm256_set1_ps(-1073741824.0f)));
  }

 private:
  __m256 multiplier_;
};

template <>
struct VectorRounding<rounding::Double> {
  static constexpr bool available = true;

  static bool handles(double) { return true; }
  DLPU_INLINE_AVX2 VectorRounding(const double* multipliers, std::size_t step)
      : low_(step == 0 ? _mm256_set1_pd(*multipliers) : _mm256_loadu_pd(multipliers)),
        high_(step == 0 ? low_ : _mm256_loadu_pd(multipliers + 4)) {}

  [[nodiscard]] DLPU_INLINE_AVX2 __m256i operator()(__m256i accumulators) const {
    return _mm256_set_m128i(round(_mm256_extracti128_si256(accumulators, 1), high_),
                            round(_mm256_castsi256_si128(accumulators), low_));
  }

 private:
  /// Halves away from zero: the largest double below a half, added with the product's sign, carries over to the next
  /// integer exactly where the rest is a half or more.
  [[nodiscard]] DLPU_INLINE_AVX2 static __m128i round(__m128i accumulators, __m256d multiplier) {
    const __m256d exact = _mm256_mul_pd(_mm256_cvtepi32_pd(accumulators), multiplier);
    const __m256d product =
        _mm256_max_pd(_mm256_min_pd(exact, _mm256_set1_pd(1073741824.0)), _mm256_set1_pd(-1073741824.0));
    const __m256d sign = _mm256_and_pd(product, _mm256_set1_pd(-0.0));
    return _mm256_cvttpd_epi32(_mm256_add_pd(product, _mm256_or_pd(_mm256_set1_pd(0x1.fffffffffffffp-2), sign)));
  }

  __m256d low_, high_;
};

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

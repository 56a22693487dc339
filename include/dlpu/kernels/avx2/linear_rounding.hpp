#pragma once

/// A rounding at the price of one floating-point multiply-add: `x * multiplier + offset`, converted to the nearest integer.
/// Where results lie on both sides of zero, and halves are rounded away from it, the offset takes the sign of x.

#include "dlpu/kernels/avx2/channel_constants.hpp"
#include "dlpu/kernels/avx2/vectors.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// For 8 accumulators.
class LinearInFloat {
 public:
  DLPU_INLINE_AVX2 LinearInFloat(__m256 multiplier, __m256 offset, float sign)
      : multiplier_(multiplier), offset_(offset), sign_(_mm256_set1_ps(sign)) {}
  /// Of 8 channels of a group, from `first` on.
  DLPU_INLINE_AVX2 LinearInFloat(const LinearMemory<float>& memory, std::size_t first)
      : LinearInFloat(_mm256_load_ps(memory.multiplier + first), _mm256_load_ps(memory.offset + first), memory.sign) {
  }

  [[nodiscard]] DLPU_INLINE_AVX2 __m256i operator()(__m256i accumulators) const {
    const __m256 x = _mm256_cvtepi32_ps(accumulators);
    const __m256 offset = _mm256_xor_ps(offset_, _mm256_and_ps(x, sign_));
    return _mm256_cvtps_epi32(_mm256_fmadd_ps(x, multiplier_, offset));
  }
  /// The same where the offset takes no sign.
  [[nodiscard]] DLPU_INLINE_AVX2 __m256i with_fixed_offset(__m256i accumulators) const {
    return _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_cvtepi32_ps(accumulators), multiplier_, offset_));
  }

 private:
  __m256 multiplier_, offset_, sign_;
};

/// For 4 accumulators.
class LinearInDouble {
 public:
  DLPU_INLINE_AVX2 LinearInDouble(__m256d multiplier, __m256d offset, double sign)
      : multiplier_(multiplier), offset_(offset), sign_(_mm256_set1_pd(sign)) {}
  DLPU_INLINE_AVX2 LinearInDouble(const LinearMemory<double>& memory, std::size_t first)
      : LinearInDouble(_mm256_load_pd(memory.multiplier + first), _mm256_load_pd(memory.offset + first),
                       memory.sign) {}

  [[nodiscard]] DLPU_INLINE_AVX2 __m128i operator()(__m128i accumulators) const {
    const __m256d x = _mm256_cvtepi32_pd(accumulators);
    const __m256d offset = _mm256_xor_pd(offset_, _mm256_and_pd(x, sign_));
    return _mm256_cvtpd_epi32(_mm256_fmadd_pd(x, multiplier_, offset));
  }

 private:
  __m256d multiplier_, offset_, sign_;
};

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

#pragma once

/// `avx2::LinearInFloat` and `avx2::LinearInDouble` for 16 accumulators.

#include "dlpu/kernels/avx2/channel_constants.hpp"
#include "dlpu/kernels/avx512_vnni/vectors.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

class LinearInFloat {
 public:
  DLPU_INLINE_AVX512_VNNI explicit LinearInFloat(const avx2::LinearMemory<float>& memory)
      : multiplier_(_mm512_load_ps(memory.multiplier)),
        offset_(_mm512_load_si512(memory.offset)),
        sign_(_mm512_castps_si512(_mm512_set1_ps(memory.sign))) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    constexpr int flip_sign = 0x78;  // the offset's bits, exclusive or both others'
    const __m512 x = _mm512_cvtepi32_ps(accumulators);
    const __m512i offset = _mm512_ternarylogic_epi32(offset_, _mm512_castps_si512(x), sign_, flip_sign);
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(x, multiplier_, _mm512_castsi512_ps(offset)));
  }
  /// The same where the offset takes no sign.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i with_fixed_offset(__m512i accumulators) const {
    const __m512 offset = _mm512_castsi512_ps(offset_);
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(accumulators), multiplier_, offset));
  }

 private:
  __m512 multiplier_;
  __m512i offset_, sign_;
};

class LinearInDouble {
 public:
  DLPU_INLINE_AVX512_VNNI explicit LinearInDouble(const avx2::LinearMemory<double>& memory)
      : memory_(memory), sign_(_mm512_castpd_si512(_mm512_set1_pd(memory.sign))) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    return _mm512_inserti64x4(_mm512_castsi256_si512(half(_mm512_castsi512_si256(accumulators), 0)),
                              half(_mm512_extracti64x4_epi64(accumulators, 1), lanes / 2), 1);
  }

 private:
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m256i half(__m256i accumulators, std::size_t first) const {
    constexpr int flip_sign = 0x78;
    const __m512d x = _mm512_cvtepi32_pd(accumulators);
    const __m512i offset = _mm512_ternarylogic_epi64(_mm512_load_si512(memory_.offset + first),
                                                     _mm512_castpd_si512(x), sign_, flip_sign);
    return _mm512_cvtpd_epi32(
        _mm512_fmadd_pd(x, _mm512_load_pd(memory_.multiplier + first), _mm512_castsi512_pd(offset)));
  }

  const avx2::LinearMemory<double>& memory_;
  __m512i sign_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

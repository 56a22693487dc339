#pragma once

/// A rounding at the price of one floating-point multiply-add, for 16 output channels: `x * multiplier + offset`, converted
/// to the nearest integer. Where results lie on both sides of zero, the offset takes the sign of x.

#include "dlpu/kernels/avx512_vnni/vectors.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// How 16 accumulators become numbers before the clamp. The last three are rare, and are computed in memory.
enum class Form : std::int32_t {
  plain,      ///< `LinearInFloat`
  corrected,  ///< `CorrectedLinear`
  in_double,  ///< `LinearInDouble`
  exact,      ///< `VectorRounding`
  scalar      ///< the rounding policy, number by number
};

/// Of a linear function for each lane.
template <class T>
struct LinearMemory {
  alignas(64) T multiplier[lanes];
  alignas(64) T offset[lanes];
  T sign;  ///< what is taken from x into the offset: -0.0, the sign bit, or 0.0, nothing
};

/// A linear function in float, and the few accumulators at which float's 24 bits round to the wrong side: one in each lane
/// of a row, which is first moved by the row's step. Rows are applied in their order, and none changes what one before it
/// made.
struct CorrectedLinear {
  static constexpr std::size_t most_corrections = 4;

  LinearMemory<float> linear;
  alignas(64) std::int32_t accumulator[most_corrections][lanes];
  std::int32_t step[most_corrections];  ///< 1 or -1
  std::size_t corrections = 0;
};

class LinearInFloat {
 public:
  DLPU_INLINE_AVX512_VNNI explicit LinearInFloat(const LinearMemory<float>& memory)
      : multiplier_(_mm512_load_ps(memory.multiplier)),
        offset_(_mm512_load_si512(memory.offset)),
        sign_(_mm512_castps_si512(_mm512_set1_ps(memory.sign))) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    constexpr int flip_sign = 0x78;  // the offset's bits, exclusive or both others'
    const __m512 x = _mm512_cvtepi32_ps(accumulators);
    const __m512i offset = _mm512_ternarylogic_epi32(offset_, _mm512_castps_si512(x), sign_, flip_sign);
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(x, multiplier_, _mm512_castsi512_ps(offset)));
  }

 private:
  __m512 multiplier_;
  __m512i offset_, sign_;
};

class LinearInDouble {
 public:
  DLPU_INLINE_AVX512_VNNI explicit LinearInDouble(const LinearMemory<double>& memory) : memory_(memory) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    const __m256i low = half(_mm512_castsi512_si256(accumulators), 0);
    const __m256i high = half(_mm512_extracti64x4_epi64(accumulators, 1), 8);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }

 private:
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m256i half(__m256i accumulators, std::size_t first) const {
    const __m512d x = _mm512_cvtepi32_pd(accumulators);
    const __m512d sign = _mm512_and_pd(x, _mm512_set1_pd(memory_.sign));
    const __m512d offset = _mm512_xor_pd(_mm512_load_pd(memory_.offset + first), sign);
    return _mm512_cvtpd_epi32(_mm512_fmadd_pd(x, _mm512_load_pd(memory_.multiplier + first), offset));
  }

  const LinearMemory<double>& memory_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

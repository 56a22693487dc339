#pragma once

/// A rounding at the price of one floating-point multiply-add, for 16 output channels: `x * multiplier + offset`,
/// converted to the nearest integer.

#include "dlpu/kernels/avx512_vnni/vectors.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// How 16 accumulators become numbers before the clamp. The last three are rare, and are computed in memory.
enum class Form : std::int32_t {
  one_offset,      ///< `LinearInFloat`, the same offset for all accumulators
  offset_by_sign,  ///< `LinearInFloat`, an offset for each sign
  in_double,       ///< `LinearInDouble`
  exact,           ///< `VectorRounding`
  scalar           ///< the rounding policy, number by number
};

/// Of a linear function for each lane; the zero point is part of the offsets.
template <class T>
struct LinearMemory {
  alignas(64) T multiplier[lanes];
  alignas(64) T offset[lanes];
  alignas(64) T negative_offset[lanes];  ///< for accumulators below zero
};

/// A linear function in float, and the few accumulators at which float's 24 bits round to the wrong side: one in each lane
/// of a row, to whose result 1 is added (in the first `ups` of `corrections` rows) or subtracted.
struct CorrectedLinear {
  static constexpr std::size_t most_corrections = 3;

  LinearMemory<float> linear;
  alignas(64) std::int32_t accumulator[most_corrections][lanes];
  std::size_t corrections = 0, ups = 0;
};

class LinearInFloat {
 public:
  DLPU_INLINE_AVX512_VNNI explicit LinearInFloat(const LinearMemory<float>& memory)
      : multiplier_(_mm512_load_ps(memory.multiplier)),
        offset_(_mm512_load_ps(memory.offset)),
        negative_offset_(_mm512_load_ps(memory.negative_offset)) {}

  template <bool BySign>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i apply(__m512i accumulators) const {
    const __m512 offset =
        BySign ? _mm512_mask_mov_ps(offset_, _mm512_movepi32_mask(accumulators), negative_offset_) : offset_;
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(accumulators), multiplier_, offset));
  }

 private:
  __m512 multiplier_, offset_, negative_offset_;
};

class LinearInDouble {
 public:
  DLPU_INLINE_AVX512_VNNI explicit LinearInDouble(const LinearMemory<double>& memory) : memory_(memory) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    const __mmask16 negative = _mm512_movepi32_mask(accumulators);
    const __m256i low = half(_mm512_castsi512_si256(accumulators), static_cast<__mmask8>(negative), 0);
    const __m256i high = half(_mm512_extracti64x4_epi64(accumulators, 1), static_cast<__mmask8>(negative >> 8), 8);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }

 private:
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m256i half(__m256i accumulators, __mmask8 negative,
                                                     std::size_t first) const {
    const __m512d offset =
        _mm512_mask_load_pd(_mm512_load_pd(memory_.offset + first), negative, memory_.negative_offset + first);
    return _mm512_cvtpd_epi32(
        _mm512_fmadd_pd(_mm512_cvtepi32_pd(accumulators), _mm512_load_pd(memory_.multiplier + first), offset));
  }

  const LinearMemory<double>& memory_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

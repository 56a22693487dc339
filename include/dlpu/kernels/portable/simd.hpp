#pragma once

/// The vectors of the portable rung: xsimd's, 128 bits wide for integers.
///
/// Integer kernels stay at 128 bits even where the compiler flags allow more: xsimd's interleaving works per
/// 128-bit lane in wider registers, so that packed layouts would depend on the flags, and CPUs with wider
/// integer vectors have a rung of their own. Float kernels interleave nothing and take the full width.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "dlpu/core/config.hpp"

/// 1 where xsimd knows the instruction set of the compiler flags; elsewhere the rung inherits scalar kernels.
#if XSIMD_WITH_SSE2 || XSIMD_WITH_NEON
#define DLPU_HAS_PORTABLE_RUNG 1
#else
#define DLPU_HAS_PORTABLE_RUNG 0
#endif

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

[[nodiscard]] constexpr std::size_t round_up(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

#if DLPU_HAS_PORTABLE_RUNG
/// Numbers in the widest float vector; without one, as many as other rungs have at least.
inline constexpr std::size_t float_lanes = xsimd::batch<float>::size;
#else
inline constexpr std::size_t float_lanes = 4;
#endif

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#if DLPU_HAS_PORTABLE_RUNG

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

#if XSIMD_WITH_SSE2
using IntegerArch = xsimd::sse2;
#elif XSIMD_WITH_NEON64
using IntegerArch = xsimd::neon64;
#else
using IntegerArch = xsimd::neon;
#endif

template <class Storage>
using Bytes = xsimd::batch<Storage, IntegerArch>;  ///< 16 stored numbers
using Shorts = xsimd::batch<std::int16_t, IntegerArch>;
using Words = xsimd::batch<std::int32_t, IntegerArch>;
using Floats = xsimd::batch<float>;

template <class Batch, class T>
[[nodiscard]] inline Batch load(const T* from) {
  return Batch::load_unaligned(from);
}

/// The first, or last, eight of sixteen bytes, extended to 16 bits.
template <class Storage>
[[nodiscard]] inline Shorts widen_low(const Bytes<Storage>& bytes) {
  if constexpr (std::is_signed_v<Storage>) {
    return xsimd::bitwise_cast<Shorts>(xsimd::zip_lo(bytes, bytes)) >> 8;  // the sign comes down with the shift
  } else {
    return xsimd::bitwise_cast<Shorts>(xsimd::zip_lo(bytes, Bytes<Storage>(Storage{0})));
  }
}
template <class Storage>
[[nodiscard]] inline Shorts widen_high(const Bytes<Storage>& bytes) {
  if constexpr (std::is_signed_v<Storage>) {
    return xsimd::bitwise_cast<Shorts>(xsimd::zip_hi(bytes, bytes)) >> 8;
  } else {
    return xsimd::bitwise_cast<Shorts>(xsimd::zip_hi(bytes, Bytes<Storage>(Storage{0})));
  }
}

/// Lane i: `a[2i] * b[2i] + a[2i + 1] * b[2i + 1]` in 32 bits. xsimd has no name for this instruction. Of
/// zero-point-corrected bytes, |a|, |b| <= 255, it is exact.
[[nodiscard]] inline Words multiply_add_pairs(const Shorts& a, const Shorts& b) {
#if XSIMD_WITH_SSE2
  return _mm_madd_epi16(a, b);
#elif XSIMD_WITH_NEON64
  const int16x8_t x = a, y = b;
  return vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
#else
  const int16x8_t x = a, y = b;
  const int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y));
  const int32x4_t high = vmull_s16(vget_high_s16(x), vget_high_s16(y));
  return vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                      vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#endif
}

/// High 32 bits of `2 * x * m`, rounded half up, for m in [0, 2^31): what
/// `saturating_rounding_doubling_high_multiply` gives for these m.
[[nodiscard]] inline Words doubling_high_multiply(const Words& x, const Words& m) {
#if XSIMD_WITH_SSE2
  // There is an unsigned multiplication only: (x + 2^31) * m is 2^31 * m too much, which leaves the shift as m.
  const __m128i positive = _mm_xor_si128(x, _mm_set1_epi32(INT32_MIN)), half = _mm_set1_epi64x(1 << 30);
  const __m128i even = _mm_add_epi64(_mm_mul_epu32(positive, m), half);
  const __m128i odd = _mm_add_epi64(_mm_mul_epu32(_mm_srli_epi64(positive, 32), _mm_srli_epi64(m, 32)), half);
  const __m128i odd_lanes = _mm_set1_epi64x(static_cast<std::int64_t>(0xFFFFFFFF00000000u));
  const __m128i high = _mm_or_si128(_mm_andnot_si128(odd_lanes, _mm_srli_epi64(even, 31)),
                                    _mm_and_si128(odd_lanes, _mm_slli_epi64(odd, 1)));
  return _mm_sub_epi32(high, m);
#else
  return vqrdmulhq_s32(x, m);
#endif
}

/// `rounding_divide_by_power_of_two(x, -shift)` lane by lane, shift in [-31, 0].
[[nodiscard]] inline Words rounding_shift_right(const Words& x, const Words& shift) {
#if XSIMD_WITH_SSE2
  // No shift takes a count per lane, but doubles hold every intermediate result exactly: x * 2^shift, plus a half
  // with the sign of x, cut off towards zero.
  const __m128i exponents = _mm_slli_epi32(_mm_add_epi32(shift, _mm_set1_epi32(1023)), 20);
  const __m128d sign = _mm_set1_pd(-0.0), half = _mm_set1_pd(0.5);
  const auto divide = [&](__m128i two, __m128i exponent) {
    const __m128d quotient = _mm_mul_pd(_mm_cvtepi32_pd(two), _mm_castsi128_pd(exponent));
    return _mm_cvttpd_epi32(_mm_add_pd(quotient, _mm_or_pd(half, _mm_and_pd(sign, quotient))));
  };
  const __m128i zero = _mm_setzero_si128();
  return _mm_unpacklo_epi64(divide(x, _mm_unpacklo_epi32(zero, exponents)),
                            divide(_mm_unpackhi_epi64(x, x), _mm_unpackhi_epi32(zero, exponents)));
#else
  // The instruction rounds halves up: one less where x is negative makes that away from zero.
  const int32x4_t values = x, counts = shift;
  return vrshlq_s32(vqaddq_s32(values, vshrq_n_s32(vandq_s32(values, counts), 31)), counts);
#endif
}

/// Eight numbers, saturated to 16 bits.
[[nodiscard]] inline Shorts narrow(const Words& first, const Words& last) {
#if XSIMD_WITH_SSE2
  return _mm_packs_epi32(first, last);
#else
  return vcombine_s16(vqmovn_s32(first), vqmovn_s32(last));
#endif
}

/// Stores eight numbers that the storage type holds.
template <class Storage>
inline void store_bytes(const Shorts& values, Storage* output) {
#if XSIMD_WITH_SSE2
  const __m128i bytes =
      std::is_signed_v<Storage> ? _mm_packs_epi16(values, values) : _mm_packus_epi16(values, values);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(output), bytes);
#else
  if constexpr (std::is_signed_v<Storage>) {
    vst1_s8(output, vqmovn_s16(values));
  } else {
    vst1_u8(output, vqmovun_s16(values));
  }
#endif
}

/// Calls `f(integral_constant<0>) ... f(integral_constant<Count - 1>)`: loops over registers must not stay loops.
template <std::size_t Count, class F>
inline void unroll(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<Count>{});
}

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#endif

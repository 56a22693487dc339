#pragma once

/// The vectors of the portable rung: the compilers' own, 128 bits wide, which every CPU with vectors has. Where an
/// operation is one instruction that the language has no name for, the instruction set's name stands here. CPUs with
/// wider vectors have rungs of their own.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "dlpu/core/fixed_point.hpp"

/// 1 where the compiler flags allow 128-bit vectors; elsewhere the rung inherits scalar kernels.
#if defined(__SSE2__)
#define DLPU_HAS_PORTABLE_RUNG 1
#include <immintrin.h>
#elif defined(__ARM_NEON)
#define DLPU_HAS_PORTABLE_RUNG 1
#include <arm_neon.h>
#else
#define DLPU_HAS_PORTABLE_RUNG 0
#endif

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

[[nodiscard]] constexpr std::size_t round_up(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

inline constexpr std::size_t float_lanes = 4;

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#if DLPU_HAS_PORTABLE_RUNG

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

template <class T>
struct VectorOf {
  using type __attribute__((vector_size(16))) = T;
};
template <class Storage>
using Bytes = typename VectorOf<Storage>::type;  ///< 16 stored numbers
using Shorts = VectorOf<std::int16_t>::type;
using Words = VectorOf<std::int32_t>::type;
using Floats = VectorOf<float>::type;

template <class Vector, class T>
[[nodiscard]] inline Vector load(const T* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}
template <class Vector, class T>
inline void store(const Vector& vector, T* to) {
  std::memcpy(to, &vector, sizeof vector);
}
template <class Vector, class T>
[[nodiscard]] inline Vector broadcast(T value) {
  return [value]<std::size_t... Lane>(std::index_sequence<Lane...>) {
    return Vector{(static_cast<void>(Lane), value)...};
  }
  (std::make_index_sequence<sizeof(Vector) / sizeof(T)>{});
}

/// Lane by lane; `high` where a lane is not less than it.
template <class Vector>
[[nodiscard]] inline Vector clamp(const Vector& values, const Vector& low, const Vector& high) {
  const Vector raised = values < low ? low : values;
  return raised > high ? high : raised;
}

/// Sums modulo 2^32.
[[nodiscard]] inline Words wrapping_sum(const Words& a, const Words& b) {
  using Unsigned = VectorOf<std::uint32_t>::type;
  return std::bit_cast<Words>(std::bit_cast<Unsigned>(a) + std::bit_cast<Unsigned>(b));
}

/// The pairs of products of a 16-bit and an 8-bit number, at most 2^23 each, whose sum 32 bits surely hold.
inline constexpr std::size_t most_wide_pairs = 255;

/// Adds eight 32-bit sums to 64-bit ones, modulo 2^64.
inline void add_words(const Words& low, const Words& high, std::int64_t* sums) {
  for (std::size_t lane = 0; lane < 4; ++lane) {
    sums[lane] = wrapping_add(sums[lane], std::int64_t{low[lane]});
    sums[lane + 4] = wrapping_add(sums[lane + 4], std::int64_t{high[lane]});
  }
}

/// The first, or last, halves of two vectors, lane by lane in turn.
template <class Vector>
[[nodiscard]] inline Vector zip_low(const Vector& a, const Vector& b) {
  if constexpr (sizeof a[0] == 1)
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  else if constexpr (sizeof a[0] == 2)
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  else
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}
template <class Vector>
[[nodiscard]] inline Vector zip_high(const Vector& a, const Vector& b) {
  if constexpr (sizeof a[0] == 1)
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  else if constexpr (sizeof a[0] == 2)
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  else
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

/// The first, or last, eight of sixteen bytes, extended to 16 bits.
template <class Storage>
[[nodiscard]] inline Shorts widen_low(const Bytes<Storage>& bytes) {
  if constexpr (std::is_signed_v<Storage>) {
    return std::bit_cast<Shorts>(zip_low(bytes, bytes)) >> 8;  // the sign comes down with the shift
  } else {
    return std::bit_cast<Shorts>(zip_low(bytes, Bytes<Storage>{}));
  }
}
template <class Storage>
[[nodiscard]] inline Shorts widen_high(const Bytes<Storage>& bytes) {
  if constexpr (std::is_signed_v<Storage>) {
    return std::bit_cast<Shorts>(zip_high(bytes, bytes)) >> 8;
  } else {
    return std::bit_cast<Shorts>(zip_high(bytes, Bytes<Storage>{}));
  }
}

/// Lane i: `a[2i] * b[2i] + a[2i + 1] * b[2i + 1]` in 32 bits. Of zero-point-corrected bytes, |a|, |b| <= 255, it is
/// exact.
[[nodiscard]] inline Words multiply_add_pairs(const Shorts& a, const Shorts& b) {
#if defined(__SSE2__)
  return std::bit_cast<Words>(_mm_madd_epi16(std::bit_cast<__m128i>(a), std::bit_cast<__m128i>(b)));
#else
  const auto x = std::bit_cast<int16x8_t>(a), y = std::bit_cast<int16x8_t>(b);
  const int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y));
  const int32x4_t high = vmull_s16(vget_high_s16(x), vget_high_s16(y));
#if defined(__aarch64__)
  return std::bit_cast<Words>(vpaddq_s32(low, high));
#else
  return std::bit_cast<Words>(vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                                           vpadd_s32(vget_low_s32(high), vget_high_s32(high))));
#endif
#endif
}

/// High 32 bits of `2 * x * m`, rounded half up, for m in [0, 2^31): what
/// `saturating_rounding_doubling_high_multiply` gives for these m.
[[nodiscard]] inline Words doubling_high_multiply(const Words& x, const Words& m) {
#if defined(__SSE2__)
  // There is an unsigned multiplication only: (x + 2^31) * m is 2^31 * m too much, which leaves the shift as m.
  const __m128i multipliers = std::bit_cast<__m128i>(m), half = _mm_set1_epi64x(1 << 30);
  const __m128i positive = _mm_xor_si128(std::bit_cast<__m128i>(x), _mm_set1_epi32(INT32_MIN));
  const __m128i even = _mm_add_epi64(_mm_mul_epu32(positive, multipliers), half);
  const __m128i odd =
      _mm_add_epi64(_mm_mul_epu32(_mm_srli_epi64(positive, 32), _mm_srli_epi64(multipliers, 32)), half);
  const __m128i odd_lanes = _mm_set1_epi64x(static_cast<std::int64_t>(0xFFFFFFFF00000000u));
  const __m128i high = _mm_or_si128(_mm_andnot_si128(odd_lanes, _mm_srli_epi64(even, 31)),
                                    _mm_and_si128(odd_lanes, _mm_slli_epi64(odd, 1)));
  return std::bit_cast<Words>(_mm_sub_epi32(high, multipliers));
#else
  return std::bit_cast<Words>(vqrdmulhq_s32(std::bit_cast<int32x4_t>(x), std::bit_cast<int32x4_t>(m)));
#endif
}

/// `rounding_divide_by_power_of_two(x, -shift)` lane by lane, shift in [-31, 0].
[[nodiscard]] inline Words rounding_shift_right(const Words& x, const Words& shift) {
#if defined(__SSE2__)
  // No shift takes a count per lane, but doubles hold every intermediate result exactly: x * 2^shift, plus a half
  // with the sign of x, cut off towards zero.
  const auto values = std::bit_cast<__m128i>(x);
  const auto exponents = std::bit_cast<__m128i>((shift + 1023) << 20);
  const __m128d sign = _mm_set1_pd(-0.0), half = _mm_set1_pd(0.5);
  const auto divide = [&](__m128i two, __m128i exponent) {
    const __m128d quotient = _mm_mul_pd(_mm_cvtepi32_pd(two), _mm_castsi128_pd(exponent));
    return _mm_cvttpd_epi32(_mm_add_pd(quotient, _mm_or_pd(half, _mm_and_pd(sign, quotient))));
  };
  const __m128i zero = _mm_setzero_si128();
  return std::bit_cast<Words>(
      _mm_unpacklo_epi64(divide(values, _mm_unpacklo_epi32(zero, exponents)),
                         divide(_mm_unpackhi_epi64(values, values), _mm_unpackhi_epi32(zero, exponents))));
#else
  // The instruction rounds halves up: one less where x is negative makes that away from zero.
  const auto values = std::bit_cast<int32x4_t>(x), counts = std::bit_cast<int32x4_t>(shift);
  return std::bit_cast<Words>(vrshlq_s32(vqaddq_s32(values, vshrq_n_s32(vandq_s32(values, counts), 31)), counts));
#endif
}

#if defined(__SSE2__) || defined(__aarch64__)  // ARMv7 has no conversion that rounds to even
/// The nearest integers, halves to even; the numbers must fit.
[[nodiscard]] inline Words nearest(const Floats& values) {
#if defined(__SSE2__)
  return std::bit_cast<Words>(_mm_cvtps_epi32(values));
#else
  return std::bit_cast<Words>(vcvtnq_s32_f32(std::bit_cast<float32x4_t>(values)));
#endif
}
#endif

/// Eight numbers, saturated to 16 bits.
[[nodiscard]] inline Shorts narrow(const Words& first, const Words& last) {
#if defined(__SSE2__)
  return std::bit_cast<Shorts>(_mm_packs_epi32(std::bit_cast<__m128i>(first), std::bit_cast<__m128i>(last)));
#else
  return std::bit_cast<Shorts>(
      vcombine_s16(vqmovn_s32(std::bit_cast<int32x4_t>(first)), vqmovn_s32(std::bit_cast<int32x4_t>(last))));
#endif
}

/// Stores eight numbers that the storage type holds.
template <class Storage>
inline void store_bytes(const Shorts& values, Storage* output) {
#if defined(__SSE2__)
  const auto shorts = std::bit_cast<__m128i>(values);
  const __m128i bytes =
      std::is_signed_v<Storage> ? _mm_packs_epi16(shorts, shorts) : _mm_packus_epi16(shorts, shorts);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(output), bytes);
#else
  if constexpr (std::is_signed_v<Storage>) {
    vst1_s8(output, vqmovn_s16(std::bit_cast<int16x8_t>(values)));
  } else {
    vst1_u8(output, vqmovun_s16(std::bit_cast<int16x8_t>(values)));
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

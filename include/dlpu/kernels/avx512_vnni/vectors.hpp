#pragma once

/// What the kernels of the AVX-512 VNNI rung share below the level of an operator: loops over registers, partial loads
/// and stores.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "dlpu/core/config.hpp"
#include "dlpu/isa/target.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// int32 numbers in a register: how many output channels one vector of accumulators has.
inline constexpr std::size_t lanes = 16;

[[nodiscard]] constexpr std::size_t round_up(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

/// Calls `f(integral_constant<0>) ... f(integral_constant<Count - 1>)`. Loops over registers must be gone before the
/// compiler decides what lives in memory; `f` is a lambda with DLPU_INLINE_AVX512_VNNI.
template <std::size_t Count, class F>
DLPU_INLINE_AVX512_VNNI inline void unroll(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) DLPU_INLINE_AVX512_VNNI {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<Count>{});
}

/// The first `count` of 64 bytes; the others are zero, and are not read.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline __m512i load_bytes(const void* from, std::size_t count) {
  if (count >= 64) return _mm512_loadu_si512(from);
  return _mm512_maskz_loadu_epi8((__mmask64{1} << count) - 1, from);
}

/// Stores the first `count` of 64 bytes.
DLPU_INLINE_AVX512_VNNI inline void store_bytes(void* to, __m512i bytes, std::size_t count) {
  if (count >= 64) return _mm512_storeu_si512(to, bytes);
  _mm512_mask_storeu_epi8(to, (__mmask64{1} << count) - 1, bytes);
}

/// Stores the first `count` of 16 bytes.
DLPU_INLINE_AVX512_VNNI inline void store_bytes(void* to, __m128i bytes, std::size_t count) {
  if (count >= 16) return _mm_storeu_si128(static_cast<__m128i*>(to), bytes);
  _mm_mask_storeu_epi8(to, static_cast<__mmask16>((1u << count) - 1), bytes);
}

/// Stored numbers as unsigned bytes, as the first operand of `vpdpbusd` must be: int8 numbers move up by 128.
template <class Storage>
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline __m512i to_unsigned(__m512i bytes) {
  if constexpr (std::is_signed_v<Storage>) return _mm512_xor_si512(bytes, _mm512_set1_epi8(-128));
  return bytes;
}

/// What `to_unsigned` adds to a stored number.
template <class Storage>
inline constexpr std::int32_t unsigned_offset = std::is_signed_v<Storage> ? 128 : 0;

/// What must be added to a stored filter weight, or output, to make it an int8 number.
template <class Storage>
inline constexpr std::int32_t signed_offset = std::is_signed_v<Storage> ? 0 : -128;

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

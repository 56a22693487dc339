#pragma once

/// What the kernels of the AVX-512 VNNI rung share below the level of an operator: loops over registers, partial loads
/// and stores.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "dlpu/core/config.hpp"
#include "dlpu/isa/target.hpp"
#include "dlpu/kernels/avx_vnni/signs.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// int32 numbers in a register: how many output channels one vector of accumulators has.
inline constexpr std::size_t lanes = 16;

using avx_vnni::round_up;
using avx_vnni::Signs;
using avx_vnni::ZeroPoints;

/// Calls `f(integral_constant<0>) ... f(integral_constant<Count - 1>)`. Loops over registers must be gone before the
/// compiler decides what lives in memory; `f` is a lambda with DLPU_INLINE_AVX512_VNNI.
template <std::size_t Count, class F>
DLPU_INLINE_AVX512_VNNI inline void unroll(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) DLPU_INLINE_AVX512_VNNI {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<Count>{});
}

/// Asks for what lies `ahead` bytes behind `from`, which may be outside of what is ever read.
DLPU_INLINE_AVX512_VNNI inline void prefetch(const void* from, std::size_t ahead) {
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(from) + ahead;  // no pointer may point there
  _mm_prefetch(reinterpret_cast<const char*>(address), _MM_HINT_T0);              // NOLINT(performance-no-int-to-ptr)
}

/// Stores the first `count` of 64 bytes.
DLPU_INLINE_AVX512_VNNI inline void store_bytes(void* to, __m512i bytes, std::size_t count) {
  if (count >= 64) return _mm512_storeu_si512(to, bytes);
  _mm512_mask_storeu_epi8(to, (__mmask64{1} << count) - 1, bytes);
}

/// Stores the first `count` of 32 bytes.
DLPU_INLINE_AVX512_VNNI inline void store_bytes(void* to, __m256i bytes, std::size_t count) {
  if (count >= 32) return _mm256_storeu_si256(static_cast<__m256i*>(to), bytes);
  _mm256_mask_storeu_epi8(to, static_cast<__mmask32>((std::uint64_t{1} << count) - 1), bytes);
}

/// Stores the first `count` of 16 bytes.
DLPU_INLINE_AVX512_VNNI inline void store_bytes(void* to, __m128i bytes, std::size_t count) {
  if (count >= 16) return _mm_storeu_si128(static_cast<__m128i*>(to), bytes);
  _mm_mask_storeu_epi8(to, static_cast<__mmask16>((1u << count) - 1), bytes);
}

/// All bytes of a vector.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline __m512i broadcast(std::uint8_t byte) {
  return _mm512_set1_epi8(static_cast<char>(byte));
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

#pragma once

/// What the kernels of the AVX2 rung share below the level of an operator.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "dlpu/core/config.hpp"
#include "dlpu/isa/target.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// int32 numbers in a register.
inline constexpr std::size_t lanes = 8;

/// Calls `f(integral_constant<0>) ... f(integral_constant<Count - 1>)`. Loops over registers must be gone before the
/// compiler decides what lives in memory; `f` is a lambda with DLPU_INLINE_AVX2.
template <std::size_t Count, class F>
DLPU_INLINE_AVX2 inline void unroll(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) DLPU_INLINE_AVX2 {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<Count>{});
}

[[nodiscard]] DLPU_INLINE_AVX2 inline __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
DLPU_INLINE_AVX2 inline void store(void* to, __m256i numbers) {
  _mm256_storeu_si256(static_cast<__m256i*>(to), numbers);
}

/// Sixteen stored numbers as 16 bits.
template <class Storage>
[[nodiscard]] DLPU_INLINE_AVX2 inline __m256i widen(__m128i bytes) {
  if constexpr (std::is_signed_v<Storage>) return _mm256_cvtepi8_epi16(bytes);
  return _mm256_cvtepu8_epi16(bytes);
}
template <class Storage>
[[nodiscard]] DLPU_INLINE_AVX2 inline __m256i load_widened(const Storage* from) {
  return widen<Storage>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

#pragma once

/// The dot product instruction. Assembly, because the compilers do not agree how a function may use the intrinsic whose
/// file is compiled for a CPU without it.

#include "dlpu/kernels/neon/vectors.hpp"

#if DLPU_HAS_NEON && defined(__aarch64__)

// GNU as wants Armv8.2 besides the extension, which a function's attribute cannot add without naming all else that the
// flags may have. The compiler states its own architecture again before the next function without the attribute.
#if defined(__clang__) || defined(__ARM_FEATURE_DOTPROD)
#define DLPU_SDOT "sdot"
#else
#define DLPU_SDOT ".arch armv8.2-a+dotprod\n\tsdot"
#endif

namespace dlpu::inline DLPU_ABI {
namespace kernels::neon_dot {

/// `neon::unroll` for lambdas with DLPU_INLINE_NEON_DOT.
template <std::size_t Count, class F>
DLPU_INLINE_NEON_DOT inline void unroll(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) DLPU_INLINE_NEON_DOT {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<Count>{});
}

/// Lane i of `sum` plus the products of bytes 4i to 4i + 3 of `a` and `b`.
[[nodiscard]] DLPU_INLINE_NEON_DOT inline int32x4_t dot(int32x4_t sum, int8x16_t a, int8x16_t b) {
  __asm__(DLPU_SDOT " %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
  return sum;
}

/// The same with bytes 4 * Lane to 4 * Lane + 3 of `b` for every lane.
template <int Lane>
[[nodiscard]] DLPU_INLINE_NEON_DOT inline int32x4_t dot_lane(int32x4_t sum, int8x16_t a, int8x16_t b) {
  __asm__(DLPU_SDOT " %0.4s, %1.16b, %2.4b[%c3]" : "+w"(sum) : "w"(a), "w"(b), "i"(Lane));
  return sum;
}

}  // namespace kernels::neon_dot
}  // namespace dlpu::inline DLPU_ABI

#undef DLPU_SDOT

#endif

#pragma once

/// Function attributes that give one function an instruction set, whatever the compiler flags are. Each
/// string is the weaker rung's plus something, because a compiler inlines a helper only into functions that
/// have all it has. Lambdas need the macro too: `[&](auto i) DLPU_TARGET_AVX2 { ... }`.

#if defined(__x86_64__)
#define DLPU_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define DLPU_TARGET_AVX512_VNNI __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
// For steps of a kernel that must not become calls: their arguments are registers of the kernel's loop.
#define DLPU_INLINE_AVX2 DLPU_TARGET_AVX2 __attribute__((always_inline))
#define DLPU_INLINE_AVX512_VNNI DLPU_TARGET_AVX512_VNNI __attribute__((always_inline, no_sanitize("undefined")))

// GCC 12 takes its own AVX-512 intrinsics for uses of uninitialized variables ("__Y"): code that calls them stands
// between these two.
#if defined(__GNUC__) && !defined(__clang__)
#define DLPU_BEGIN_INTRINSICS                                                          \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wuninitialized\"") \
      _Pragma("GCC diagnostic ignored \"-Wmaybe-uninitialized\"")
#define DLPU_END_INTRINSICS _Pragma("GCC diagnostic pop")
#else
#define DLPU_BEGIN_INTRINSICS
#define DLPU_END_INTRINSICS
#endif

#endif

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

/// 1 where the compiler makes NEON code. AArch64 has NEON always. 32-bit Armv7-A has it by flag (`-mfpu=neon`), and in
/// GCC by attribute, so that a binary for all of Debian's armhf can carry NEON kernels; clang 14 refuses its arm_neon.h
/// without the flag.
#if defined(__ARM_BIG_ENDIAN)
#define DLPU_HAS_NEON 0
#elif defined(__aarch64__) || defined(__ARM_NEON)
#define DLPU_HAS_NEON 1
#elif defined(__arm__) && defined(__ARM_FP) && __ARM_ARCH >= 7 && __ARM_ARCH_PROFILE == 'A' && !defined(__clang__)
#define DLPU_HAS_NEON 1
#define DLPU_TARGET_NEON __attribute__((target("fpu=neon")))
#else
#define DLPU_HAS_NEON 0
#endif

#if DLPU_HAS_NEON
#if !defined(DLPU_TARGET_NEON)
#define DLPU_TARGET_NEON
#endif
#define DLPU_INLINE_NEON DLPU_TARGET_NEON __attribute__((always_inline))
#endif

#if DLPU_HAS_NEON && defined(__aarch64__)
// GCC wants the plus, clang refuses it.
#if defined(__clang__)
#define DLPU_TARGET_NEON_DOT __attribute__((target("dotprod")))
#else
#define DLPU_TARGET_NEON_DOT __attribute__((target("+dotprod")))
#endif
#define DLPU_INLINE_NEON_DOT DLPU_TARGET_NEON_DOT __attribute__((always_inline))
#endif

#pragma once

/// Function attributes that give one function an instruction set, whatever the compiler flags are. Each
/// string is the weaker rung's plus something, because a compiler inlines a helper only into functions that
/// have all it has. Lambdas need the macro too: `[&](auto i) DLPU_TARGET_AVX2 { ... }`.

#if defined(__x86_64__)
#define DLPU_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define DLPU_TARGET_AVX512_VNNI __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#endif

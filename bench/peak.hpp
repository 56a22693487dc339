#pragma once

/// The most multiply-accumulates a second that a rung's instructions give on this CPU: independent sums in registers,
/// nothing read from memory. What a kernel can be compared with.

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "dlpu/isa/detect.hpp"

namespace peak {

/// A loop of `steps` turns.
struct Loop {
  void (*run)(std::size_t steps) = nullptr;
  double products = 0.0;  ///< of one turn
};

#if defined(__x86_64__)

/// One turn gives each of ten sums, registers 0 to 9, what `ADD(N)` adds up; 14 and 15 are the factors, and 13 takes the
/// products of rungs that multiply and add by two instructions.
#define DLPU_PEAK_LOOP(NAME, ADD)                                                                                  \
  inline void NAME(std::size_t steps) {                                                                            \
    for (std::size_t i = 0; i < steps; ++i) {                                                                      \
      asm volatile(ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5) ADD(6) ADD(7) ADD(8) ADD(9)::                         \
                       : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm13"); \
    }                                                                                                              \
  }
#define DLPU_ADD_SSE2(N) "movdqa %%xmm15, %%xmm13\n\t pmaddwd %%xmm14, %%xmm13\n\t paddd %%xmm13, %%xmm" #N "\n\t"
#define DLPU_ADD_AVX2(N) "vpmaddwd %%ymm14, %%ymm15, %%ymm13\n\t vpaddd %%ymm13, %%ymm" #N ", %%ymm" #N "\n\t"
#define DLPU_ADD_FLOAT(N) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #N "\n\t"
#define DLPU_ADD_WIDE_FLOAT(N) "vfmadd231ps %%zmm14, %%zmm15, %%zmm" #N "\n\t"
#define DLPU_ADD_VEX_VNNI(N) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #N "\n\t"
#define DLPU_ADD_EVEX_VNNI(N) "%{evex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #N "\n\t"
#define DLPU_ADD_VNNI(N) "vpdpbusd %%zmm14, %%zmm15, %%zmm" #N "\n\t"
DLPU_PEAK_LOOP(sse2, DLPU_ADD_SSE2)
DLPU_PEAK_LOOP(avx2, DLPU_ADD_AVX2)
DLPU_PEAK_LOOP(avx2_float, DLPU_ADD_FLOAT)
DLPU_PEAK_LOOP(avx512_float, DLPU_ADD_WIDE_FLOAT)
DLPU_PEAK_LOOP(vex_vnni, DLPU_ADD_VEX_VNNI)
DLPU_PEAK_LOOP(evex_vnni, DLPU_ADD_EVEX_VNNI)
DLPU_PEAK_LOOP(avx512_vnni, DLPU_ADD_VNNI)
#undef DLPU_PEAK_LOOP
#undef DLPU_ADD_SSE2
#undef DLPU_ADD_AVX2
#undef DLPU_ADD_FLOAT
#undef DLPU_ADD_WIDE_FLOAT
#undef DLPU_ADD_VEX_VNNI
#undef DLPU_ADD_EVEX_VNNI
#undef DLPU_ADD_VNNI

inline Loop loop_of(dlpu::isa::Rung rung, bool is_float) {
  const auto name = dlpu::isa::rung_names[rung];
  const bool is_avx512 = name == dlpu::isa::avx512_vnni::name, is_avx2 = name == dlpu::isa::avx2::name;
  const bool is_avx_vnni = name == dlpu::isa::avx_vnni::name;
  if (is_float && is_avx512) return {avx512_float, 10 * 16};
  if (is_float) return is_avx2 || is_avx_vnni ? Loop{avx2_float, 10 * 8} : Loop{};
  if (name == dlpu::isa::portable::name) return {sse2, 10 * 8};
  if (is_avx2) return {avx2, 10 * 16};
  if (is_avx_vnni) return {dlpu::isa::has_avx_vnni() ? vex_vnni : evex_vnni, 10 * 32};
  return is_avx512 ? Loop{avx512_vnni, 10 * 64} : Loop{};
}

#else
inline Loop loop_of(dlpu::isa::Rung, bool) {
  return {};
}
#endif

/// Multiply-accumulates a second; 0 where the rung has no loop here (a scalar one is the compiler's).
inline double of(dlpu::isa::Rung rung, bool is_float) {
  const Loop loop = loop_of(rung, is_float);
  if (loop.run == nullptr) return 0.0;
  constexpr std::size_t steps = 2'000'000;
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    loop.run(steps);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    least = std::min(least, time.count());
  }
  return static_cast<double>(steps) * loop.products / least;
}

}  // namespace peak

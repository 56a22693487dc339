#pragma once

/// The most multiply-accumulates a second that a rung's instructions give on this CPU: independent sums in registers,
/// nothing read from memory. What a kernel can be compared with.

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "dlpu/isa/detect.hpp"
#include "dlpu/isa/target.hpp"

namespace peak {

#if defined(__x86_64__)

#define DLPU_FOR_TEN_SUMS(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9)

/// Each instruction `steps` times on ten sums. Registers 14 and 15 are the factors; 10 to 13 take the products of rungs
/// that multiply and add by two instructions.
inline void sse2(std::size_t steps) {
#define STEP(N) "movdqa %%xmm15, %%xmm13\n\t pmaddwd %%xmm14, %%xmm13\n\t paddd %%xmm13, %%xmm" #N "\n\t"
  for (std::size_t i = 0; i < steps; ++i) {
    asm volatile(DLPU_FOR_TEN_SUMS(STEP)::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm13");
  }
#undef STEP
}
inline void avx2(std::size_t steps) {
#define STEP(N) "vpmaddwd %%ymm14, %%ymm15, %%ymm13\n\t vpaddd %%ymm13, %%ymm" #N ", %%ymm" #N "\n\t"
  for (std::size_t i = 0; i < steps; ++i) {
    asm volatile(DLPU_FOR_TEN_SUMS(STEP)::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm13");
  }
#undef STEP
}
inline void avx2_float(std::size_t steps) {
#define STEP(N) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #N "\n\t"
  for (std::size_t i = 0; i < steps; ++i) {
    asm volatile(DLPU_FOR_TEN_SUMS(STEP)::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9");
  }
#undef STEP
}
inline void avx512_vnni(std::size_t steps) {
#define STEP(N) "vpdpbusd %%zmm14, %%zmm15, %%zmm" #N "\n\t"
  for (std::size_t i = 0; i < steps; ++i) {
    asm volatile(DLPU_FOR_TEN_SUMS(STEP)::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9");
  }
#undef STEP
}
#undef DLPU_FOR_TEN_SUMS

/// How one step of a loop above multiplies.
struct Loop {
  void (*run)(std::size_t steps) = nullptr;
  double products = 0.0;  ///< of one step
};

inline Loop loop_of(dlpu::isa::Rung rung, bool is_float) {
  using namespace dlpu::isa;
  const auto name = rung_names[rung];
  if (name == dlpu::isa::portable::name && !is_float) return {sse2, 10 * 8};
  if (name == dlpu::isa::avx2::name) return is_float ? Loop{avx2_float, 10 * 8} : Loop{avx2, 10 * 16};
  if (name == dlpu::isa::avx512_vnni::name) return is_float ? Loop{avx2_float, 10 * 8} : Loop{avx512_vnni, 10 * 64};
  return {};
}

#else
struct Loop {
  void (*run)(std::size_t steps) = nullptr;
  double products = 0.0;
};
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

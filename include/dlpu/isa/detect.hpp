#pragma once

/// Which rung of the ladder this CPU can run, found once; `DLPU_ISA` lowers the choice, never raises it.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dlpu/isa/tags.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif DLPU_HAS_NEON && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace dlpu::inline DLPU_ABI {
namespace isa {

namespace detail {

#if defined(__x86_64__)
/// Register state that the operating system saves on a task switch (Intel SDM vol. 1, 13.3): without it a
/// CPU's wide registers must not be touched.
inline std::uint64_t extended_control_register() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

/// Linux gives a process the tile registers when it asks (Documentation/arch/x86/xstate.rst). It refuses where a thread
/// has an alternative signal stack that is too small for them, or by a filter of system calls; older ones know no tiles.
inline bool tiles_are_granted() {
#if defined(__linux__)
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

/// What this CPU and its operating system let a program use.
struct Features {
  bool avx2 = false, avx_vnni = false, avx512_vnni = false, amx = false;
};

inline Features find_features() {
  constexpr std::uint32_t osxsave = 1u << 27, fma = 1u << 12;                       // leaf 1, ECX
  constexpr std::uint32_t avx2 = 1u << 5, avx512f = 1u << 16, avx512dq = 1u << 17;  // leaf 7, EBX
  constexpr std::uint32_t avx512bw = 1u << 30, avx512vl = 1u << 31;
  constexpr std::uint32_t avx512_vnni = 1u << 11;     // leaf 7, ECX
  constexpr std::uint32_t amx = 1u << 24 | 1u << 25;  // leaf 7, EDX: AMX-TILE, AMX-INT8
  constexpr std::uint32_t avx_vnni = 1u << 4;         // leaf 7, subleaf 1, EAX
  constexpr std::uint64_t ymm_state = 0x6, zmm_state = 0xE6, tile_state = 0x60000;
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & osxsave) || !(c & fma)) return {};
  const std::uint64_t state = extended_control_register();
  if ((state & ymm_state) != ymm_state || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & avx2)) return {};
  Features found{.avx2 = true};
  constexpr std::uint32_t avx512 = avx512f | avx512dq | avx512bw | avx512vl;
  found.avx512_vnni = (b & avx512) == avx512 && (c & avx512_vnni) && (state & zmm_state) == zmm_state;
  found.amx = found.avx512_vnni && (d & amx) == amx && (state & tile_state) == tile_state && tiles_are_granted();
  const std::uint32_t subleaves = a;  // the number of the last one
  found.avx_vnni = subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & avx_vnni);
  return found;
}

inline Rung hardware_rung() {
  const Features has = find_features();
  return has.amx ? 5 : has.avx512_vnni ? 4 : has.avx_vnni ? 3 : has.avx2 ? 2 : 1;
}
#elif DLPU_HAS_NEON
/// What the kernel says of the CPU (Linux, `arch/arm64/include/uapi/asm/hwcap.h` and `arch/arm/...`). Elsewhere: what the
/// compiler was told.
inline Rung hardware_rung() {
  bool has_neon = false, has_dot_product = false;
#if defined(__linux__)
  const unsigned long capabilities = getauxval(AT_HWCAP);
  has_neon = (capabilities & (1ul << 12)) != 0;         // HWCAP_NEON, 32-bit Arm
  has_dot_product = (capabilities & (1ul << 20)) != 0;  // HWCAP_ASIMDDP, AArch64
#endif
#if defined(__ARM_NEON)
  has_neon = true;
#endif
#if defined(__ARM_FEATURE_DOTPROD)
  has_dot_product = true;
#endif
  if (!has_neon) return 1;
  return has_dot_product && rung_count > 3 ? 3 : 2;
}
#else
// Every rung below needs only what the compiler was told the CPU has.
inline Rung hardware_rung() {
  return rung_count - 1;
}
#endif

/// `limit` from the environment, or `best` where it is unset or names no rung (then one line on standard
/// error).
inline Rung lowered_by_environment(Rung best) {
  const char* wanted = std::getenv("DLPU_ISA");
  if (wanted == nullptr || *wanted == '\0') return best;
  for (Rung rung = 0; rung < rung_count; ++rung) {
    if (rung_names[rung] == wanted) {
      if (rung <= best) return rung;
      break;
    }
  }
  std::string available;
  for (Rung rung = 0; rung <= best; ++rung) available += (rung ? ", " : "") + std::string(rung_names[rung]);
  std::fprintf(stderr, "dlpu: DLPU_ISA=%s is not available here; there is: %s. Using %s.\n", wanted,
               available.c_str(), std::string(rung_names[best]).c_str());
  return best;
}

/// What this thread lowers the choice to; never above the hardware.
inline Rung& lowered_limit() {
  static thread_local Rung limit = rung_count - 1;
  return limit;
}

}  // namespace detail

#if defined(__x86_64__)
/// Whether 256-bit dot products have their short encoding (VEX). CPUs of a stronger rung than `avx_vnni` have the one of
/// AVX-512 (EVEX) in any case.
[[nodiscard]] inline bool has_avx_vnni() {
  static const bool has = detail::find_features().avx_vnni;
  return has;
}
#endif

/// The best rung of this CPU that the environment allows.
[[nodiscard]] inline Rung available_rung() {
  static const Rung rung = detail::lowered_by_environment(detail::hardware_rung());
  return rung;
}

/// The rung that kernels constructed now will use.
[[nodiscard]] inline Rung best_rung() {
  return std::min(available_rung(), detail::lowered_limit());
}

/// Lowers the choice for kernels that this thread constructs while it lives: how rungs are compared on one machine.
class ScopedRungLimit {
 public:
  explicit ScopedRungLimit(Rung limit) : previous_(detail::lowered_limit()) { detail::lowered_limit() = limit; }
  ~ScopedRungLimit() { detail::lowered_limit() = previous_; }
  ScopedRungLimit(const ScopedRungLimit&) = delete;
  ScopedRungLimit& operator=(const ScopedRungLimit&) = delete;

 private:
  Rung previous_;
};

}  // namespace isa
}  // namespace dlpu::inline DLPU_ABI

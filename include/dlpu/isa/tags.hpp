#pragma once

/// Instruction sets as types, and the ladder on which a missing kernel falls to the weaker rung.

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "dlpu/core/config.hpp"
#include "dlpu/isa/target.hpp"

namespace dlpu::inline DLPU_ABI {
namespace isa {

struct scalar {
  static constexpr std::string_view name = "scalar";
};
/// 128-bit vectors as the compiler knows them (SSE2, NEON).
struct portable {
  using weaker = scalar;
  static constexpr std::string_view name = "portable";
};
struct avx2 {
  using weaker = portable;
  static constexpr std::string_view name = "avx2";
};
/// AVX2 with byte dot products of 256 bits (Alder Lake and its successors without AVX-512).
struct avx_vnni {
  using weaker = avx2;
  static constexpr std::string_view name = "avx_vnni";
};
struct avx512_vnni {
  using weaker = avx_vnni;
  static constexpr std::string_view name = "avx512_vnni";
};
/// AMX with int8 products of tiles.
struct amx {
  using weaker = avx512_vnni;
  static constexpr std::string_view name = "amx";
};
/// 32-bit Armv7-A with NEON (Cortex-A9), and every 64-bit Arm (Cortex-A53).
struct neon {
  using weaker = portable;
  static constexpr std::string_view name = "neon";
};
/// 64-bit Arm with the dot product of Armv8.2 (Cortex-A55).
struct neon_dot {
  using weaker = neon;
  static constexpr std::string_view name = "neon_dot";
};

template <class... Tags>
struct list {
  static constexpr std::size_t size = sizeof...(Tags);
};

/// All rungs of this build's architecture, the weakest first. Each one's `weaker` is its predecessor.
#if defined(__x86_64__)
using ladder = list<scalar, portable, avx2, avx_vnni, avx512_vnni, amx>;
#elif DLPU_HAS_NEON && defined(__aarch64__)
using ladder = list<scalar, portable, neon, neon_dot>;
#elif DLPU_HAS_NEON
using ladder = list<scalar, portable, neon>;
#else
using ladder = list<scalar, portable>;
#endif

/// A position on the ladder.
using Rung = std::size_t;

inline constexpr std::size_t rung_count = ladder::size;

template <class... Tags>
constexpr std::array<std::string_view, sizeof...(Tags)> names_of(list<Tags...>) {
  return {Tags::name...};
}
/// Names by rung, as `DLPU_ISA` and reports spell them.
inline constexpr auto rung_names = names_of(ladder{});

}  // namespace isa
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The tile registers of AMX (Intel SDM vol. 1, chapter 18): eight of up to 16 rows by 64 bytes, and the product of
/// unsigned by signed bytes.
///
/// In assembly, because GCC's intrinsics take tile numbers as literals only and clang's want a target attribute. A compiler
/// that is not told of AMX leaves the tiles alone, so that they keep their contents between these statements.

#include <cstddef>
#include <cstdint>

#include "dlpu/core/config.hpp"
#include "dlpu/isa/target.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::amx {

inline constexpr std::size_t tile_rows = 16, tile_bytes = 64;

/// What `ldtilecfg` reads: palette 1 and the size of each tile; tiles without a size cannot be used.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

DLPU_INLINE_AVX512_VNNI inline void configure_tiles(const TileConfiguration& configuration) {
  __asm__ volatile("ldtilecfg %0" : : "m"(configuration));
}
/// Without it, the operating system goes on saving tiles at each task switch.
DLPU_INLINE_AVX512_VNNI inline void release_tiles() {
  __asm__ volatile("tilerelease");
}

/// Rows lie `stride` bytes apart; with 0, all are the same.
template <std::size_t Tile>
DLPU_INLINE_AVX512_VNNI inline void load_tile(const void* from, std::size_t stride) {
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(Tile) : "memory");
}
template <std::size_t Tile>
DLPU_INLINE_AVX512_VNNI inline void store_tile(void* to, std::size_t stride) {
  __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(Tile) : "memory");
}

/// `Sums += Inputs * Weights`: int32 sums; unsigned bytes, a row for each row of sums; signed bytes, 4 for each column of
/// sums in a row.
template <std::size_t Sums, std::size_t Inputs, std::size_t Weights>
DLPU_INLINE_AVX512_VNNI inline void multiply_tiles() {
  __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sums), "i"(Inputs), "i"(Weights));
}

}  // namespace kernels::amx
}  // namespace dlpu::inline DLPU_ABI

#endif

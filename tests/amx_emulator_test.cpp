/// The emulator of AMX against plain loops, or where there is AMX, these loops against the hardware.

#include <gtest/gtest.h>

#if defined(__x86_64__)

#include <array>
#include <cstdint>
#include <random>

#include "dlpu/core/fixed_point.hpp"
#include "dlpu/kernels/amx/tiles.hpp"
#include "support/amx_emulator.hpp"

namespace dlpu::amx {
namespace {

using Bytes = std::array<std::array<std::uint8_t, 64>, 16>;
using Sums = std::array<std::array<std::int32_t, 17>, 16>;  // one more than a tile has, so that rows lie apart

Bytes random_bytes(std::mt19937& random) {
  Bytes bytes;
  for (auto& row : bytes) {
    for (std::uint8_t& byte : row) byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

int number(std::uint8_t byte, bool is_signed) {
  return is_signed ? static_cast<std::int8_t>(byte) : byte;
}

/// A product by instructions. Their operands take all forms of addresses.
template <bool FirstSigned, bool SecondSigned>
void multiply(const kernels::amx::TileConfiguration& configuration, const Bytes& first, const Bytes& second,
              Sums& sums) {
  const auto a = reinterpret_cast<std::uintptr_t>(&first), b = reinterpret_cast<std::uintptr_t>(&second);
  __asm__ volatile("ldtilecfg %0" : : "m"(configuration));
  __asm__ volatile("tileloadd (%0,%1,4), %%tmm5" : : "r"(&sums), "r"(sizeof sums[0] / 4) : "memory");
  __asm__ volatile("tileloadd 64(%0,%1,1), %%tmm6" : : "r"(a - 64), "r"(64l) : "memory");
  __asm__ volatile("tileloaddt1 -4096(%0,%1,2), %%tmm7" : : "r"(b + 4096), "r"(32l) : "memory");
  if constexpr (FirstSigned && SecondSigned) __asm__ volatile("tdpbssd %tmm7, %tmm6, %tmm5");
  if constexpr (FirstSigned && !SecondSigned) __asm__ volatile("tdpbsud %tmm7, %tmm6, %tmm5");
  if constexpr (!FirstSigned && SecondSigned) __asm__ volatile("tdpbusd %tmm7, %tmm6, %tmm5");
  if constexpr (!FirstSigned && !SecondSigned) __asm__ volatile("tdpbuud %tmm7, %tmm6, %tmm5");
  __asm__ volatile("tilestored %%tmm5, (%0,%1,1)\n\ttilerelease" : : "r"(&sums), "r"(sizeof sums[0]) : "memory");
}

struct Size {
  std::uint8_t rows;
  std::uint16_t depth, columns;  ///< bytes
};

template <bool FirstSigned, bool SecondSigned>
void expect_products() {
  std::mt19937 random(1);
  for (const Size size : {Size{16, 64, 64}, {1, 4, 4}, {5, 12, 20}, {16, 36, 64}}) {
    kernels::amx::TileConfiguration configuration;
    configuration.rows[5] = configuration.rows[6] = size.rows;
    configuration.rows[7] = static_cast<std::uint8_t>(size.depth / 4);
    configuration.row_bytes[5] = configuration.row_bytes[7] = size.columns;
    configuration.row_bytes[6] = size.depth;
    const Bytes first = random_bytes(random), second = random_bytes(random);
    Sums sums;
    for (auto& row : sums) {
      for (std::int32_t& sum : row) sum = static_cast<std::int32_t>(random());
    }
    Sums expected = sums;
    for (std::size_t m = 0; m < size.rows; ++m) {
      for (std::size_t n = 0; n < size.columns; n += 4) {
        for (std::size_t k = 0; k < size.depth; ++k) {
          const int product = number(first[m][k], FirstSigned) * number(second[k / 4][n + k % 4], SecondSigned);
          expected[m][n / 4] = wrapping_add(expected[m][n / 4], product);
        }
      }
    }
    multiply<FirstSigned, SecondSigned>(configuration, first, second, sums);
    EXPECT_EQ(sums, expected);
  }
}

TEST(AmxEmulator, MultipliesAsLoopsDo) {
  const Emulator emulator;
  expect_products<true, true>();
  expect_products<true, false>();
  expect_products<false, true>();
  expect_products<false, false>();
}

TEST(AmxEmulator, ZeroesATileAndRepeatsARow) {
  const Emulator emulator;
  kernels::amx::TileConfiguration configuration;
  configuration.rows[0] = configuration.rows[1] = 3;
  configuration.row_bytes[0] = configuration.row_bytes[1] = 8;
  const std::array<std::int32_t, 2> row = {1, 2};
  std::array<std::array<std::int32_t, 2>, 3> zeros = {row, row, row}, repeated = {};
  __asm__ volatile("ldtilecfg %0" : : "m"(configuration));
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm0\n\ttileloadd (%0), %%tmm1\n\ttilezero %%tmm0"
                   :
                   : "r"(&row), "r"(0l)
                   : "memory");
  __asm__ volatile("tilestored %%tmm0, (%0,%1,1)" : : "r"(&zeros), "r"(8l) : "memory");
  __asm__ volatile("tilestored %%tmm1, (%0,%1,1)\n\ttilerelease" : : "r"(&repeated), "r"(8l) : "memory");
  EXPECT_EQ(zeros, decltype(zeros){});
  EXPECT_EQ(repeated, (decltype(repeated){row, row, row}));
}

TEST(AmxEmulator, LeavesIllegalInstructionsIllegal) {
  const auto killed = testing::KilledBySignal(SIGILL);
  const Emulator emulator;
  EXPECT_EXIT(__asm__ volatile("ud2"), killed, "");
  EXPECT_EXIT(__asm__ volatile("tilerelease\n\ttilezero %tmm0"), killed, "");  // the tile has no size
  kernels::amx::TileConfiguration mismatched;
  for (std::size_t tile = 0; tile < 8; ++tile) {
    mismatched.rows[tile] = 16;
    mismatched.row_bytes[tile] = tile == 1 ? 60 : 64;
  }
  EXPECT_EXIT(__asm__ volatile("ldtilecfg %0\n\ttdpbusd %%tmm2, %%tmm1, %%tmm0" : : "m"(mismatched)), killed, "");
}

}  // namespace
}  // namespace dlpu::amx

#endif

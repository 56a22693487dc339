#pragma once

/// AMX's tiles in software, as the pseudocode of the instructions has them (Intel SDM vol. 2). What the hardware would refuse
/// returns false.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dlpu::amx {

class Tiles {
 public:
  /// `ldtilecfg`: all tiles become zero.
  bool configure(const std::uint8_t* memory) {
    *this = {};
    if (memory[0] != 1) return false;
    for (std::size_t i = 1; i < 16; ++i) {
      if (memory[i] != 0) return false;
    }
    for (std::size_t t = 0; t < 16; ++t) {
      const std::size_t bytes = memory[16 + 2 * t] + 256u * memory[17 + 2 * t], rows = memory[48 + t];
      if (bytes > 64 || rows > 16 || (bytes == 0) != (rows == 0) || (t >= 8 && rows != 0)) return false;
      if (t < 8) tiles_[t] = {bytes, rows, {}};
    }
    return true;
  }
  void release() { *this = {}; }

  bool zero(std::size_t tile) {
    std::memset(tiles_[tile].row, 0, sizeof tiles_[tile].row);
    return tiles_[tile].rows != 0;
  }
  bool load(std::size_t tile, const std::uint8_t* from, std::ptrdiff_t stride) {
    Tile& t = tiles_[tile];
    if (!zero(tile)) return false;
    for (std::size_t r = 0; r < t.rows; ++r, from += stride) std::memcpy(t.row[r], from, t.bytes);
    return true;
  }
  bool store(std::size_t tile, std::uint8_t* to, std::ptrdiff_t stride) const {
    const Tile& t = tiles_[tile];
    for (std::size_t r = 0; r < t.rows; ++r, to += stride) std::memcpy(to, t.row[r], t.bytes);
    return t.rows != 0;
  }

  /// `tdpbssd`, `tdpbsud`, `tdpbusd`, `tdpbuud`: sums that leave 32 bits wrap.
  bool multiply(std::size_t sums, std::size_t first, bool first_signed, std::size_t second, bool second_signed) {
    const Tile &a = tiles_[first], &b = tiles_[second];
    Tile& c = tiles_[sums];
    const bool distinct = sums != first && sums != second && first != second;
    if (!distinct || c.rows == 0 || c.rows != a.rows || c.bytes != b.bytes || a.bytes != 4 * b.rows ||
        c.bytes % 4 != 0) {
      return false;
    }
    for (std::size_t m = 0; m < c.rows; ++m) {
      for (std::size_t n = 0; n < c.bytes; n += 4) {
        std::uint32_t sum;
        std::memcpy(&sum, c.row[m] + n, 4);
        for (std::size_t k = 0; k < a.bytes; ++k) {
          const int product = value(a.row[m][k], first_signed) * value(b.row[k / 4][n + k % 4], second_signed);
          sum += static_cast<std::uint32_t>(product);
        }
        std::memcpy(c.row[m] + n, &sum, 4);
      }
    }
    return true;
  }

 private:
  struct Tile {
    std::size_t bytes = 0, rows = 0;
    std::uint8_t row[16][64] = {};
  };
  static int value(std::uint8_t byte, bool is_signed) { return is_signed ? static_cast<std::int8_t>(byte) : byte; }

  Tile tiles_[8];
};

}  // namespace dlpu::amx

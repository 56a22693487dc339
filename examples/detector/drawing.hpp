#pragma once

/// Boxes with labels on grey images.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace detector {

/// An RGB image, row by row.
struct Picture {
  int width = 0, height = 0;
  std::span<std::uint8_t> rgb;

  void set(int x, int y, std::array<std::uint8_t, 3> colour) const {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    std::ranges::copy(colour, rgb.begin() + 3 * (y * width + x));
  }
};

/// Rows of three pixels for each digit, the highest bit to the left.
inline constexpr std::uint8_t glyphs[10][5] = {{7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7},
                                               {5, 5, 7, 1, 1}, {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 2, 2},
                                               {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7}};

/// A frame from (left, top) to (right, bottom), with a digit above its corner.
inline void draw_box(const Picture& picture, int left, int top, int right, int bottom, int digit, int zoom) {
  constexpr std::array<std::uint8_t, 3> green{0, 220, 60}, black{0, 0, 0};
  for (int x = left; x <= right; ++x) picture.set(x, top, green), picture.set(x, bottom, green);
  for (int y = top; y <= bottom; ++y) picture.set(left, y, green), picture.set(right, y, green);
  const int label_top = std::max(top - 7 * zoom, 0);
  for (int y = 0; y < 7 * zoom; ++y) {
    for (int x = 0; x < 5 * zoom; ++x) {
      const int row = y / zoom - 1, column = x / zoom - 1;
      const bool inside = row >= 0 && row < 5 && column >= 0 && column < 3;
      const bool ink = inside && (glyphs[digit][row] >> (2 - column) & 1) != 0;
      picture.set(left + x, label_top + y, ink ? black : green);
    }
  }
}

}  // namespace detector

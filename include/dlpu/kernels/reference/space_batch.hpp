#pragma once

/// The oracles of SpaceToBatchNd and BatchToSpaceNd: pixels that lie a block apart become an image of their own, and
/// back.

#include <algorithm>
#include <cstdint>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// One image [batch, height, width, channels], and many that hold every block.height-th row and block.width-th column
/// of it. The first pixel of the many's first image lies `top` rows above and `left` columns before the whole image.
struct SpaceBatchGeometry {
  Shape whole, parts;
  Size2D block = 1;
  std::int32_t top = 0, left = 0;
};

/// Calls `pair(part, place)` for each pixel of the parts, in order, with the whole image's pixel; -1: outside.
template <class Pair>
constexpr void for_each_pixel_of_parts(const SpaceBatchGeometry& g, Pair pair) {
  const std::int32_t batch = g.whole[0], height = g.whole[1], width = g.whole[2];
  std::int64_t part = 0;
  for (std::int32_t b = 0; b < g.parts[0]; ++b) {
    const std::int32_t image = b % batch, row = b / batch / g.block.width, column = b / batch % g.block.width;
    for (std::int32_t i = 0; i < g.parts[1]; ++i) {
      const std::int32_t y = i * g.block.height + row - g.top;
      for (std::int32_t j = 0; j < g.parts[2]; ++j, ++part) {
        const std::int32_t x = j * g.block.width + column - g.left;
        const bool inside = y >= 0 && y < height && x >= 0 && x < width;
        pair(part, inside ? (std::int64_t{image} * height + y) * width + x : -1);
      }
    }
  }
}

template <class T>
constexpr void space_to_batch(const SpaceBatchGeometry& g, const T* input, T fill, T* output) {
  const std::int32_t channels = g.whole[3];
  for_each_pixel_of_parts(g, [&](std::int64_t part, std::int64_t place) {
    if (place < 0)
      std::fill_n(output + part * channels, channels, fill);
    else
      std::copy_n(input + place * channels, channels, output + part * channels);
  });
}

template <class T>
constexpr void batch_to_space(const SpaceBatchGeometry& g, const T* input, T* output) {
  const std::int32_t channels = g.whole[3];
  for_each_pixel_of_parts(g, [&](std::int64_t part, std::int64_t place) {
    if (place >= 0) std::copy_n(input + part * channels, channels, output + place * channels);
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The oracle of MirrorPad: what lies outside the input is its mirror image.

#include <array>
#include <cstdint>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Row-major input and output, and how far the input lies inside.
struct MirrorPadGeometry {
  Shape input, output;
  std::array<std::int32_t, Shape::max_rank> before{};
  std::int32_t edge = 0;  ///< 1: the mirror stands on the outermost element, which is not repeated; 0: beyond it
};

/// The place in a dimension of `size` elements that an output place, counted from the input's first, shows.
[[nodiscard]] constexpr std::int32_t mirrored(std::int32_t place, std::int32_t size, std::int32_t edge) {
  if (place < 0) return edge - 1 - place;
  return place < size ? place : 2 * size - 1 - edge - place;
}

template <class T>
constexpr void mirror_pad(const MirrorPadGeometry& g, const T* input, T* output) {
  const std::int64_t count = g.output.elements();
  std::array<std::int32_t, Shape::max_rank> index{};  // in the output
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t offset = 0;
    for (std::int32_t d = 0; d < g.output.rank; ++d) {
      const std::int32_t place = index[static_cast<std::size_t>(d)] - g.before[static_cast<std::size_t>(d)];
      offset = offset * g.input[d] + mirrored(place, g.input[d], g.edge);
    }
    output[i] = input[offset];
    for (std::int32_t d = g.output.rank; d-- > 0 && ++index[static_cast<std::size_t>(d)] == g.output[d];) {
      index[static_cast<std::size_t>(d)] = 0;
    }
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

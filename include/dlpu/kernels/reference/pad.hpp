#pragma once

/// The oracle of Pad: every run of the output is one of the input's, or the fill value.

#include <algorithm>
#include <array>
#include <cstdint>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Sizes of the input and the output, and how far the input lies inside, along the dimensions up to the innermost one
/// that is padded. What lies within those is a run of neighbours.
struct PadGeometry {
  std::array<std::int32_t, Shape::max_rank> input{}, output{}, before{};
  std::size_t rank = 0;
  std::int64_t run = 1;  ///< elements
};

template <class T>
constexpr void pad(const PadGeometry& g, const T* input, T fill, T* output) {
  std::int64_t runs = 1;
  for (std::size_t d = 0; d < g.rank; ++d) runs *= g.output[d];
  std::array<std::int32_t, Shape::max_rank> index{};  // of the run in the output
  for (std::int64_t r = 0; r < runs; ++r, output += g.run) {
    bool inside = true;
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < g.rank; ++d) {
      const std::int32_t i = index[d] - g.before[d];
      inside = inside && i >= 0 && i < g.input[d];
      offset = offset * g.input[d] + i;
    }
    if (inside)
      std::copy_n(input + offset * g.run, g.run, output);
    else
      std::fill_n(output, g.run, fill);
    for (std::size_t d = g.rank; d-- > 0 && ++index[d] == g.output[d];) index[d] = 0;
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

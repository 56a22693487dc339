#pragma once

/// The oracle of operators that put elements at other places without looking at them: slices, splits, transpositions,
/// and blocks of space that become depth.

#include <algorithm>
#include <array>
#include <cstdint>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Which elements of the input the output holds, in the output's order: `extent` of them along each dimension, `step`
/// elements of the input apart.
struct StridedWalk {
  std::array<std::int32_t, Shape::max_rank> extent{};
  std::array<std::int64_t, Shape::max_rank> step{};  ///< may be negative
  std::size_t rank = 0;
  std::int64_t offset = 0;  ///< of the first element
  std::int64_t run = 1;     ///< elements that are neighbours in the input and in the output

  constexpr void push_back(std::int32_t count, std::int64_t distance) {
    extent[rank] = count;
    step[rank++] = distance;
  }
  /// Takes the innermost dimensions into the run as far as their elements are neighbours.
  [[nodiscard]] constexpr StridedWalk folded() const {
    StridedWalk walk = *this;
    while (walk.rank > 0 && (walk.step[walk.rank - 1] == walk.run || walk.extent[walk.rank - 1] == 1)) {
      walk.run *= walk.extent[--walk.rank];
    }
    return walk;
  }
  [[nodiscard]] constexpr std::int64_t runs() const {
    std::int64_t count = 1;
    for (std::size_t d = 0; d < rank; ++d) count *= extent[d];
    return count;
  }
};

/// The distance between neighbours along each dimension of a row-major tensor, in elements.
[[nodiscard]] constexpr std::array<std::int64_t, Shape::max_rank> steps_of(const Shape& shape) {
  std::array<std::int64_t, Shape::max_rank> steps{};
  std::int64_t step = 1;
  for (std::int32_t d = shape.rank; d-- > 0; step *= shape[d]) steps[static_cast<std::size_t>(d)] = step;
  return steps;
}

template <class T>
constexpr void strided_copy(const StridedWalk& walk, const T* input, T* output) {
  std::array<std::int32_t, Shape::max_rank> index{};
  std::int64_t offset = walk.offset;
  for (std::int64_t r = walk.runs(); r > 0; --r, output += walk.run) {
    std::copy_n(input + offset, walk.run, output);
    for (std::size_t d = walk.rank; d-- > 0;) {
      offset += walk.step[d];
      if (++index[d] < walk.extent[d]) break;
      offset -= walk.step[d] * walk.extent[d];
      index[d] = 0;
    }
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

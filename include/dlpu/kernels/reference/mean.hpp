#pragma once

/// The oracle of Mean: for each element of the output, the sum of the elements that it averages, in the input's order.

#include <array>
#include <cstdint>

#include "dlpu/core/shape.hpp"
#include "dlpu/kernels/requantization.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// The sizes of a row-major tensor, and which of them are averaged away. Neighbours that share that fate are one.
struct MeanGeometry {
  std::array<std::int32_t, Shape::max_rank> dims{};
  std::array<bool, Shape::max_rank> reduced{};
  std::size_t rank = 0;

  constexpr void push_back(std::int32_t dim, bool is_reduced) {
    if (rank > 0 && reduced[rank - 1] == is_reduced) {
      dims[rank - 1] *= dim;
    } else {
      dims[rank] = dim;
      reduced[rank++] = is_reduced;
    }
  }
  /// The number of elements of the dimensions that are (or are not) reduced.
  [[nodiscard]] constexpr std::int64_t count(bool of_reduced) const {
    std::int64_t product = 1;
    for (std::size_t i = 0; i < rank; ++i) product *= reduced[i] == of_reduced ? dims[i] : 1;
    return product;
  }
  /// The offset in the input of the `index`-th combination of the dimensions that are (or are not) reduced.
  [[nodiscard]] constexpr std::int64_t offset(bool of_reduced, std::int64_t index) const {
    std::int64_t result = 0, stride = 1;
    for (std::size_t i = rank; i-- > 0; stride *= dims[i]) {
      if (reduced[i] != of_reduced) continue;
      result += index % dims[i] * stride;
      index /= dims[i];
    }
    return result;
  }
};

/// Calls `add(input_offset)` for every element that an output averages, then `finish(output_offset)`.
template <class Add, class Finish>
constexpr void for_each_mean(const MeanGeometry& g, Add add, Finish finish) {
  std::int64_t run = 1, stride = 1;  // of the innermost reduced dimension, walked without divisions
  for (std::size_t i = 0; i < g.rank; ++i) {
    stride = g.reduced[i] ? 1 : stride * g.dims[i];
    run = g.reduced[i] ? g.dims[i] : run;
  }
  const std::int64_t outputs = g.count(false), averaged = g.count(true);
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t i = 0; i < averaged; i += run) {
      const std::int64_t base = g.offset(false, o) + g.offset(true, i);
      for (std::int64_t j = 0; j < run; ++j) add(base + j * stride);
    }
    finish(o);
  }
}

template <QuantizedStorage Storage, class R>
constexpr void mean(const MeanGeometry& g, const Storage* input, std::int32_t input_zero_point,
                    const Requantization<R>& requantization, Storage* output) {
  std::int32_t sum = 0;
  for_each_mean(
      g, [&](std::int64_t i) { sum = wrapping_add(sum, input[i] - input_zero_point); },
      [&](std::int64_t o) {
        output[o] = static_cast<Storage>(requantization.apply(sum, 0));
        sum = 0;
      });
}

constexpr void mean(const MeanGeometry& g, const float* input, float* output) {
  const auto count = static_cast<float>(g.count(true));
  float sum = 0.0f;
  for_each_mean(
      g, [&](std::int64_t i) { sum += input[i]; },
      [&](std::int64_t o) {
        output[o] = sum / count;
        sum = 0.0f;
      });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

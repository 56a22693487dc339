#pragma once

/// The oracle of BatchMatMul: products of matrices, one pair for each combination of the outer dimensions.

#include <cstdint>
#include <span>

#include "dlpu/kernels/reference/broadcast.hpp"
#include "dlpu/kernels/requantization.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// [rows, depth] times [depth, columns], with the distances between the elements of each matrix.
struct MatMulGeometry {
  std::int64_t rows = 1, depth = 1, columns = 1;
  std::int64_t first_row = 1, first_depth = 1, second_depth = 1, second_column = 1;
  Broadcast batches{};  ///< offsets in matrices
};

/// Calls `accumulate(first_offset, second_offset)` for each term and `finish(output_offset)`.
template <class Accumulate, class Finish>
constexpr void for_each_product(const MatMulGeometry& g, Accumulate accumulate, Finish finish) {
  for_each_pair(g.batches, [&](std::int64_t first, std::int64_t second, std::int64_t batch) {
    for (std::int64_t row = 0; row < g.rows; ++row) {
      for (std::int64_t column = 0; column < g.columns; ++column) {
        const std::int64_t a = first * g.rows * g.depth + row * g.first_row;
        const std::int64_t b = second * g.depth * g.columns + column * g.second_column;
        for (std::int64_t k = 0; k < g.depth; ++k) accumulate(a + k * g.first_depth, b + k * g.second_depth);
        finish((batch * g.rows + row) * g.columns + column);
      }
    }
  });
}

template <QuantizedStorage Storage, class R>
constexpr void batch_matmul(const MatMulGeometry& g, const Storage* first, std::int32_t first_zero_point,
                            const Storage* second, std::int32_t second_zero_point,
                            const Requantization<R>& requantization, Storage* output) {
  std::int32_t sum = 0;
  for_each_product(
      g,
      [&](std::int64_t a, std::int64_t b) {
        sum = wrapping_add(sum, (first[a] - first_zero_point) * (second[b] - second_zero_point));
      },
      [&](std::int64_t o) {
        output[o] = static_cast<Storage>(requantization.apply(sum, 0));
        sum = 0;
      });
}

constexpr void batch_matmul(const MatMulGeometry& g, const float* first, const float* second, float* output) {
  float sum = 0.0f;
  for_each_product(
      g, [&](std::int64_t a, std::int64_t b) { sum += first[a] * second[b]; },
      [&](std::int64_t o) {
        output[o] = sum;
        sum = 0.0f;
      });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

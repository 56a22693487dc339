#pragma once

/// Two tensors element by element, where a dimension of size 1 repeats (numpy's rule), as offsets into dense row-major
/// data.

#include <array>
#include <cstddef>
#include <cstdint>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// The common dimensions, and how far each input moves along them: 0 where it repeats. Neighbouring dimensions that
/// both inputs cross in the same manner are one here, so inputs of the same shape have a single dimension.
struct Broadcast {
  struct Axis {
    std::int64_t size = 1, first = 0, second = 0;
  };
  std::array<Axis, Shape::max_rank> axes{};  ///< innermost first
  std::size_t count = 0;

  [[nodiscard]] constexpr std::int64_t elements() const {
    std::int64_t product = 1;
    for (std::size_t i = 0; i < count; ++i) product *= axes[i].size;
    return product;
  }
};

/// The dimension of `shape` that numpy puts against the output's `axis`: shapes are aligned at their last dimensions.
[[nodiscard]] constexpr std::int32_t aligned_dimension(const Shape& shape, std::int32_t rank, std::int32_t axis) {
  const std::int32_t own = axis - (rank - shape.rank);
  return own < 0 ? 1 : shape[own];
}

[[nodiscard]] constexpr Broadcast broadcast(const Shape& first, const Shape& second) {
  const std::int32_t rank = first.rank > second.rank ? first.rank : second.rank;
  Broadcast result;
  std::int64_t first_stride = 1, second_stride = 1;
  for (std::int32_t axis = rank - 1; axis >= 0; --axis) {
    const std::int32_t a = aligned_dimension(first, rank, axis), b = aligned_dimension(second, rank, axis);
    const std::int32_t size = a == 1 ? b : a;
    if (size == 1) continue;
    Broadcast::Axis* inner = result.count == 0 ? nullptr : &result.axes[result.count - 1];
    if (inner && (inner->first != 0) == (a != 1) && (inner->second != 0) == (b != 1)) {
      inner->size *= size;
    } else {
      result.axes[result.count++] = {size, a == 1 ? 0 : first_stride, b == 1 ? 0 : second_stride};
    }
    first_stride *= a;
    second_stride *= b;
  }
  return result;
}

/// Calls `pair(first_offset, second_offset, output_offset)` for every element of the output, in order.
template <class Pair>
constexpr void for_each_pair(const Broadcast& b, Pair pair) {
  const Broadcast::Axis inner = b.axes[0];  // a scalar has one element here
  const std::int64_t elements = b.elements();
  for (std::int64_t start = 0; start < elements; start += inner.size) {
    std::int64_t first = 0, second = 0, rest = start / inner.size;
    for (std::size_t i = 1; i < b.count; rest /= b.axes[i++].size) {
      first += rest % b.axes[i].size * b.axes[i].first;
      second += rest % b.axes[i].size * b.axes[i].second;
    }
    for (std::int64_t i = 0; i < inner.size; ++i) pair(first + i * inner.first, second + i * inner.second, start + i);
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

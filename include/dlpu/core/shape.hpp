#pragma once

/// Run-time shapes, as graphs hold them, and the two-dimensional sizes of kernels and strides.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {

/// The dimensions of a tensor, outermost first: images are NHWC. A value type, usable in constant
/// expressions.
struct Shape {
  static constexpr int max_rank = 6;

  std::array<std::int32_t, max_rank> dims{};
  std::int32_t rank = 0;

  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<std::int32_t> values) {
    DLPU_ASSERT(values.size() <= max_rank);
    for (std::int32_t value : values) {
      if (rank < max_rank) dims[static_cast<std::size_t>(rank++)] = value;
    }
  }

  [[nodiscard]] constexpr std::int32_t operator[](int axis) const {
    DLPU_ASSERT(axis >= 0 && axis < rank);
    return dims[static_cast<std::size_t>(axis)];
  }
  [[nodiscard]] constexpr std::int32_t& operator[](int axis) {
    DLPU_ASSERT(axis >= 0 && axis < rank);
    return dims[static_cast<std::size_t>(axis)];
  }
  /// The innermost dimension: channels of an NHWC tensor. 1 for a scalar.
  [[nodiscard]] constexpr std::int32_t channels() const { return rank == 0 ? 1 : (*this)[rank - 1]; }

  constexpr void push_back(std::int32_t dim) {
    DLPU_ASSERT(rank < max_rank);
    dims[static_cast<std::size_t>(rank++)] = dim;
  }

  /// Number of elements; 1 for a scalar.
  [[nodiscard]] constexpr std::int64_t elements() const {
    std::int64_t count = 1;
    for (int i = 0; i < rank; ++i) count *= dims[static_cast<std::size_t>(i)];
    return count;
  }

  /// Whether there are no more than `limit` elements; never overflows.
  [[nodiscard]] friend constexpr bool at_most(const Shape& shape, std::int64_t limit) {
    std::int64_t count = 1;
    for (int i = 0; i < shape.rank; ++i) {
      if (shape[i] > 0 && count > limit / shape[i]) return false;
      count *= shape[i];
    }
    return true;
  }

  friend constexpr bool operator==(const Shape& a, const Shape& b) {
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
};

/// "[1, 96, 96, 3]".
[[nodiscard]] inline std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (int i = 0; i < shape.rank; ++i) {
    if (i) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

/// Height and width of a kernel, stride or dilation; one number means both.
struct Size2D {
  std::int32_t height = 0, width = 0;

  constexpr Size2D() = default;
  constexpr Size2D(int both) : height(both), width(both) {}  // implicit: `.kernel = 3` reads as it should
  constexpr Size2D(int h, int w) : height(h), width(w) {}
  friend constexpr bool operator==(Size2D, Size2D) = default;
};

}  // namespace dlpu::inline DLPU_ABI

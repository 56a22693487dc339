#pragma once

/// The oracle of Equal, NotEqual, Less, LessEqual, Greater and GreaterEqual.

#include <cstdint>

#include "dlpu/kernels/reference/broadcast.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

enum class Relation : std::int32_t { equal, not_equal, less, less_equal, greater, greater_equal };

template <class T>
[[nodiscard]] constexpr bool holds(Relation relation, T a, T b) {
  switch (relation) {
    case Relation::equal:
      return a == b;
    case Relation::not_equal:
      return a != b;
    case Relation::less:
      return a < b;
    case Relation::less_equal:
      return a <= b;
    case Relation::greater:
      return a > b;
    case Relation::greater_equal:
      return a >= b;
  }
  return false;
}

/// A stored number as a multiple of 1/256, rounded: LiteRT compares quantized tensors at this resolution, so real
/// numbers that differ by less may count as equal (`ComparisonQuantized`).
struct Comparable {
  std::int32_t zero_point = 0;
  FixedPointMultiplier scale{};

  [[nodiscard]] constexpr std::int32_t operator()(std::int32_t stored) const {
    return multiply_rounding_twice(wrapping_multiply(stored - zero_point, 256), scale);
  }
};
[[nodiscard]] constexpr Comparable comparable(Quantization q) {
  return {q.zero_point, quantize_multiplier(static_cast<double>(q.scale))};
}

/// `output` holds 0 and 1, one byte each.
template <class T>
constexpr void compare(const Broadcast& broadcast, Relation relation, const T* first, const T* second, bool* output) {
  for_each_pair(broadcast, [&](std::int64_t a, std::int64_t b, std::int64_t o) {
    output[o] = holds(relation, first[a], second[b]);
  });
}

template <QuantizedStorage Storage>
constexpr void compare(const Broadcast& broadcast, Relation relation, const Storage* first, Comparable first_scale,
                       const Storage* second, Comparable second_scale, bool* output) {
  for_each_pair(broadcast, [&](std::int64_t a, std::int64_t b, std::int64_t o) {
    output[o] = holds(relation, first_scale(first[a]), second_scale(second[b]));
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

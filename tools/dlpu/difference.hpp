#pragma once

/// How far two arrays are apart, in steps.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "dlpu/core/element.hpp"

namespace dlpu::command {

/// A step is the least significant bit of an integer; between float32 numbers it is the next number that there is.
struct Difference {
  std::int64_t elements = 0;
  std::int64_t differing = 0;
  std::int64_t largest_steps = 0;
  double largest_value = 0.0;  ///< the largest difference of numbers as they are stored
  /// How many elements are how many steps from the first array's (the second minus the first). Between float32 numbers,
  /// the number of steps is taken down to the power of two.
  std::map<std::int64_t, std::int64_t> histogram;

  void add(const Difference& other);
};

/// The steps that stand for a difference from or to NaN.
inline constexpr std::int64_t steps_to_nan = std::int64_t{1} << 32;

/// Both arrays have the same size and hold `element`.
[[nodiscard]] Difference difference(std::span<const std::byte> first, std::span<const std::byte> second,
                                    ElementType element);

}  // namespace dlpu::command

#pragma once

/// The oracle of Cast.

#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// From real numbers to integers towards zero, saturating, NaN to the largest number; between integers the low bits;
/// to bool whether it is not zero.
template <class To, class From>
[[nodiscard]] constexpr To cast_value(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // The bound is a power of two, or one less and exact: both are float numbers.
    constexpr From lowest = static_cast<From>(std::numeric_limits<To>::min());
    constexpr From bound = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * From{2};
    if (value < lowest) return std::numeric_limits<To>::min();
    return value < bound ? static_cast<To>(value) : std::numeric_limits<To>::max();
  } else {
    return static_cast<To>(value);
  }
}

template <class From, class To>
constexpr void cast(std::span<const From> input, std::span<To> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = cast_value<To>(input[i]);
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

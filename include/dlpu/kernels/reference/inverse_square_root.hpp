#pragma once

/// 1 / sqrt(x) of an integer in fixed point, bit for bit as LiteRT's reference kernels compute it
/// (`GetInvSqrtQuantizedMultiplierExp`).

#include <bit>
#include <cstdint>
#include <limits>

#include "dlpu/core/fixed_point.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

namespace detail {
/// `x * 2^bits`, saturated to 32 bits.
[[nodiscard]] constexpr std::int32_t saturating_shift_left(std::int32_t x, int bits) {
  constexpr std::int64_t low = std::numeric_limits<std::int32_t>::min(),
                         high = std::numeric_limits<std::int32_t>::max();
  const std::int64_t wide = std::int64_t{x} * (std::int64_t{1} << bits);
  return static_cast<std::int32_t>(wide < low ? low : wide > high ? high : wide);
}
}  // namespace detail

/// `x` is not negative; 0 counts as 1. The result, as a multiplier, is about x^(-1/2).
[[nodiscard]] constexpr FixedPointMultiplier inverse_square_root(std::int32_t x) {
  constexpr auto multiply = saturating_rounding_doubling_high_multiply;
  if (x <= 1) return {std::numeric_limits<std::int32_t>::max(), 0};
  // x comes to [2^27, 2^29) by powers of four, so that half of their exponent is whole.
  std::int32_t right = 11;
  for (; x >= 1 << 29; ++right) x /= 4;
  const int pairs = (std::countl_zero(static_cast<std::uint32_t>(x)) - 1) / 2 - 1;
  right -= pairs;
  x <<= 2 * pairs;
  // Newton's method from 1, in Q3.28: y = 3/2 y - x/2 y^3. A product has the integer bits of both factors.
  constexpr std::int32_t three_halves = (1 << 28) + (1 << 27), half_of_root_two = 1518500250;
  const std::int32_t half = rounding_divide_by_power_of_two(x >> 1, 1);
  std::int32_t y = 1 << 28;
  for (int step = 0; step < 5; ++step) {
    const std::int32_t cube = detail::saturating_shift_left(multiply(multiply(y, y), y), 6);
    y = detail::saturating_shift_left(multiply(three_halves, y) - multiply(half, cube), 3);
  }
  y = multiply(y, half_of_root_two);
  if (right < 0) return {y << -right, 0};
  return {y, -right};
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

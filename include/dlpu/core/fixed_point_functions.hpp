#pragma once

/// The exponential and the reciprocal in fixed point, bit for bit as gemmlowp computes them for LiteRT's reference
/// kernels. Qm.n is a 32-bit number with m integer bits and n fractional bits beside the sign.

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "dlpu/core/fixed_point.hpp"

namespace dlpu::inline DLPU_ABI {

/// exp(a) for `a` in [-1/4, 0), Q0.31 in and out: the Taylor series around -1/8, to the fourth power.
[[nodiscard]] constexpr std::int32_t exponential_of_last_quarter(std::int32_t a) {
  constexpr auto multiply = saturating_rounding_doubling_high_multiply;
  constexpr std::int32_t exp_minus_eighth = 1895147668, third = 715827883, eighth = 1 << 28;
  const std::int32_t x = a + eighth;
  const std::int32_t x2 = multiply(x, x), x3 = multiply(x2, x), x4 = multiply(x2, x2);
  const std::int32_t cubic = multiply(rounding_divide_by_power_of_two(x4, 2) + x3, third);  // x^4 / 12 + x^3 / 3
  return exp_minus_eighth + multiply(exp_minus_eighth, x + rounding_divide_by_power_of_two(cubic + x2, 1));
}

/// exp(a) for `a` <= 0, Q5.26 in, Q0.31 out (one becomes the largest number). The part below a quarter goes through
/// the series, each bit above multiplies by its own exponential.
[[nodiscard]] constexpr std::int32_t exponential_of_negative(std::int32_t a) {
  constexpr std::int32_t quarter = 1 << 24;
  constexpr std::array<std::int32_t, 7> exponentials{1672461947, 1302514674, 790015084, 290630308,
                                                     39332535,   720401,     242};  // exp(-2^-2) ... exp(-2^4)
  if (a == 0) return std::numeric_limits<std::int32_t>::max();
  const std::int32_t last = (a & (quarter - 1)) - quarter;  // in [-1/4, 0)
  std::int32_t result = exponential_of_last_quarter(last * 32);
  const std::int32_t rest = last - a;  // a multiple of 1/4
  for (std::size_t i = 0; i < exponentials.size(); ++i) {
    if (rest & (quarter << i)) result = saturating_rounding_doubling_high_multiply(result, exponentials[i]);
  }
  return result;
}

/// 1 / (1 + a) for `a` in [0, 1), Q0.31 in and out, by three steps of Newton's method in Q2.29.
[[nodiscard]] constexpr std::int32_t reciprocal_of_one_plus(std::int32_t a) {
  constexpr auto multiply = saturating_rounding_doubling_high_multiply;
  constexpr std::int32_t one = std::numeric_limits<std::int32_t>::max();
  const auto half_denominator = static_cast<std::int32_t>((std::int64_t{a} + one + 1) / 2);
  std::int32_t x = 1515870810 + multiply(half_denominator, -1010580540);  // 48/17 - 32/17 * half_denominator
  for (int step = 0; step < 3; ++step) {
    const std::int32_t error = (1 << 29) - multiply(half_denominator, x);
    x += multiply(x, error) * 4;  // the product is in Q4.27
  }
  return x > one / 2 ? one : x * 2;  // x / 2 from Q2.29 to Q0.31
}

/// `fraction * 2^-exponent`, the reciprocal of a positive number.
struct FixedPointReciprocal {
  std::int32_t fraction = 0;  ///< Q0.31, in [1/2, 1]
  std::int32_t exponent = 0;
};

/// The reciprocal of `x` > 0, which has `integer_bits` integer bits.
[[nodiscard]] constexpr FixedPointReciprocal fixed_point_reciprocal(std::int32_t x, std::int32_t integer_bits) {
  const auto bits = static_cast<std::uint32_t>(x);
  const int headroom = std::countl_zero(bits);  // the sign bit included
  const std::uint32_t above_one = (bits << headroom) - (std::uint32_t{1} << 31);
  return {reciprocal_of_one_plus(static_cast<std::int32_t>(above_one)), integer_bits - headroom};
}

}  // namespace dlpu::inline DLPU_ABI

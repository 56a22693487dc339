#pragma once

/// Fixed-point multipliers with the semantics of TensorFlow Lite's 8-bit quantization specification
/// (https://ai.google.dev/edge/litert/models/quantization_spec) and its reference kernels, usable in constant
/// expressions.

#include <bit>
#include <cstdint>
#include <limits>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {

/// The real number `value * 2^(shift - 31)`; `value` lies in [2^30, 2^31) unless the multiplier is zero.
struct FixedPointMultiplier {
  std::int32_t value = 0;
  std::int32_t shift = 0;  ///< positive: to the left

  friend constexpr bool operator==(FixedPointMultiplier, FixedPointMultiplier) = default;
};

/// The sum modulo 2^32, as the reference kernels' two's complement hardware gives it; never undefined.
[[nodiscard]] constexpr std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

/// The sum modulo 2^64.
[[nodiscard]] constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// The product modulo 2^32.
[[nodiscard]] constexpr std::int32_t wrapping_multiply(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b));
}

/// The closest fixed-point multiplier to a finite, non-negative real number.
///
/// The fraction is rounded to 31 bits, halves away from zero, as `std::round` does in the converter. A
/// fraction that rounds up to one is halved again, so that the value fits 31 bits; below 2^-32 nothing of the
/// product would be left, so such multipliers become zero.
[[nodiscard]] constexpr FixedPointMultiplier quantize_multiplier(double real) {
  if (!(real > 0.0)) return {};
  const auto bits = std::bit_cast<std::uint64_t>(real);
  const int exponent = static_cast<int>(bits >> 52) - 1022;  // real = fraction * 2^exponent, fraction in [0.5, 1)
  if (exponent < -32) return {};                             // also denormal numbers
  const std::uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFull) | 0x10000000000000ull;  // 53 bits
  std::uint64_t value = (mantissa + (std::uint64_t{1} << 21)) >> 22;                 // 31 bits, rounded half up
  int shift = exponent;
  if (value == std::uint64_t{1} << 31) {
    value >>= 1;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<std::int32_t>(value), shift};
}

/// The high 32 bits of `2 * a * b`, rounded to nearest, halves towards plus infinity: the nudge below is
/// gemmlowp's, and the division truncates. The doubling makes up for
/// the sign bit that a product of two Q31 numbers has twice; the single overflowing product saturates.
[[nodiscard]] constexpr std::int32_t saturating_rounding_doubling_high_multiply(std::int32_t a, std::int32_t b) {
  if (a == b && a == std::numeric_limits<std::int32_t>::min()) return std::numeric_limits<std::int32_t>::max();
  const std::int64_t product = static_cast<std::int64_t>(a) * b;
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30) : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}

/// `x / 2^exponent` rounded to nearest, halves away from zero: a plain arithmetic shift would bias every
/// activation downwards. `exponent` in [0, 31].
[[nodiscard]] constexpr std::int32_t rounding_divide_by_power_of_two(std::int32_t x, int exponent) {
  const auto mask = static_cast<std::int32_t>((std::int64_t{1} << exponent) - 1);
  const std::int32_t remainder = x & mask;
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// `x * multiplier`, rounded twice: once to 32 bits, once by the right shift. This double rounding is what
/// LiteRT's reference kernels compute.
[[nodiscard]] constexpr std::int32_t multiply_rounding_twice(std::int32_t x, FixedPointMultiplier multiplier) {
  const int left = multiplier.shift > 0 ? multiplier.shift : 0;
  const int right = multiplier.shift > 0 ? 0 : -multiplier.shift;
  const std::int32_t shifted =
      left >= 32 ? 0 : wrapping_multiply(x, static_cast<std::int32_t>(std::uint32_t{1} << left));
  return rounding_divide_by_power_of_two(saturating_rounding_doubling_high_multiply(shifted, multiplier.value),
                                         right);
}

/// `x * multiplier`, rounded once, halves towards plus infinity (LiteRT built with single rounding). The
/// result saturates to 32 bits.
[[nodiscard]] constexpr std::int32_t multiply_rounding_once(std::int32_t x, FixedPointMultiplier multiplier) {
  const int shift = multiplier.shift > 30 ? 30 : multiplier.shift;  // more would shift to the left of the product
  const int total = 31 - shift;
  const std::int64_t product = static_cast<std::int64_t>(x) * multiplier.value;
  const std::int64_t rounded = (product + (std::int64_t{1} << (total - 1))) >> total;
  if (rounded > std::numeric_limits<std::int32_t>::max()) return std::numeric_limits<std::int32_t>::max();
  if (rounded < std::numeric_limits<std::int32_t>::min()) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(rounded);
}

/// The product of a 64-bit sum, as 16-bit activations have them, with the multiplier's highest 15 bits, rounded once, halves
/// towards plus infinity (LiteRT, `MultiplyByQuantizedMultiplier` of int64). LiteRT asks for |x| < 2^47 and a shift of at
/// most 7 to the left; beyond, here, x and the result saturate.
[[nodiscard]] constexpr std::int32_t multiply_wide(std::int64_t x, FixedPointMultiplier multiplier) {
  constexpr std::int64_t most = (std::int64_t{1} << 47) - 1;
  x = x > most ? most : x < -most - 1 ? -most - 1 : x;
  const std::int32_t fraction = multiplier.value < 0x7FFF0000 ? (multiplier.value + (1 << 15)) >> 16 : 0x7FFF;
  const std::int64_t product = x * fraction;
  const int right = 15 - multiplier.shift;
  constexpr std::int64_t low = std::numeric_limits<std::int32_t>::min(),
                         high = std::numeric_limits<std::int32_t>::max();
  const auto saturated = [](std::int64_t value) { return value > high ? high : value < low ? low : value; };
  if (right <= 0) {
    return static_cast<std::int32_t>(
        saturated(saturated(product) * (std::int64_t{1} << (right < -31 ? 31 : -right))));
  }
  return static_cast<std::int32_t>(saturated((product + (std::int64_t{1} << (right - 1))) >> right));
}

}  // namespace dlpu::inline DLPU_ABI

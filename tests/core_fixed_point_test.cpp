/// Fixed-point multipliers against frexp and exact integer arithmetic.

#include "dlpu/core/fixed_point.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace dlpu::core_fixed_point_test {
namespace {

constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t one_half = std::int32_t{1} << 30;  // as a fraction of 31 bits

static_assert(quantize_multiplier(0.5) == FixedPointMultiplier{one_half, 0});
static_assert(quantize_multiplier(1.0) == FixedPointMultiplier{one_half, 1});
static_assert(quantize_multiplier(0.25) == FixedPointMultiplier{one_half, -1});
static_assert(quantize_multiplier(0.75) == FixedPointMultiplier{1610612736, 0});
static_assert(quantize_multiplier(1.25) == FixedPointMultiplier{1342177280, 1});
static_assert(quantize_multiplier(0.5 - 5e-9) == FixedPointMultiplier{2147483627, -1});
static_assert(quantize_multiplier(0.5 - 1e-10) == FixedPointMultiplier{one_half, 0});  // rounds up to one
static_assert(quantize_multiplier(0.0) == FixedPointMultiplier{});
static_assert(quantize_multiplier(-1.0) == FixedPointMultiplier{});
static_assert(quantize_multiplier(std::numeric_limits<double>::denorm_min()) == FixedPointMultiplier{});

static_assert(wrapping_add(highest, 1) == lowest);
static_assert(wrapping_multiply(65536, 65536) == 0);
static_assert(wrapping_multiply(lowest, -1) == lowest);

static_assert(saturating_rounding_doubling_high_multiply(lowest, lowest) == highest);
static_assert(saturating_rounding_doubling_high_multiply(3, one_half) == 2);    // 1.5
static_assert(saturating_rounding_doubling_high_multiply(-3, one_half) == -1);  // -1.5
static_assert(rounding_divide_by_power_of_two(3, 1) == 2);
static_assert(rounding_divide_by_power_of_two(-3, 1) == -2);
static_assert(rounding_divide_by_power_of_two(-5, 2) == -1);
static_assert(rounding_divide_by_power_of_two(lowest, 31) == -1);
static_assert(rounding_divide_by_power_of_two(lowest, 0) == lowest);

static_assert(multiply_rounding_twice(1000, quantize_multiplier(0.01)) == 10);
static_assert(multiply_rounding_twice(-7, quantize_multiplier(3.0)) == -21);
static_assert(multiply_rounding_once(-3, quantize_multiplier(0.5)) == -1);
static_assert(multiply_rounding_once(highest, quantize_multiplier(8.0)) == highest);
static_assert(multiply_rounding_once(lowest, quantize_multiplier(8.0)) == lowest);

// Where the two differ, 5 / 4: rounding twice makes 5 / 2 into 3, then 3 / 2 into 2.
static_assert(multiply_rounding_twice(5, {one_half, -1}) == 2);
static_assert(multiply_rounding_once(5, {one_half, -1}) == 1);

/// What TensorFlow's converter computes, from the C library's functions.
FixedPointMultiplier expected_multiplier(double real) {
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);
  std::int64_t value = std::llround(fraction * 2147483648.0);
  if (value == std::int64_t{1} << 31) {
    value /= 2;
    ++exponent;
  }
  if (value == 0 || exponent < -31) return {};
  return {static_cast<std::int32_t>(value), exponent};
}

void expect_multiplier(double real) {
  const FixedPointMultiplier expected = expected_multiplier(real), actual = quantize_multiplier(real);
  EXPECT_EQ(actual.value, expected.value) << real;
  EXPECT_EQ(actual.shift, expected.shift) << real;
}

TEST(QuantizeMultiplier, EqualsFrexpAtPowersOfTwoAndTheirNeighbours) {
  for (int exponent = -1074; exponent <= 31; ++exponent) {
    const double power = std::ldexp(1.0, exponent);
    double below = power, above = power;
    for (int step = 0; step < 4; ++step) {
      expect_multiplier(below);
      expect_multiplier(above);
      below = std::nextafter(below, 0.0);
      above = std::nextafter(above, 1e300);
    }
  }
}

TEST(QuantizeMultiplier, EqualsFrexpWhereTheFractionIsAHalf) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const auto value = static_cast<double>((random() & 0x3FFFFFFF) | 0x40000000);  // 31 bits
    const double tie = std::ldexp(value + 0.5, -31 - static_cast<int>(random() % 30));
    expect_multiplier(tie);
    expect_multiplier(std::nextafter(tie, 0.0));
    expect_multiplier(std::nextafter(tie, 1.0));
  }
}

TEST(QuantizeMultiplier, EqualsFrexpForAnyNumber) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-40.0, 31.0);
  for (int i = 0; i < 100000; ++i) expect_multiplier(std::exp2(exponent(random)));
  std::uniform_real_distribution<double> tiny(-1080.0, -28.0);
  for (int i = 0; i < 10000; ++i) expect_multiplier(std::exp2(tiny(random)));
}

/// Numbers near zero, near the ends, near powers of two, and any.
std::vector<std::int32_t> operands() {
  std::vector<std::int32_t> values;
  for (int offset = -3; offset <= 3; ++offset) {
    for (int bit = 0; bit <= 31; ++bit) {
      const std::int64_t power = std::int64_t{1} << bit;
      for (const std::int64_t value : {power + offset, -power + offset}) {
        if (value >= lowest && value <= highest) values.push_back(static_cast<std::int32_t>(value));
      }
    }
  }
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) values.push_back(static_cast<std::int32_t>(random()));
  return values;
}

std::int32_t saturated(std::int64_t value) {
  return static_cast<std::int32_t>(std::min<std::int64_t>(highest, std::max<std::int64_t>(lowest, value)));
}

/// `floor(dividend / 2^bits + 1/2)` in 64 bits, without shifts or wrapping.
std::int64_t rounded_up(std::int64_t dividend, int bits) {
  const std::int64_t divisor = std::int64_t{1} << bits;
  std::int64_t quotient = dividend / divisor, rest = dividend % divisor;
  if (rest < 0) {
    --quotient;
    rest += divisor;
  }
  return quotient + (rest >= divisor - rest ? 1 : 0);
}

TEST(FixedPoint, HighMultiplyIsTheRoundedProduct) {
  for (const std::int32_t a : operands()) {
    for (const std::int32_t b : operands()) {
      const std::int32_t expected = saturated(rounded_up(std::int64_t{a} * b, 31));
      ASSERT_EQ(saturating_rounding_doubling_high_multiply(a, b), expected) << a << " * " << b;
    }
  }
}

TEST(FixedPoint, DivisionRoundsHalvesAwayFromZero) {
  for (const std::int32_t x : operands()) {
    for (int exponent = 0; exponent <= 31; ++exponent) {
      const double exact = std::ldexp(static_cast<double>(x), -exponent);  // 32 bits: no rounding
      ASSERT_EQ(rounding_divide_by_power_of_two(x, exponent), static_cast<std::int64_t>(std::round(exact)))
          << x << " / 2^" << exponent;
    }
  }
}

TEST(FixedPoint, RoundingOnceIsTheRoundedProduct) {
  for (const std::int32_t x : operands()) {
    for (const std::int32_t value : {one_half, one_half + 1, 1610612735, 1610612736, highest - 1, highest}) {
      for (int shift = -31; shift <= 30; ++shift) {
        const std::int32_t expected = saturated(rounded_up(std::int64_t{x} * value, 31 - shift));
        ASSERT_EQ(multiply_rounding_once(x, {value, shift}), expected) << x << " * " << value << " << " << shift;
      }
    }
  }
}

/// Two roundings are at most half a step, and half of what the shift leaves of a step, from the exact product.
TEST(FixedPoint, RoundingTwiceIsNearTheProduct) {
  for (const std::int32_t x : operands()) {
    for (const std::int32_t value : {one_half, one_half + 1, 1610612736, highest}) {
      for (int shift = -31; shift <= 8; ++shift) {
        const std::int64_t shifted = shift > 0 ? std::int64_t{x} * (std::int64_t{1} << shift) : x;
        if (shifted != saturated(shifted)) continue;  // the reference kernels wrap there
        const double exact = std::ldexp(static_cast<double>(shifted) * value, -31 + std::min(shift, 0));
        const double bound = 0.5 + (shift < 0 ? std::ldexp(0.5, shift) : 0.0) + 1e-6;
        ASSERT_LE(std::abs(multiply_rounding_twice(x, {value, shift}) - exact), bound)
            << x << " * " << value << " << " << shift;
      }
    }
  }
}

}  // namespace
}  // namespace dlpu::core_fixed_point_test

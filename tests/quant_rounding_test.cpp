/// Rounding policies against the C library's roundings of exact products.

#include "dlpu/quant/rounding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace dlpu::quant_rounding_test {
namespace {

static_assert(RoundingPolicy<rounding::Reference> && RoundingPolicy<rounding::Single>);
static_assert(RoundingPolicy<rounding::Float> && RoundingPolicy<rounding::Double>);
static_assert(RoundingPolicy<rounding::Shift>);
static_assert(!RoundingPolicy<int>);
static_assert(WideRoundingPolicy<rounding::Reference> && WideRoundingPolicy<rounding::Shift>);
static_assert(WideRoundingPolicy<rounding::Double> && !WideRoundingPolicy<rounding::Float>);

/// `accumulator * 2^-shift`.
template <class R>
constexpr std::int32_t scaled(std::int32_t accumulator, int shift) {
  double real = 1.0;
  for (int i = 0; i < shift; ++i) real *= 0.5;
  for (int i = 0; i > shift; --i) real *= 2.0;
  return R::apply(accumulator, R::multiplier(real));
}

// Halves: 2.5, 1.5, -1.5, -2.5 with a multiplier of one half...
static_assert(scaled<rounding::Reference>(5, 1) == 3 && scaled<rounding::Reference>(-5, 1) == -2);
static_assert(scaled<rounding::Single>(5, 1) == 3 && scaled<rounding::Single>(-5, 1) == -2);
static_assert(scaled<rounding::Shift>(5, 1) == 3 && scaled<rounding::Shift>(-5, 1) == -2);
static_assert(scaled<rounding::Double>(5, 1) == 3 && scaled<rounding::Double>(-5, 1) == -3);
static_assert(scaled<rounding::Float>(5, 1) == 2 && scaled<rounding::Float>(-5, 1) == -2);
static_assert(scaled<rounding::Float>(3, 1) == 2 && scaled<rounding::Float>(-3, 1) == -2);
// ... and of one quarter, where the reference rounds with its shift.
static_assert(scaled<rounding::Reference>(10, 2) == 3 && scaled<rounding::Reference>(-10, 2) == -3);
static_assert(scaled<rounding::Single>(10, 2) == 3 && scaled<rounding::Single>(-10, 2) == -2);

static_assert(rounding::Shift::multiplier(1.0).shift == 0);
static_assert(rounding::Shift::multiplier(0.125).shift == 3);
static_assert(rounding::Shift::multiplier(4.0).shift == -2);
static_assert(rounding::Shift::multiplier(0.7).shift == 1);  // the power below
static_assert(rounding::Shift::apply(1000, rounding::Shift::multiplier(0.0)) == 0);

constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();
constexpr double bound = 1073741824.0;  // 2^30: where Float, Double and Shift saturate

double saturated(double value, double limit = bound) {
  return std::min(limit, std::max(-limit, value));
}

std::vector<std::int32_t> accumulators() {
  std::vector<std::int32_t> values{lowest, lowest + 1, highest - 1, highest};
  for (std::int32_t i = -70; i <= 70; ++i) values.push_back(i);
  std::mt19937 random(4);
  for (int bits = 8; bits <= 32; ++bits) {
    for (int i = 0; i < 40; ++i) values.push_back(static_cast<std::int32_t>(random()) >> (32 - bits));
  }
  return values;
}

std::vector<double> multipliers() {
  std::vector<double> values;
  for (int shift = -4; shift <= 30; ++shift) {
    for (const double fraction : {1.0, 1.25, 1.5, 1.1, 1.9999999, 1.3333333}) {
      values.push_back(std::ldexp(fraction, -shift));
    }
  }
  return values;
}

TEST(Rounding, FloatIsTheFloatProductToEven) {
  for (const double real : multipliers()) {
    for (const std::int32_t x : accumulators()) {
      const float product = static_cast<float>(x) * static_cast<float>(real);
      const double expected = saturated(std::nearbyint(static_cast<double>(product)));
      ASSERT_EQ(rounding::Float::apply(x, rounding::Float::multiplier(real)), expected) << x << " * " << real;
    }
  }
}

TEST(Rounding, DoubleIsTheDoubleProductAwayFromZero) {
  for (const double real : multipliers()) {
    for (const std::int32_t x : accumulators()) {
      const double expected = saturated(std::round(static_cast<double>(x) * real));
      ASSERT_EQ(rounding::Double::apply(x, rounding::Double::multiplier(real)), expected) << x << " * " << real;
    }
  }
  const double below_half = std::nextafter(0.5, 0.0);
  EXPECT_EQ(rounding::Double::apply(1, below_half), 0);
  EXPECT_EQ(rounding::Double::apply(-1, below_half), 0);
}

TEST(Rounding, ShiftIsTheExactProductUp) {
  for (int shift = -8; shift <= 62; ++shift) {
    const auto multiplier = rounding::Shift::Multiplier{shift};
    for (const std::int32_t x : accumulators()) {
      const long double exact = std::ldexp(static_cast<long double>(x), -shift);  // 32 bits: no rounding
      double expected = static_cast<double>(std::floor(exact + 0.5L));
      if (shift <= 0) expected = saturated(expected);
      ASSERT_EQ(rounding::Shift::apply(x, multiplier), expected) << x << " * 2^" << -shift;
    }
  }
}

/// From the C library, in double precision: products of 31 and 32 bits do not fit, so the first rounding is checked on
/// accumulators of 20 bits.
TEST(Rounding, ReferenceRoundsTwice) {
  for (const double real : multipliers()) {
    int exponent = 0;
    const double fraction = std::round(std::frexp(real, &exponent) * 2147483648.0);
    for (const std::int32_t x : accumulators()) {
      if (std::abs(static_cast<double>(x)) > 1048576.0) continue;
      const double left = exponent > 0 ? std::ldexp(1.0, exponent) : 1.0;
      const double first = std::floor(x * left * fraction / 2147483648.0 + 0.5);
      const double expected = std::round(std::ldexp(first, std::min(exponent, 0)));
      ASSERT_EQ(rounding::Reference::apply(x, rounding::Reference::multiplier(real)), expected) << x << " * " << real;
    }
  }
}

TEST(Rounding, SingleRoundsOnce) {
  for (const double real : multipliers()) {
    int exponent = 0;
    const double fraction = std::round(std::frexp(real, &exponent) * 2147483648.0);
    for (const std::int32_t x : accumulators()) {
      if (std::abs(static_cast<double>(x)) > 1048576.0) continue;
      const double expected = std::floor(std::ldexp(x * fraction, exponent - 31) + 0.5);
      ASSERT_EQ(rounding::Single::apply(x, rounding::Single::multiplier(real)), expected) << x << " * " << real;
    }
  }
}

/// Sums of 16-bit activations times 8-bit filters, up to the bounds that LiteRT sets.
std::vector<std::int64_t> wide_sums() {
  std::vector<std::int64_t> values;
  for (const std::int64_t power : {1, 3, 1 << 15, 1 << 30}) {
    for (std::int64_t near = -3; near <= 3; ++near) values.insert(values.end(), {power + near, -power + near});
  }
  constexpr std::int64_t most = (std::int64_t{1} << 47) - 1;
  values.insert(values.end(), {most, most - 1, -most, -most - 1});
  std::mt19937_64 random(7);
  for (int bits = 8; bits <= 47; ++bits) {
    for (int i = 0; i < 20; ++i) values.push_back(static_cast<std::int64_t>(random()) >> (64 - bits));
  }
  return values;
}

TEST(Rounding, WideReferenceRoundsOnceByFifteenBits) {
  for (const double real : multipliers()) {
    int exponent = 0;
    const double fraction = std::round(std::frexp(real, &exponent) * 2147483648.0);
    const double fifteen_bits = std::min(std::floor(fraction / 65536.0 + 0.5), 32767.0);
    for (const std::int64_t x : wide_sums()) {
      // 62 bits in all, which a long double holds.
      const long double product = static_cast<long double>(x) * static_cast<long double>(fifteen_bits);
      const long double exact = std::floor(std::ldexp(product, exponent - 15) + 0.5L);
      const long double expected = std::min<long double>(highest, std::max<long double>(lowest, exact));
      ASSERT_EQ(rounding::Reference::apply_wide(x, rounding::Reference::multiplier(real)), expected)
          << x << " * " << real;
    }
  }
}

TEST(Rounding, WideShiftIsTheExactProductUp) {
  for (int shift = -20; shift <= 62; ++shift) {
    for (const std::int64_t x : wide_sums()) {
      const long double exact = std::floor(std::ldexp(static_cast<long double>(x), -shift) + 0.5L);
      const long double limit = bound;
      const long double expected = std::min(limit, std::max(-limit, exact));
      const std::int32_t result = rounding::Shift::apply_wide(x, {shift});
      if (shift >= -15) {
        ASSERT_EQ(result, expected) << x << " * 2^" << -shift;
      } else {  // far beyond every stored number, if not nothing
        ASSERT_TRUE(x == 0 ? result == 0 : std::abs(result) >= 32768) << x << " * 2^" << -shift;
      }
    }
  }
}

TEST(Rounding, WideSumsBeyondLiteRTsSaturate) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const auto unit = rounding::Reference::multiplier(1.0);
  EXPECT_EQ(rounding::Reference::apply_wide(most, unit), highest);
  EXPECT_EQ(rounding::Reference::apply_wide(-most - 1, unit), lowest);
  EXPECT_EQ(rounding::Reference::apply_wide(3, rounding::Reference::multiplier(0x1p20)), 3 << 20);
  EXPECT_EQ(rounding::Reference::apply_wide(-3, rounding::Reference::multiplier(0x1p40)), lowest);
  EXPECT_EQ(rounding::Shift::apply_wide(most, {0}), 1 << 30);
  EXPECT_EQ(rounding::Shift::apply_wide(-most - 1, {0}), -(1 << 30));
  EXPECT_EQ(rounding::Double::apply_wide(most, 1.0), 1 << 30);
  EXPECT_EQ(rounding::Double::apply_wide(5, 0.5), 3);
}

/// A rounding that a user may write: towards zero.
struct TowardsZero {
  using Multiplier = double;
  static constexpr double multiplier(double real) { return real; }
  static constexpr std::int32_t apply(std::int32_t accumulator, double multiplier) {
    return static_cast<std::int32_t>(accumulator * multiplier);
  }
};
static_assert(RoundingPolicy<TowardsZero>);
static_assert(scaled<TowardsZero>(5, 1) == 2 && scaled<TowardsZero>(-5, 1) == -2);

}  // namespace
}  // namespace dlpu::quant_rounding_test

/// Add: broadcasting, the oracle against LiteRT's results, and every rounding against exact arithmetic.

#include "dlpu/ops/add.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"
#include "support/kernel_instances.hpp"

namespace dlpu::ops_add_test {
namespace {

constexpr Inferred infer(const Shape& first, const Shape& second) {
  const std::array<TensorType, 2> types{TensorType{first}, TensorType{second}};
  return op::Add{}.infer(types);
}
constexpr Shape output(const Shape& first, const Shape& second) {
  return infer(first, second).outputs[0].shape;
}

static_assert(output({1, 5, 6, 7}, {1, 5, 6, 7}) == Shape{1, 5, 6, 7});
static_assert(output({1, 5, 6, 7}, {7}) == Shape{1, 5, 6, 7});
static_assert(output({7}, {1, 5, 6, 7}) == Shape{1, 5, 6, 7});
static_assert(output({2, 4, 1, 3}, {5, 1}) == Shape{2, 4, 5, 3});
static_assert(output({2, 3}, {}) == Shape{2, 3});
static_assert(output({}, {}) == Shape{});
static_assert(infer({2, 3}, {2}).problem == &op::Add::ShapesMatch::rule);
static_assert(op::Add{}.infer(std::array<TensorType, 1>{}).problem == &op::Add::NeedsTwoInputs::rule);
static_assert(op::Add{}.infer(std::array{TensorType{{1}}, TensorType{{1}, ElementType::float32}}).problem ==
              &op::Add::SameElement::rule);

// Inputs of one shape are one dimension; a row under an image makes two.
static_assert(reference::broadcast({2, 3, 4}, {2, 3, 4}).count == 1);
static_assert(reference::broadcast({2, 3, 4}, {1, 1, 4}).count == 2);
static_assert(reference::broadcast({2, 1, 4}, {1, 3, 4}).count == 3);
static_assert(reference::broadcast({1, 1}, {}).count == 0);

constexpr std::array<float, 6> add_float(const Shape& first_shape, std::array<float, 3> first,
                                         const Shape& second_shape, std::array<float, 2> second) {
  std::array<float, 6> result{};
  const kernels::Add<float, Unquantized> add({.activation = Activation::relu6}, first_shape, second_shape);
  add.run(first, second, result);
  return result;
}
static_assert(add_float({1, 3}, {1, 2, 3}, {2, 1}, {0, 4}) == std::array<float, 6>{1, 2, 3, 5, 6, 6});
static_assert(add_float({3, 1}, {1, 2, 3}, {2}, {-2, 1}) == std::array<float, 6>{0, 2, 0, 3, 1, 4});

/// a * 0.5 + b, in steps of 1: 3 * 0.5 = 1.5, -3 * 0.5 = -1.5, 1 * 0.5 + 1 = 1.5.
template <class R>
constexpr std::array<std::int8_t, 3> add_halves() {
  const std::array<std::int8_t, 3> first{13, 7, 11}, second{-5, -5, -4};
  std::array<std::int8_t, 3> result{};
  const kernels::Add<std::int8_t, BasicPerTensor<R>> add({}, {3}, {3}, {{0.5f, 10}, {1.0f, -5}, {1.0f, 20}});
  add.run(first, second, result);
  return result;
}
static_assert(add_halves<rounding::Reference>() == std::array<std::int8_t, 3>{22, 18, 22});  // away from zero
static_assert(add_halves<rounding::Double>() == std::array<std::int8_t, 3>{22, 18, 22});
static_assert(add_halves<rounding::Float>() == std::array<std::int8_t, 3>{22, 18, 22});   // to even
static_assert(add_halves<rounding::Single>() == std::array<std::int8_t, 3>{22, 19, 22});  // up
static_assert(add_halves<rounding::Shift>() == std::array<std::int8_t, 3>{22, 19, 22});

/// A rounding that a user may write.
struct TowardsZero {
  using Multiplier = double;
  static constexpr double multiplier(double real) { return real; }
  static constexpr std::int32_t apply(std::int32_t accumulator, double multiplier) {
    return static_cast<std::int32_t>(accumulator * multiplier);
  }
};
static_assert(add_halves<TowardsZero>() == std::array<std::int8_t, 3>{21, 19, 21});

template <class Storage>
void expect_quantized_cases() {
  for (const golden::Case& c : golden::cases("add", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const Shape &first = c.shape("input_0"), &second = c.shape("input_1");
    ASSERT_EQ(output(first, second), c.shape("output_0"));
    const kernels::Add<Storage, BasicPerTensor<rounding::Reference, Storage>> add(
        {static_cast<Activation>(c.option(0))}, first, second,
        {c.quantization("input_0"), c.quantization("input_1"), c.quantization("output_0")});
    const auto expected = c.values<Storage>("output_0");
    std::vector<Storage> result(expected.size());
    add.run(c.values<Storage>("input_0"), c.values<Storage>("input_1"), result);
    golden::expect_values(expected, result);
  }
}

TEST(Add, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(Add, Uint8EqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}
TEST(Add, Int16EqualsLiteRT) {
  expect_quantized_cases<std::int16_t>();
}

TEST(Add, FloatEqualsLiteRT) {
  for (const golden::Case& c : golden::cases("add", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const Shape &first = c.shape("input_0"), &second = c.shape("input_1");
    ASSERT_EQ(output(first, second), c.shape("output_0"));
    const kernels::Add<float, Unquantized> add({static_cast<Activation>(c.option(0))}, first, second);
    const auto expected = c.values<float>("output_0");
    std::vector<float> result(expected.size());
    add.run(c.values<float>("input_0"), c.values<float>("input_1"), result);
    golden::expect_values(expected, result, 0.0f);
  }
}

/// All pairs of int8 numbers.
struct Pairs {
  std::vector<std::int8_t> first, second;
  Pairs() {
    for (int a = -128; a < 128; ++a) {
      for (int b = -128; b < 128; ++b) {
        first.push_back(static_cast<std::int8_t>(a));
        second.push_back(static_cast<std::int8_t>(b));
      }
    }
  }
};

template <class R>
std::vector<std::int8_t> add_all(const Pairs& pairs, const kernels::AddQuantization& q) {
  const kernels::Add<std::int8_t, BasicPerTensor<R>> add({}, {65536}, {65536}, q);
  std::vector<std::int8_t> result(65536);
  add.run(pairs.first, pairs.second, result);
  return result;
}

std::int8_t saturated(double value) {
  return static_cast<std::int8_t>(std::min(127.0, std::max(-128.0, value)));
}

/// Scales that are powers of two leave nothing to approximate: shifts give the exact sum, rounded once, halves up. In
/// double precision the sums of these scales are exact.
TEST(Add, ShiftIsExactForPowersOfTwo) {
  const Pairs pairs;
  for (int first = -6; first <= 6; ++first) {
    for (int output = -3; output <= 3; ++output) {
      const kernels::AddQuantization q{{std::ldexp(1.0f, first), 0}, {1.0f, 0}, {std::ldexp(1.0f, output), 0}};
      const auto result = add_all<rounding::Shift>(pairs, q);
      std::vector<std::int8_t> exact;
      for (std::size_t i = 0; i < 65536; ++i) {
        const double sum =
            std::ldexp(static_cast<double>(pairs.first[i]), first) + static_cast<double>(pairs.second[i]);
        exact.push_back(saturated(std::floor(std::ldexp(sum, -output) + 0.5)));
      }
      SCOPED_TRACE(first);
      SCOPED_TRACE(output);
      golden::expect_values<std::int8_t>(exact, result);
    }
  }
}

/// With the input scales as far apart as the left shift has room for.
TEST(Add, ShiftIsExactForDistantScales) {
  const Pairs pairs;
  for (const int distance : {12, 19}) {
    const kernels::AddQuantization q{{std::ldexp(1.0f, -distance), 0}, {1.0f, 0}, {std::ldexp(1.0f, -distance), 0}};
    const auto result = add_all<rounding::Shift>(pairs, q);
    std::vector<std::int8_t> exact;
    for (std::size_t i = 0; i < 65536; ++i) {
      exact.push_back(saturated(pairs.first[i] + std::ldexp(static_cast<double>(pairs.second[i]), distance)));
    }
    golden::expect_values<std::int8_t>(exact, result);
  }
}

/// Every rounding stays within half a step of the exact sum, and a little for the multipliers' last bits.
template <class R>
void expect_nearest(const Pairs& pairs, const kernels::AddQuantization& q) {
  const auto result = add_all<R>(pairs, q);
  double worst = 0.0;
  for (std::size_t i = 0; i < 65536; ++i) {
    const double real = double{q.first.scale} * (pairs.first[i] - q.first.zero_point) +
                        double{q.second.scale} * (pairs.second[i] - q.second.zero_point);
    const double exact = std::min(127.0, std::max(-128.0, real / double{q.output.scale} + q.output.zero_point));
    worst = std::max(worst, std::abs(exact - result[i]));
  }
  EXPECT_LE(worst, 0.5001);
}

TEST(Add, EveryRoundingIsNearest) {
  const Pairs pairs;
  std::mt19937 random(7);
  std::uniform_real_distribution<float> scale(0.004f, 0.5f);
  std::uniform_int_distribution<int> zero_point(-128, 127);
  for (int i = 0; i < 8; ++i) {
    const kernels::AddQuantization q{{scale(random), zero_point(random)},
                                     {scale(random), zero_point(random)},
                                     {scale(random), zero_point(random)}};
    SCOPED_TRACE(i);
    expect_nearest<rounding::Reference>(pairs, q);
    expect_nearest<rounding::Single>(pairs, q);
    expect_nearest<rounding::Float>(pairs, q);
    expect_nearest<rounding::Double>(pairs, q);
  }
}

}  // namespace
}  // namespace dlpu::ops_add_test

/// Sub, Mul, Div, Minimum and Maximum: rules, every case against LiteRT's results, and what LiteRT refuses.

#include "dlpu/ops/binary.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_binary_test {
namespace {

constexpr Inferred infer(const Shape& first, const Shape& second) {
  const std::array<TensorType, 2> types{TensorType{first}, TensorType{second}};
  return op::Mul{}.infer(types);
}
static_assert(infer({2, 4, 1, 3}, {5, 1}).outputs[0].shape == Shape{2, 4, 5, 3});
static_assert(infer({2, 3}, {2}).problem == &pair_rule::ShapesMatch::rule);
static_assert(op::Sub{}.infer(std::array<TensorType, 1>{}).problem == &pair_rule::NeedsTwoInputs::rule);
static_assert(op::Div{}.infer(std::array{TensorType{{1}}, TensorType{{1}, ElementType::float32}}).problem ==
              &pair_rule::SameElement::rule);
static_assert(op::Minimum::keeps_quantization && op::Maximum::keeps_quantization);

template <class Op, class T, std::size_t N>
constexpr std::array<T, N> of_two(const Op& op, std::array<T, N> first, std::array<T, N> second) {
  std::array<T, N> result{};
  kernels::Pair<T, Unquantized>(op, {static_cast<std::int32_t>(N)}, {static_cast<std::int32_t>(N)})
      .run(first, second, result);
  return result;
}
static_assert(of_two(op::Sub{}, std::array{5.0f, 1.0f}, std::array{2.0f, 4.0f}) == std::array{3.0f, -3.0f});
static_assert(of_two(op::Mul{Activation::relu6}, std::array{5.0f, 1.0f}, std::array{2.0f, -4.0f}) ==
              std::array{6.0f, 0.0f});
static_assert(of_two(op::Maximum{}, std::array{5, 1}, std::array{2, 4}) == std::array{5, 4});
static_assert(of_two(op::Minimum{}, std::array{5, 1}, std::array{2, 4}) == std::array{2, 1});

// Integers wrap around, and a division by zero is zero.
constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
static_assert(of_two(op::Div{}, std::array{7, -7, 7, lowest}, std::array{2, 2, 0, -1}) ==
              std::array{3, -3, 0, lowest});
static_assert(of_two(op::Sub{}, std::array{lowest}, std::array{1}) == std::array{2147483647});
static_assert(of_two(op::Mul{}, std::array{65536, 3}, std::array{65536, -2}) == std::array{0, -6});

PairFunction function_of(const golden::Case& c) {
  return {static_cast<PairFunction::Kind>(c.option(0)), static_cast<Activation>(c.option(1))};
}

template <class Storage>
void expect_quantized_cases() {
  std::set<std::int32_t> seen;
  for (const golden::Case& c : golden::cases("pair_functions", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const kernels::Pair<Storage, BasicPerTensor<rounding::Reference, Storage>> kernel(
        function_of(c), c.shape("input_0"), c.shape("input_1"),
        {c.quantization("input_0"), c.quantization("input_1"), c.quantization("output_0")});
    const auto expected = c.values<Storage>("output_0");
    std::vector<Storage> result(expected.size());
    kernel.run(c.values<Storage>("input_0"), c.values<Storage>("input_1"), result);
    golden::expect_values(expected, result);
    seen.insert(c.option(0));
  }
  EXPECT_EQ(seen.size(), 5u);
}
TEST(Binary, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(Binary, Uint8EqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}

template <class Number>
void expect_number_cases() {
  for (const golden::Case& c : golden::cases("pair_functions", element_type_of<Number>)) {
    SCOPED_TRACE(c.name());
    const kernels::Pair<Number, Unquantized> kernel(function_of(c), c.shape("input_0"), c.shape("input_1"));
    const auto expected = c.values<Number>("output_0");
    std::vector<Number> result(expected.size());
    kernel.run(c.values<Number>("input_0"), c.values<Number>("input_1"), result);
    golden::expect_values(expected, result, 0.0f);
  }
}
TEST(Binary, NumbersEqualLiteRT) {
  expect_number_cases<float>();
  expect_number_cases<std::int32_t>();
  expect_number_cases<std::int64_t>();
}

TEST(Binary, QuantizedDivisionByZeroIsTheEndOfTheRange) {
  const std::array<std::int8_t, 3> first{10, 3, -20}, second{5, 5, 5};
  std::array<std::int8_t, 3> result{};
  kernels::Pair<std::int8_t, PerTensor>(op::Div{}, {3}, {3}, {{0.1f, 3}, {0.2f, 5}, {0.5f, 7}})
      .run(first, second, result);
  EXPECT_EQ(result, (std::array<std::int8_t, 3>{127, 7, -128}));
}

/// Division is close to the real quotient for all pairs.
TEST(Binary, QuantizedDivisionIsNearest) {
  const kernels::PairQuantization q{{0.11f, 3}, {0.07f, -9}, {0.9f, 5}};
  std::vector<std::int8_t> first, second, result(65536);
  for (int a = -128; a < 128; ++a) {
    for (int b = -128; b < 128; ++b) {
      first.push_back(static_cast<std::int8_t>(a));
      second.push_back(static_cast<std::int8_t>(b));
    }
  }
  kernels::Pair<std::int8_t, PerTensor>(op::Div{}, {65536}, {65536}, q).run(first, second, result);
  double worst = 0.0;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (second[i] == -9) continue;
    const double real = 0.11 * (first[i] - 3) / (0.07 * (second[i] + 9)) / 0.9 + 5;
    worst = std::max(worst, std::abs(std::min(127.0, std::max(-128.0, real)) - result[i]));
  }
  EXPECT_LE(worst, 0.5001);
}

}  // namespace
}  // namespace dlpu::ops_binary_test

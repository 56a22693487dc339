/// Functions of one number: rules, and every case against LiteRT's results.

#include "dlpu/ops/scalar_functions.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <set>
#include <vector>

#include "dlpu/quant/policy.hpp"
#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_scalar_functions_test {
namespace {

template <class Op>
constexpr Inferred infer(const Op& op, ElementType element) {
  const TensorType type{{2, 3}, element};
  return op.infer({&type, 1});
}
static_assert(op::Logistic::name == "LOGISTIC" && op::Tanh::name == "TANH" && op::Abs::name == "ABS");
static_assert(op::HardSwish::name == "HARD_SWISH" && op::Rsqrt::name == "RSQRT" &&
              op::LeakyRelu::name == "LEAKY_RELU");
static_assert(infer(op::Logistic{}, ElementType::float32).outputs[0] == TensorType{{2, 3}, ElementType::float32});
static_assert(infer(op::Logistic{}, ElementType::int32).problem == &op::Logistic::KnownElement::rule);
static_assert(infer(op::Neg{}, ElementType::int64).outputs[0].element == ElementType::int64);
static_assert(infer(op::Abs{}, ElementType::boolean).problem == &op::Abs::KnownElement::rule);
static_assert(infer(op::LeakyRelu{}, ElementType::int32).problem == &op::LeakyRelu::KnownElement::rule);
static_assert(op::Logistic{}.infer({}).problem == &op::Logistic::OneInput::rule);
static_assert(op::Logistic::fixed_output<std::int8_t>() == Quantization{1.0f / 256.0f, -128});
static_assert(op::Logistic::fixed_output<std::uint8_t>() == Quantization{1.0f / 256.0f, 0});

// In fixed point: x^(-1/2) as 31 bits and a shift.
static_assert(reference::inverse_square_root(0) == FixedPointMultiplier{2147483647, 0});
static_assert(reference::inverse_square_root(1) == reference::inverse_square_root(0));

ScalarFunction function_of(const golden::Case& c) {
  return {static_cast<ScalarFunction::Kind>(c.option(0)), c.option_float(0)};
}

template <class Storage>
void expect_quantized_cases(std::size_t kinds) {
  std::set<std::int32_t> seen;
  for (const golden::Case& c : golden::cases("scalar_functions", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const kernels::ScalarFunction<Storage, BasicPerTensor<rounding::Reference, Storage>> kernel(
        function_of(c), c.quantization("input_0"), c.quantization("output_0"));
    const auto expected = c.values<Storage>("output_0");
    std::vector<Storage> result(expected.size());
    kernel.run(c.values<Storage>("input_0"), result);
    golden::expect_values(expected, result);
    seen.insert(c.option(0));
  }
  EXPECT_EQ(seen.size(), kinds);
}

TEST(ScalarFunctions, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>(11);  // all but Square, which LiteRT does not quantize
}
TEST(ScalarFunctions, Uint8EqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>(4);  // HardSwish, LeakyRelu, Logistic, Tanh
}

TEST(ScalarFunctions, FloatEqualsLiteRT) {
  std::set<std::int32_t> seen;
  for (const golden::Case& c : golden::cases("scalar_functions", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const ScalarFunction function = function_of(c);
    using Kind = ScalarFunction::Kind;
    const bool exact = function.kind == Kind::abs || function.kind == Kind::hard_swish ||
                       function.kind == Kind::leaky_relu || function.kind == Kind::neg ||
                       function.kind == Kind::sqrt || function.kind == Kind::rsqrt || function.kind == Kind::square;
    const auto expected = c.values<float>("output_0");
    std::vector<float> result(expected.size());
    kernels::ScalarFunction<float, Unquantized>(function).run(c.values<float>("input_0"), result);
    golden::expect_values(expected, result, exact ? 0.0f : 1e-5f);
    seen.insert(c.option(0));
  }
  EXPECT_EQ(seen.size(), 12u);
}

template <class Integer>
void expect_integer_cases() {
  for (const golden::Case& c : golden::cases("scalar_functions", element_type_of<Integer>)) {
    SCOPED_TRACE(c.name());
    const auto expected = c.values<Integer>("output_0");
    std::vector<Integer> result(expected.size());
    kernels::ScalarFunction<Integer, Unquantized>(function_of(c)).run(c.values<Integer>("input_0"), result);
    golden::expect_values(expected, result);
  }
}
TEST(ScalarFunctions, IntegersEqualLiteRT) {
  expect_integer_cases<std::int32_t>();
  expect_integer_cases<std::int64_t>();
}

TEST(ScalarFunctions, TheLowestIntegerHasNoOpposite) {
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  const std::array<std::int32_t, 2> input{lowest, -3};
  std::array<std::int32_t, 2> result{};
  kernels::ScalarFunction<std::int32_t, Unquantized>(op::Neg{}).run(input, result);
  EXPECT_EQ(result, (std::array{lowest, 3}));
  kernels::ScalarFunction<std::int32_t, Unquantized>(op::Abs{}).run(input, result);
  EXPECT_EQ(result, (std::array{lowest, 3}));
}

/// Where LiteRT stops or leaves the result open: nothing may overflow, and results are at the end of the range.
TEST(ScalarFunctions, SaturatesWhereThereIsNoValue) {
  const std::array<std::int8_t, 3> input{-10, 0, 127};
  std::array<std::int8_t, 3> result{};
  const auto run = [&](const auto& op, Quantization in, Quantization out) {
    kernels::ScalarFunction<std::int8_t, PerTensor>(op, in, out).run(input, result);
    return result;
  };
  using Result = std::array<std::int8_t, 3>;
  EXPECT_EQ(run(op::Exp{}, {10.0f, 0}, {0.1f, 3}), (Result{3, 13, 127}));
  EXPECT_EQ(run(op::Log{}, {0.1f, 0}, {0.1f, 0}), (Result{-128, -128, 25}));
  EXPECT_EQ(run(op::Sqrt{}, {0.1f, 0}, {0.1f, 5}), (Result{5, 5, 40}));
  EXPECT_EQ(run(op::Rsqrt{}, {0.1f, 0}, {0.01f, 5}), (Result{127, 127, 33}));
  EXPECT_EQ(run(op::HardSwish{}, {1.0f, 0}, {1e-4f, 0})[2], 127);
  EXPECT_EQ(run(op::Square{}, {0.1f, 0}, {1.0f, 0}), (Result{1, 0, 127}));
}

/// The policy's rounding counts: 0.5 and -0.5 steps.
TEST(ScalarFunctions, AbsAndLeakyReluRoundAsThePolicySays) {
  const std::array<std::int8_t, 2> input{1, -1};
  std::array<std::int8_t, 2> result{};
  const auto run = [&]<class Policy>(const auto& op, Policy) {
    kernels::ScalarFunction<std::int8_t, Policy>(op, {0.5f, 0}, {1.0f, 0}).run(input, result);
    return result;
  };
  using Result = std::array<std::int8_t, 2>;
  EXPECT_EQ(run(op::Abs{}, PerTensor{}), (Result{1, 1}));
  EXPECT_EQ(run(op::Abs{}, BasicPerTensor<rounding::Float>{}), (Result{0, 0}));
  EXPECT_EQ(run(op::LeakyRelu{1.0f}, PerTensor{}), (Result{1, 0}));
  EXPECT_EQ(run(op::LeakyRelu{1.0f}, BasicPerTensor<rounding::Double>{}), (Result{1, -1}));
}

}  // namespace
}  // namespace dlpu::ops_scalar_functions_test

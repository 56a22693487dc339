/// Relu and Clamp: rules, constant evaluation, and Relu against LiteRT's results.

#include "dlpu/ops/relu.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_relu_test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

template <class Op>
constexpr Inferred infer(const Op& op) {
  const TensorType type{{2, 3}};
  return op.infer({&type, 1});
}
static_assert(infer(op::Relu{}).outputs[0] == TensorType{{2, 3}});
static_assert(infer(op::Relu{Activation::none}).problem == &op::Relu::NeedsActivation::rule);
static_assert(infer(op::Clamp{-1.0f, 1.0f}).outputs[0] == TensorType{{2, 3}});
static_assert(infer(op::Clamp{}).problem == &op::Clamp::NeedsRange::rule);
static_assert(op::Relu{}.builtin_name() == "RELU");
static_assert(op::Relu{Activation::relu6}.builtin_name() == "RELU6");
static_assert(op::Relu{Activation::relu_n1_to_1}.builtin_name() == "RELU_N1_TO_1");

constexpr std::array<float, 4> clamp_float(const op::Clamp& op) {
  const std::array<float, 4> input{-3.0f, -0.5f, 2.0f, 9.0f};
  std::array<float, 4> result{};
  kernels::Clamp<float, Unquantized>(op).run(input, result);
  return result;
}
static_assert(clamp_float({-1.0f, 4.0f}) == std::array{-1.0f, -0.5f, 2.0f, 4.0f});
static_assert(clamp_float({-infinity, 0.0f}) == std::array{-3.0f, -0.5f, 0.0f, 0.0f});

/// Real inputs -3, -0.5, 2, 9 to steps of 1 around 10.
template <class Policy>
constexpr std::array<std::int8_t, 4> clamp_quantized(const op::Clamp& op) {
  const std::array<std::int8_t, 4> input{-11, -6, -1, 13};
  std::array<std::int8_t, 4> result{};
  kernels::Clamp<std::int8_t, Policy>(op, {0.5f, -5}, {1.0f, 10}).run(input, result);
  return result;
}
using Result = std::array<std::int8_t, 4>;
static_assert(clamp_quantized<PerTensor>({-1.0f, 4.0f}) == Result{9, 10, 12, 14});
static_assert(clamp_quantized<PerTensor>({-infinity, infinity}) == Result{7, 10, 12, 19});
static_assert(clamp_quantized<PowerOfTwo>({-infinity, infinity}) == Result{7, 10, 12, 19});
static_assert(clamp_quantized<BasicPerTensor<rounding::Float>>({-infinity, infinity}) == Result{7, 10, 12, 19});
static_assert(clamp_quantized<PerTensor>({1000.0f, 2000.0f}) == Result{127, 127, 127, 127});

template <class Storage>
void expect_quantized_cases() {
  for (const golden::Case& c : golden::cases("relu", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    using Policy = BasicPerTensor<rounding::Reference, Storage>;
    const op::Relu op{static_cast<Activation>(c.option(0))};
    const kernels::Relu<Storage, Policy> relu(op, c.quantization("input_0"), c.quantization("output_0"));
    const kernels::Clamp<Storage, Policy> clamp({op.range().low, op.range().high}, c.quantization("input_0"),
                                                c.quantization("output_0"));
    const auto expected = c.values<Storage>("output_0");
    std::vector<Storage> result(expected.size()), clamped(expected.size());
    relu.run(c.values<Storage>("input_0"), result);
    golden::expect_values(expected, result);
    clamp.run(c.values<Storage>("input_0"), clamped);
    golden::expect_values(expected, clamped);
  }
}

TEST(Relu, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(Relu, Uint8EqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}
TEST(Relu, Int16EqualsLiteRT) {
  expect_quantized_cases<std::int16_t>();
}

TEST(Relu, FloatEqualsLiteRT) {
  for (const golden::Case& c : golden::cases("relu", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const kernels::Relu<float, Unquantized> relu(op::Relu{static_cast<Activation>(c.option(0))});
    const auto expected = c.values<float>("output_0");
    std::vector<float> result(expected.size());
    relu.run(c.values<float>("input_0"), result);
    golden::expect_values(expected, result, 0.0f);
  }
}

}  // namespace
}  // namespace dlpu::ops_relu_test

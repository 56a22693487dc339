/// FullyConnected: shape rule and constant evaluation, the oracle and the dispatched kernel against LiteRT's results.

#include "dlpu/ops/fully_connected.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dlpu/kernels/reference/fully_connected.hpp"
#include "support/expect_values.hpp"
#include "support/golden.hpp"
#include "support/weighted.hpp"

namespace dlpu::ops_fully_connected_test {
namespace {

constexpr Inferred infer(const op::FullyConnected& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}
constexpr Shape output(const op::FullyConnected& op, const Shape& input) {
  return infer(op, input).outputs[0].shape;
}

static_assert(output({.units = 5}, {2, 3, 4}) == Shape{2, 5});
static_assert(output({.units = 5, .inputs = 4}, {2, 3, 4}) == Shape{6, 5});
static_assert(output({.units = 5, .keep_dimensions = 1}, {2, 3, 4}) == Shape{2, 3, 5});
static_assert(output({.units = 5}, {4}) == Shape{1, 5});
static_assert(infer({}, {2, 3}).problem == &op::FullyConnected::NeedsUnits::rule);
static_assert(infer({.units = 5}, {}).problem == &op::FullyConnected::NeedsRows::rule);
static_assert(infer({.units = 5}, {2, 0}).problem == &op::FullyConnected::NeedsRows::rule);
static_assert(infer({.units = 5, .inputs = 5}, {2, 3}).problem == &op::FullyConnected::RowsFit::rule);
static_assert(infer({.units = 5, .keep_dimensions = 1, .inputs = 6}, {2, 3}).problem ==
              &op::FullyConnected::RowsFit::rule);
static_assert(op::FullyConnected{.units = 5}.filter_shape({2, 3, 4}) == Shape{5, 12});
static_assert(op::FullyConnected{.units = 5}.geometry({2, 3, 4}).pointwise());

// [1 2; 3 4] times the rows (5 6), (7 8), (9 10), and a bias.
static_assert([] {
  constexpr WindowGeometry g = op::FullyConnected{.units = 3}.geometry({2, 2});
  const std::array<float, 4> input{1, 2, 3, 4};
  const std::array<float, 6> filter{5, 6, 7, 8, 9, 10};
  const std::array<float, 3> bias{0, 1, 2};
  std::array<float, 6> result{};
  reference::fully_connected(g, input.data(), filter.data(), bias.data(), {0.0f, 60.0f}, result.data());
  return result == std::array<float, 6>{17, 24, 31, 39, 54, 60};
}());

// The same in int8, times one half, halves away from zero: 17 / 2 to 9, 24 / 2, 31 / 2 to 16, ...
static_assert([] {
  using R = rounding::Double;
  constexpr WindowGeometry g = op::FullyConnected{.units = 3}.geometry({2, 2});
  const std::array<std::int8_t, 4> input{2, 3, 4, 5};
  const std::array<std::int8_t, 6> filter{5, 6, 7, 8, 9, 10};
  const std::array<std::int32_t, 3> bias{0, 1, 2};
  const std::array multipliers{R::multiplier(0.5)};
  std::array<std::int8_t, 6> result{};
  reference::fully_connected<std::int8_t, R>(g, input.data(), 1, filter.data(), 0, bias.data(),
                                             {multipliers, 100, {-128, 127}}, result.data());
  return result == std::array<std::int8_t, 6>{109, 112, 116, 120, 127, 127};
}());

static_assert(std::is_same_v<kernels::FullyConnectedRounding<rounding::Reference>, rounding::Double>);
static_assert(std::is_same_v<kernels::FullyConnectedRounding<rounding::Float>, rounding::Float>);

op::FullyConnected from(const golden::Case& c) {
  const Shape& filter = c.shape("filter");
  return {.units = filter[0],
          .activation = static_cast<Activation>(c.option(0)),
          .keep_dimensions = c.option(1),
          .inputs = filter[1]};
}

template <class Storage>
void expect_quantized_cases() {
  for (const golden::Case& c : golden::cases("fully_connected", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const op::FullyConnected op = from(c);
    ASSERT_EQ(output(op, c.shape("input_0")), c.shape("output_0"));
    const WindowGeometry g = op.geometry(c.shape("input_0"));
    const auto expected = c.values<Storage>("output_0");

    const kernels::ConvolutionQuantization q = golden::convolution_quantization(c, op.activation);
    const golden::OracleRequantization<rounding::Double> oracle(
        q, activation_range<Storage>(op.activation, q.output),
        [&](std::size_t i) { return channel_multiplier(q.input.scale, q.filter_scales[i], q.output.scale); });
    std::vector<Storage> result(g.output_elements());
    const auto bias = c.values_or_empty<SumOf<Storage>>("bias");
    reference::fully_connected(g, c.values<Storage>("input_0").data(), q.input.zero_point,
                               c.values<FilterOf<Storage>>("filter").data(), q.filter_zero_point,
                               bias.empty() ? nullptr : bias.data(), oracle.requantization, result.data());
    golden::expect_values(expected, result);

    using PerChannelKernel = kernels::FullyConnected<Storage, BasicPerChannel<0, rounding::Reference, Storage>>;
    using PerTensorKernel = kernels::FullyConnected<Storage, BasicPerTensor<rounding::Reference, Storage>>;
    golden::expect_values(expected, golden::run_quantized<PerChannelKernel, Storage>(c, g, op.activation));
    if (q.filter_scales.size() != 1) continue;
    golden::expect_values(expected, golden::run_quantized<PerTensorKernel, Storage>(c, g, op.activation));
  }
}

TEST(FullyConnected, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(FullyConnected, Uint8WithFilterZeroPointsEqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}
TEST(FullyConnected, Int16EqualsLiteRT) {
  expect_quantized_cases<std::int16_t>();
}

TEST(FullyConnected, FloatIsCloseToLiteRT) {
  for (const golden::Case& c : golden::cases("fully_connected", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const op::FullyConnected op = from(c);
    ASSERT_EQ(output(op, c.shape("input_0")), c.shape("output_0"));
    const WindowGeometry g = op.geometry(c.shape("input_0"));
    const auto result = golden::run_float<kernels::FullyConnected<float, Unquantized>>(c, g, op.activation);
    golden::expect_values(c.values<float>("output_0"), result, 1e-5f, 1.0f);
  }
}

/// The inputs of a row that the operator derives are those of the golden files' filters.
TEST(FullyConnected, RowsAreDerivedFromTheInput) {
  for (const golden::Case& c : golden::cases("fully_connected")) {
    SCOPED_TRACE(c.name());
    op::FullyConnected op = from(c);
    op.inputs = 0;
    EXPECT_EQ(op.filter_shape(c.shape("input_0")), c.shape("filter"));
  }
}

}  // namespace
}  // namespace dlpu::ops_fully_connected_test

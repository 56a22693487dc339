/// DepthwiseConv2D: shape rule and constant evaluation, the oracle and the dispatched kernel against LiteRT's results.

#include "dlpu/ops/depthwise_conv2d.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"
#include "support/weighted.hpp"

namespace dlpu::ops_depthwise_conv2d_test {
namespace {

constexpr Inferred infer(const op::DepthwiseConv2d& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}
constexpr Shape output(const op::DepthwiseConv2d& op, const Shape& input) {
  return infer(op, input).outputs[0].shape;
}

constexpr Shape image{1, 5, 6, 3};
static_assert(output({.kernel = 3}, image) == image);
static_assert(output({.multiplier = 2, .kernel = 3, .stride = 2}, image) == Shape{1, 3, 3, 6});
static_assert(output({.kernel = 3, .padding = Padding::valid}, image) == Shape{1, 3, 4, 3});
static_assert(infer({.multiplier = 0, .kernel = 3}, image).problem == &op::DepthwiseConv2d::NeedsMultiplier::rule);
static_assert(infer({.kernel = 0}, image).problem == &op::DepthwiseConv2d::NeedsKernel::rule);
static_assert(infer({.kernel = 3, .dilation = 0}, image).problem == &op::DepthwiseConv2d::NeedsStride::rule);
static_assert(infer({.kernel = 3}, {5, 6, 3}).problem == &op::DepthwiseConv2d::NeedsImage::rule);
static_assert(infer({.kernel = 7, .padding = Padding::valid}, image).problem ==
              &op::DepthwiseConv2d::KernelFits::rule);
static_assert(op::DepthwiseConv2d{.multiplier = 2, .kernel = {2, 3}}.filter_shape(image) == Shape{1, 2, 3, 6});

// Two columns of two channels, a filter of two taps and two output channels per input channel:
// channel 0: 1 * 1 + 3 * 5 and 1 * 2 + 3 * 6, channel 1: 2 * 3 + 4 * 7 and 2 * 4 + 4 * 8.
static_assert([] {
  constexpr WindowGeometry g{1, 1, 2, 2, 1, 1, 4, {1, 2}};
  const std::array<float, 4> input{1, 2, 3, 4};
  const std::array<float, 8> filter{1, 2, 3, 4, 5, 6, 7, 8};
  std::array<float, 4> result{};
  reference::depthwise_conv2d(g, input.data(), filter.data(), nullptr, {0.0f, 100.0f}, result.data());
  return result == std::array<float, 4>{16, 20, 34, 40};
}());

// The same in int8 with zero points, a bias, and one multiplier per channel.
static_assert([] {
  using R = rounding::Reference;
  constexpr WindowGeometry g{1, 1, 2, 2, 1, 1, 4, {1, 2}};
  const std::array<std::int8_t, 4> input{11, 12, 13, 14};
  const std::array<std::int8_t, 8> filter{1, 2, 3, 4, 5, 6, 7, 8};
  const std::array<std::int32_t, 4> bias{0, 1, 0, -400};
  const std::array multipliers{R::multiplier(1.0), R::multiplier(0.5), R::multiplier(4.0), R::multiplier(1.0)};
  std::array<std::int8_t, 4> result{};
  reference::depthwise_conv2d<std::int8_t, R>(g, input.data(), 10, filter.data(), 0, bias.data(),
                                              {multipliers, -1, {-128, 127}}, result.data());
  return result == std::array<std::int8_t, 4>{15, 10, 127, -128};
}());

op::DepthwiseConv2d from(const golden::Case& c) {
  const Shape& filter = c.shape("filter");
  return {.multiplier = c.option(6),
          .kernel = {filter[1], filter[2]},
          .stride = {c.option(0), c.option(1)},
          .dilation = {c.option(2), c.option(3)},
          .padding = golden::padding(c.option(4)),
          .activation = static_cast<Activation>(c.option(5))};
}

template <class Storage>
void expect_quantized_cases() {
  for (const golden::Case& c : golden::cases("depthwise_conv2d", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const op::DepthwiseConv2d op = from(c);
    ASSERT_EQ(output(op, c.shape("input_0")), c.shape("output_0"));
    ASSERT_EQ(op.filter_shape(c.shape("input_0")), c.shape("filter"));
    const WindowGeometry g = op.geometry(c.shape("input_0"));
    const auto expected = c.values<Storage>("output_0");

    const kernels::ConvolutionQuantization q = golden::convolution_quantization(c, op.activation);
    const golden::OracleRequantization<rounding::Reference> oracle(
        q, activation_range<Storage>(op.activation, q.output),
        [&](std::size_t i) { return kernels::convolution_multiplier<Storage>(q, i); });
    std::vector<Storage> result(g.output_elements());
    const auto bias = c.values_or_empty<SumOf<Storage>>("bias");
    reference::depthwise_conv2d(g, c.values<Storage>("input_0").data(), q.input.zero_point,
                                c.values<FilterOf<Storage>>("filter").data(), q.filter_zero_point,
                                bias.empty() ? nullptr : bias.data(), oracle.requantization, result.data());
    golden::expect_values(expected, result);

    using PerChannelKernel = kernels::DepthwiseConv2d<Storage, BasicPerChannel<3, rounding::Reference, Storage>>;
    using PerTensorKernel = kernels::DepthwiseConv2d<Storage, BasicPerTensor<rounding::Reference, Storage>>;
    golden::expect_values(expected, golden::run_quantized<PerChannelKernel, Storage>(c, g, op.activation));
    if (q.filter_scales.size() != 1) continue;
    golden::expect_values(expected, golden::run_quantized<PerTensorKernel, Storage>(c, g, op.activation));
  }
}

TEST(DepthwiseConv2d, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(DepthwiseConv2d, Uint8WithFilterZeroPointsEqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}
TEST(DepthwiseConv2d, Int16EqualsLiteRT) {
  expect_quantized_cases<std::int16_t>();
}

TEST(DepthwiseConv2d, FloatIsCloseToLiteRT) {
  for (const golden::Case& c : golden::cases("depthwise_conv2d", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const op::DepthwiseConv2d op = from(c);
    ASSERT_EQ(output(op, c.shape("input_0")), c.shape("output_0"));
    const WindowGeometry g = op.geometry(c.shape("input_0"));
    const auto result = golden::run_float<kernels::DepthwiseConv2d<float, Unquantized>>(c, g, op.activation);
    golden::expect_values(c.values<float>("output_0"), result, 1e-5f, 1.0f);
  }
}

}  // namespace
}  // namespace dlpu::ops_depthwise_conv2d_test

/// Conv2D: shape rule and constant evaluation, the oracle and the dispatched kernel against LiteRT's results.

#include "dlpu/ops/conv2d.hpp"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "support/expect_values.hpp"
#include "support/golden.hpp"
#include "support/weighted.hpp"

namespace dlpu::ops_conv2d_test {
namespace {

constexpr Inferred infer(const op::Conv2d& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}
constexpr Shape output(const op::Conv2d& op, const Shape& input) {
  return infer(op, input).outputs[0].shape;
}

constexpr Shape image{1, 5, 6, 3};
static_assert(output({.filters = 8, .kernel = 3}, image) == Shape{1, 5, 6, 8});
static_assert(output({.filters = 8, .kernel = 3, .stride = 2}, image) == Shape{1, 3, 3, 8});
static_assert(output({.filters = 8, .kernel = 3, .padding = Padding::valid}, image) == Shape{1, 3, 4, 8});
static_assert(output({.filters = 8, .kernel = 3, .dilation = 2, .padding = Padding::valid}, image) ==
              Shape{1, 1, 2, 8});
static_assert(output({.filters = 8, .kernel = {1, 3}, .padding = Padding::sides(1, 0, 2, 1)}, image) ==
              Shape{1, 6, 7, 8});
static_assert(infer({.kernel = 3}, image).problem == &op::Conv2d::NeedsFilters::rule);
static_assert(infer({.filters = 8, .kernel = 0}, image).problem == &op::Conv2d::NeedsKernel::rule);
static_assert(infer({.filters = 8, .kernel = 3, .stride = 0}, image).problem == &op::Conv2d::NeedsStride::rule);
static_assert(infer({.filters = 8, .kernel = 3}, {5, 6, 3}).problem == &op::Conv2d::NeedsImage::rule);
static_assert(infer({.filters = 8, .kernel = 7, .padding = Padding::valid}, image).problem ==
              &op::Conv2d::KernelFits::rule);
static_assert(op::Conv2d{.filters = 8, .kernel = {2, 3}}.filter_shape(image) == Shape{8, 2, 3, 3});

// 1 2 3     1 0
// 4 5 6  *  0 2  + 1, valid: 1 * 1 + 2 * 5 + 1 = 12 and so on.
// 7 8 9
static_assert([] {
  constexpr WindowGeometry g{1, 3, 3, 1, 2, 2, 1, 2};
  const std::array<float, 9> input{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::array<float, 4> filter{1, 0, 0, 2};
  const float bias = 1.0f;
  std::array<float, 4> result{};
  reference::conv2d(g, input.data(), filter.data(), &bias, {0.0f, 20.0f}, result.data());
  return result == std::array<float, 4>{12, 15, 20, 20};
}());

// The same in int8 with zero points and a multiplier of one half: 12 / 2 = 6, 15 / 2 = 7.5 to 8, 21 / 2 to 11, 12.
static_assert([] {
  constexpr WindowGeometry g{1, 3, 3, 1, 2, 2, 1, 2};
  const std::array<std::int8_t, 9> input{-2, -1, 0, 1, 2, 3, 4, 5, 6};
  const std::array<std::int8_t, 4> filter{1, 0, 0, 2};
  const std::int32_t bias = 1;
  const std::array multipliers{rounding::Reference::multiplier(0.5)};
  std::array<std::int8_t, 4> result{};
  reference::conv2d<std::int8_t, rounding::Reference>(g, input.data(), -3, filter.data(), 0, &bias,
                                                      {multipliers, 5, {-128, 127}}, result.data());
  return result == std::array<std::int8_t, 4>{11, 13, 16, 17};
}());

op::Conv2d from(const golden::Case& c) {
  const Shape& filter = c.shape("filter");
  return {.filters = filter[0],
          .kernel = {filter[1], filter[2]},
          .stride = {c.option(0), c.option(1)},
          .dilation = {c.option(2), c.option(3)},
          .padding = golden::padding(c.option(4)),
          .activation = static_cast<Activation>(c.option(5))};
}

template <class Storage>
void expect_quantized_cases() {
  for (const golden::Case& c : golden::cases("conv2d", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const op::Conv2d op = from(c);
    ASSERT_EQ(output(op, c.shape("input_0")), c.shape("output_0"));
    const WindowGeometry g = op.geometry(c.shape("input_0"));
    const auto expected = c.values<Storage>("output_0");

    const kernels::ConvolutionQuantization q = golden::convolution_quantization(c, op.activation);
    const golden::OracleRequantization<rounding::Reference> oracle(
        q, activation_range<Storage>(op.activation, q.output),
        [&](std::size_t i) { return kernels::convolution_multiplier<Storage>(q, i); });
    std::vector<Storage> result(g.output_elements());
    const auto bias = c.values_or_empty<SumOf<Storage>>("bias");
    reference::conv2d(g, c.values<Storage>("input_0").data(), q.input.zero_point,
                      c.values<FilterOf<Storage>>("filter").data(), q.filter_zero_point,
                      bias.empty() ? nullptr : bias.data(), oracle.requantization, result.data());
    golden::expect_values(expected, result);

    using PerChannelKernel = kernels::Conv2d<Storage, BasicPerChannel<0, rounding::Reference, Storage>>;
    using PerTensorKernel = kernels::Conv2d<Storage, BasicPerTensor<rounding::Reference, Storage>>;
    golden::expect_values(expected, golden::run_quantized<PerChannelKernel, Storage>(c, g, op.activation));
    if (q.filter_scales.size() != 1) continue;
    golden::expect_values(expected, golden::run_quantized<PerTensorKernel, Storage>(c, g, op.activation));
  }
}

TEST(Conv2d, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(Conv2d, Uint8WithFilterZeroPointsEqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}
TEST(Conv2d, Int16EqualsLiteRT) {
  expect_quantized_cases<std::int16_t>();
}

TEST(Conv2d, FloatIsCloseToLiteRT) {
  for (const golden::Case& c : golden::cases("conv2d", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const op::Conv2d op = from(c);
    ASSERT_EQ(output(op, c.shape("input_0")), c.shape("output_0"));
    const WindowGeometry g = op.geometry(c.shape("input_0"));
    const auto result = golden::run_float<kernels::Conv2d<float, Unquantized>>(c, g, op.activation);
    golden::expect_values(c.values<float>("output_0"), result, 1e-5f, 1.0f);
  }
}

TEST(Conv2d, AbsentBiasIsZero) {
  const WindowGeometry g = op::Conv2d{.filters = 1, .kernel = 1}.geometry({1, 1, 2, 2});
  using Kernel = kernels::Conv2d<std::int8_t, PerTensor>;
  const std::array<std::int8_t, 4> input{1, 2, -3, 4};
  const std::array<std::int8_t, 2> filter{5, 6};
  const float scale = 1.0f;
  const kernels::ConvolutionQuantization q{{1.0f, 0}, {1.0f, 0}, {&scale, 1}};
  const auto result =
      golden::run_packed<Kernel>(g, std::span<const std::int8_t>(input), std::span<const std::int8_t>(filter),
                                 std::span<const std::int32_t>(), q);
  EXPECT_EQ(result, (std::vector<std::int8_t>{17, 9}));
}

}  // namespace
}  // namespace dlpu::ops_conv2d_test

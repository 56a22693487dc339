/// From float networks to quantized ones: batch-norm folding, calibration, scales.

#include "dlpu/quantize/quantize.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "dlpu/graph/blocks.hpp"
#include "support/networks.hpp"

namespace quantize_test {
namespace {

using namespace dlpu;
using quantize::Ranges;
constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(QuantizeBatchNorm, FoldsAsInDoubleArithmetic) {
  networks::Uniform uniform(1);
  struct Case {
    Shape shape;
    int axis;
  };
  for (const Case& c : {Case{{5, 3, 2, 4}, 0}, Case{{1, 3, 3, 6}, 3}, Case{{7, 9}, 0}}) {
    const auto channels = static_cast<std::size_t>(c.shape[c.axis]);
    const auto elements = static_cast<std::size_t>(c.shape.elements());
    std::vector<float> gamma(channels), beta(channels), mean(channels), variance(channels), filter(elements),
        bias(channels);
    for (std::vector<float>* values : {&gamma, &beta, &mean, &filter, &bias}) {
      for (float& value : *values) value = uniform(-2.0f, 2.0f);
    }
    for (float& value : variance) value = uniform(0.0f, 3.0f);
    constexpr float epsilon = 1e-3f;
    const auto factor = [&](std::size_t channel) {
      return double{gamma[channel]} / std::sqrt(double{variance[channel]} + double{epsilon});
    };
    std::vector<float> expected_filter, expected_bias;
    const std::size_t inner = c.axis == 0 ? elements / channels : 1;
    for (std::size_t i = 0; i < elements; ++i) {
      expected_filter.push_back(static_cast<float>(double{filter[i]} * factor(i / inner % channels)));
    }
    for (std::size_t i = 0; i < channels; ++i) {
      expected_bias.push_back(static_cast<float>((double{bias[i]} - double{mean[i]}) * factor(i) + double{beta[i]}));
    }
    quantize::fold({gamma, beta, mean, variance, epsilon}, c.shape, c.axis, filter, bias);
    EXPECT_EQ(filter, expected_filter);
    EXPECT_EQ(bias, expected_bias);
  }
}

struct Tiny {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 4, 4, 2});
    x = g.conv2d(x, {.filters = 3, .kernel = 3, .activation = Activation::relu}, "first");
    x = g.depthwise_conv2d(x, {.kernel = 3}, "second");
    return g.softmax(g.fully_connected(g.mean(x), {.units = 2}, "third"));
  }
};
struct TwoInputs {
  static constexpr auto build(auto& g) { return g.add(g.input({1, 2}, "a"), g.input({1, 2}, "b")); }
};
struct Clipped {
  static constexpr auto build(auto& g) { return g.relu6(g.input({1, 4})); }
};
Result<Program> real_program(const Graph& graph, std::uint32_t seed = 1) {
  return Program::create<Unquantized>(graph, networks::random_weights(graph.view(), seed));
}

TEST(QuantizeCalibration, ReportsWhatItCannotUse) {
  Result<Program> program = real_program(build_graph<Tiny>());
  ASSERT_TRUE(program);
  const auto error = [&](std::vector<float> samples) { return quantize::observe_ranges(*program, samples).error(); };
  const auto with = [](std::size_t index, float value) {
    std::vector<float> samples(64, 0.5f);
    samples[index] = value;
    return samples;
  };
  EXPECT_NE(error({}).find("no samples"), std::string::npos);
  EXPECT_NE(error(std::vector<float>(33)).find("33 values"), std::string::npos);
  EXPECT_NE(error(std::vector<float>(31)).find("[1, 4, 4, 2]"), std::string::npos);
  EXPECT_NE(error(with(3, std::nanf(""))).find("sample 0 makes input NaN"), std::string::npos);
  EXPECT_NE(error(with(40, infinity)).find("sample 1 makes input NaN"), std::string::npos);
  EXPECT_NE(error(with(40, -infinity)).find("sample 1"), std::string::npos);
  std::vector<float> huge(64, 0.5f);  // finite, but the sums are not
  std::fill(huge.begin() + 32, huge.end(), 3e38f);
  EXPECT_NE(error(huge).find("sample 1 makes first NaN or infinite"), std::string::npos) << error(huge);
  EXPECT_EQ(error(std::vector<float>(64, 0.5f)), "");

  Result<Program> two = Program::create<Unquantized>(build_graph<TwoInputs>(), Parameters(3));
  ASSERT_TRUE(two);
  EXPECT_NE(quantize::observe_ranges(*two, std::vector<float>(4)).error().find("several inputs"), std::string::npos);
}

TEST(QuantizeCalibration, FindsTheExtremesOverAllSamples) {
  Result<Program> program = Program::create<Unquantized>(build_graph<Clipped>(), Parameters(2));
  ASSERT_TRUE(program);
  const std::vector<float> samples{-1, 2, 3, 0, 5, 9, -7, 1};
  const auto ranges = quantize::observe_ranges(*program, samples);
  ASSERT_TRUE(ranges) << ranges.error();
  EXPECT_EQ((*ranges)[0], (Range<float>{-7, 9}));
  EXPECT_EQ((*ranges)[1], (Range<float>{0, 6}));
}

TEST(QuantizeCalibration, TensorsThatShareAScaleShareARange) {
  Builder g;
  const Value a = g.relu(g.input({1, 2, 2, 2}, "a")), b = g.relu(g.input({1, 2, 2, 2}, "b"));
  const Value joined = g.concatenation({a, b}, {});
  const Value pooled = g.max_pool2d(joined, {.kernel = 2});
  const std::array outputs{g.relu(g.reshape(pooled, {{4}}))};
  const Graph graph = std::move(g).finish(outputs);
  ASSERT_EQ(graph.problem, nullptr);
  const auto at = [](Value value) { return static_cast<std::size_t>(value.tensor); };
  Ranges ranges(graph.tensors.size(), {0.0f, 1.0f});
  ranges[at(a)] = {-3.0f, 1.0f};
  ranges[at(b)] = {0.0f, 2.0f};
  ranges[at(pooled)] = {0.5f, 4.0f};
  quantize::detail::join_ranges(graph.view(), ranges);
  const Range<float> whole{-3.0f, 4.0f};
  EXPECT_EQ(ranges[at(a)], whole);
  EXPECT_EQ(ranges[at(b)], whole);
  EXPECT_EQ(ranges[at(joined)], whole);
  EXPECT_EQ(ranges[at(pooled)], whole);
  EXPECT_EQ(ranges[at(pooled) + 1], whole);  // reshaped
  EXPECT_EQ(ranges[0], (Range<float>{0.0f, 1.0f}));
  EXPECT_EQ(ranges[at(outputs[0])], (Range<float>{0.0f, 1.0f}));
}

TEST(QuantizeNetwork, WhatJoinsOutputsOfAFixedScaleTakesItOver) {
  Builder g;
  const Value x = g.input({1, 2, 2, 2});
  const std::array outputs{g.reshape(g.concatenation({g.logistic(x), g.softmax(x)}, {.axis = 3}), {{1, 16}})};
  const Graph graph = std::move(g).finish(outputs);
  ASSERT_EQ(graph.problem, nullptr);
  const auto quantized = quantize::quantize_network<PerTensor>(graph.view(), Parameters(graph.tensors.size()),
                                                               Ranges(graph.tensors.size(), {0.0f, 0.9f}));
  ASSERT_TRUE(quantized) << quantized.error();
  for (std::int32_t tensor = 1; tensor < static_cast<std::int32_t>(graph.tensors.size()); ++tensor) {
    EXPECT_EQ((*quantized)[tensor].quantization, op::Softmax::fixed_output<std::int8_t>()) << tensor;
  }
}

/// Every stored number is within half a step of the real one.
template <class Policy>
void expect_accurate() {
  using Storage = typename Policy::Storage;
  const Graph graph = build_graph<Tiny>();
  const GraphView view = graph.view();
  const Parameters weights = networks::random_weights(view);
  const auto samples = networks::random_samples(view, 4);
  const auto result = quantize::quantize_network<Policy>(graph, weights, samples);
  ASSERT_TRUE(result) << result.error();
  Result<Program> program = real_program(graph);
  const auto ranges = quantize::observe_ranges(*program, samples);
  for (const Node& node : view.nodes) {
    if (node.inputs.count != 3) continue;
    SCOPED_TRACE(to_string(node.name));
    const auto inputs = view.inputs_of(node);
    const TensorData& filter = (*result)[inputs[1]];
    const auto real = weights[inputs[1]].as<float>(), real_bias = weights[inputs[2]].as<float>();
    const auto stored = filter.template as<FilterOf<Storage>>();
    const auto bias = (*result)[inputs[2]].template as<SumOf<Storage>>();
    const Shape& shape = view.tensor(inputs[1]).type.shape;
    const int axis = node.op.is<op::DepthwiseConv2d>() ? 3 : 0;
    ASSERT_EQ(filter.scales.size(), Policy::per_channel ? bias.size() : 1u);
    ASSERT_EQ(stored.size(), real.size());
    std::vector<int> largest(filter.scales.size());
    for (std::size_t i = 0; i < stored.size(); ++i) {
      const std::size_t channel = Policy::per_channel ? quantize::filter_channel(shape, axis, i) : 0;
      const float scale = filter.scales[channel];
      const int whole = stored[i] - filter.quantization.zero_point;
      EXPECT_LE(std::abs(scale * static_cast<float>(whole) - real[i]), 0.5001f * scale);
      largest[channel] = std::max(largest[channel], std::abs(whole));
    }
    constexpr bool power_of_two = std::is_same_v<typename Policy::Rounding, rounding::Shift>;
    for (const int magnitude : largest) {  // the range is used; a power of two wastes less than half
      EXPECT_GE(magnitude, power_of_two ? 64 : 127);
      EXPECT_LE(magnitude, 127);
    }
    for (std::size_t c = 0; c < bias.size(); ++c) {
      const double scale =
          double{(*result)[inputs[0]].quantization.scale} * double{filter.scales[Policy::per_channel ? c : 0]};
      EXPECT_LE(std::abs(scale * static_cast<double>(bias[c]) - double{real_bias[c]}), 0.5001 * scale);
    }
  }
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {  // activations hold their range, zero exactly
    const TensorInfo& info = graph.tensors[t];
    if (info.role != TensorRole::input && info.role != TensorRole::activation) continue;
    const Quantization q = (*result)[static_cast<std::int32_t>(t)].quantization;
    const Range<float> range = (*ranges)[t];
    constexpr std::int32_t low = std::numeric_limits<Storage>::min(), high = std::numeric_limits<Storage>::max();
    EXPECT_LE(q.scale * static_cast<float>(low - q.zero_point), range.low + 0.5f * q.scale);
    EXPECT_GE(q.scale * static_cast<float>(high - q.zero_point), range.high - 1.0001f * q.scale);
    EXPECT_TRUE(q.zero_point >= low && q.zero_point <= high);
  }
  EXPECT_EQ((*result)[graph.outputs[0]].quantization, op::Softmax::fixed_output<Storage>());
}
TEST(QuantizeNetwork, IsWithinHalfAStep) {
  expect_accurate<PerTensor>();
  expect_accurate<PerChannel>();
  expect_accurate<PowerOfTwo>();
  expect_accurate<PowerOfTwo16>();
  expect_accurate<BasicPerTensor<rounding::Reference, std::uint8_t>>();
  expect_accurate<BasicPerTensor<rounding::Float>>();
  expect_accurate<BasicPerChannel<0, rounding::Single>>();
}
template <class Policy>
void expect_powers_of_two() {
  const Graph graph = build_graph<Tiny>();
  const Parameters parameters = networks::parameters_for<Policy>(graph);
  for (const TensorData& data : parameters.tensors()) {
    int exponent = 0;
    EXPECT_EQ(std::frexp(data.quantization.scale, &exponent), 0.5f);
    for (const float scale : data.scales) EXPECT_EQ(std::frexp(scale, &exponent), 0.5f);
  }
}
TEST(QuantizeNetwork, PowersOfTwoAreExact) {
  expect_powers_of_two<PowerOfTwo>();
  expect_powers_of_two<PowerOfTwo16>();
}

struct One {
  static constexpr auto build(auto& g) { return g.conv2d(g.input({1, 2, 2, 1}), {.filters = 2, .kernel = 1}); }
};
/// `One` with a filter of one number per channel, its input in [-1, 1].
template <class Policy>
Parameters quantized_one(std::array<float, 2> filter, std::array<float, 2> bias) {
  const Graph graph = build_graph<One>();
  Parameters weights(graph.tensors.size());
  weights[2].data = std::as_bytes(std::span(filter));
  weights[3].data = std::as_bytes(std::span(bias));
  auto result = quantize::quantize_network<Policy>(graph.view(), weights, Ranges(4, {-1.0f, 1.0f}));
  EXPECT_TRUE(result) << result.error();
  return *std::move(result);
}
TEST(QuantizeNetwork, AChannelOfZerosHasTheLayersScale) {
  const Parameters parameters = quantized_one<PerChannel>({0.0f, 2.54f}, {0.0f, 0.1f});
  ASSERT_EQ(parameters[2].scales.size(), 2u);
  EXPECT_EQ(parameters[2].scales[0], parameters[2].scales[1]);
  EXPECT_EQ(parameters[2].as<std::int8_t>()[0], 0);
  EXPECT_EQ(parameters[2].as<std::int8_t>()[1], 127);
}
template <class Policy>
void expect_all_zeros_quantize() {
  const Parameters parameters = quantized_one<Policy>({0.0f, 0.0f}, {0.0f, 0.5f});
  for (const float scale : parameters[2].scales) EXPECT_TRUE(scale > 0.0f && scale < infinity) << scale;
  const auto filter = parameters[2].template as<FilterOf<typename Policy::Storage>>();
  EXPECT_EQ(filter[0], parameters[2].quantization.zero_point);
  EXPECT_EQ(filter[1], parameters[2].quantization.zero_point);
  const double scale = double{parameters[0].quantization.scale} * double{parameters[2].scales.back()};
  const auto bias = parameters[3].template as<SumOf<typename Policy::Storage>>();
  EXPECT_NEAR(static_cast<double>(bias[1]) * scale, 0.5, 0.5 * scale + 1e-9);
}
TEST(QuantizeNetwork, AFilterOfZerosQuantizes) {
  expect_all_zeros_quantize<PerTensor>();
  expect_all_zeros_quantize<PerChannel>();
  expect_all_zeros_quantize<PowerOfTwo>();
  expect_all_zeros_quantize<PowerOfTwo16>();
  expect_all_zeros_quantize<BasicPerTensor<rounding::Reference, std::uint8_t>>();
}
template <class Policy>
void expect_huge_bias_fits() {
  const Parameters parameters = quantized_one<Policy>({1e-6f, 1.0f}, {3e4f, -1.0f});
  const auto bias = parameters[3].template as<SumOf<typename Policy::Storage>>();
  const std::size_t second = Policy::per_channel ? 1 : 0;
  const double input = parameters[0].quantization.scale;
  EXPECT_NEAR(static_cast<double>(bias[0]) * input * double{parameters[2].scales[0]}, 3e4, 1.0);
  EXPECT_NEAR(static_cast<double>(bias[1]) * input * double{parameters[2].scales[second]}, -1.0, 0.01);
  EXPECT_LE(static_cast<double>(std::abs(bias[0])), sizeof(bias[0]) == 4 ? 1.001 * 0x1p30 : 1.001 * 0x1p46);
}
TEST(QuantizeNetwork, AHugeBiasGrowsTheScale) {
  expect_huge_bias_fits<PerTensor>();
  expect_huge_bias_fits<PerChannel>();
  expect_huge_bias_fits<PowerOfTwo>();
  expect_huge_bias_fits<PowerOfTwo16>();
  expect_huge_bias_fits<BasicPerTensor<rounding::Reference, std::uint8_t>>();
}

TEST(QuantizeNetwork, RefusesIncompleteRanges) {
  const Graph graph = build_graph<Tiny>();
  const Parameters weights = networks::random_weights(graph.view());
  EXPECT_NE(quantize::quantize_network<PerTensor>(graph.view(), weights, Ranges(2)).error(), "");
  EXPECT_NE(quantize::quantize_network<PerTensor>(graph.view(), Parameters(1), Ranges(graph.tensors.size())).error(),
            "");
  Ranges ranges(graph.tensors.size(), {-1.0f, 1.0f});
  ranges[static_cast<std::size_t>(graph.outputs[0])] = {infinity, -infinity};
  const std::string error = quantize::quantize_network<PerTensor>(graph.view(), weights, ranges).error();
  EXPECT_NE(error.find("softmax_0"), std::string::npos) << error;
}

}  // namespace
}  // namespace quantize_test

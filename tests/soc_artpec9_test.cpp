#include <gtest/gtest.h>

#include "dlpu/soc/artpec9.hpp"
#include "soc_test.hpp"

namespace soc_artpec9_test {
namespace {

using namespace dlpu;
using namespace soc_test;
using soc::Artpec9;
namespace rule = dlpu::soc::rule;

static_assert(SocTarget<Artpec9>);

constexpr Told conv(Shape input, op::Conv2d op) {
  return last_of<Artpec9>([&](auto& g) { return g.conv2d(g.input(input), op); });
}
constexpr Told depthwise(op::DepthwiseConv2d op) {
  return last_of<Artpec9>([&](auto& g) { return g.depthwise_conv2d(g.input({1, 16, 16, 16}), op); });
}
constexpr Told average_pool(Shape input, op::AveragePool2d op) {
  return last_of<Artpec9>([&](auto& g) { return g.average_pool2d(g.input(input), op); });
}
constexpr Told max_pool(Shape input, op::MaxPool2d op) {
  return last_of<Artpec9>([&](auto& g) { return g.max_pool2d(g.input(input), op); });
}
constexpr Told mean(Shape input, op::Mean op = {}) {
  return last_of<Artpec9>([&](auto& g) { return g.mean(g.input(input), op); });
}
constexpr Told pad(op::Pad op) {
  return last_of<Artpec9>([&](auto& g) { return g.pad(g.input({1, 16, 16, 16}), op); });
}
constexpr Told concatenation(Shape a, Shape b, std::int32_t axis) {
  return last_of<Artpec9>([&](auto& g) { return g.concatenation({g.input(a), g.input(b)}, {.axis = axis}); });
}
constexpr Told relu_of(Shape input) {
  return last_of<Artpec9>([&](auto& g) { return g.relu(g.input(input)); });
}
template <class Policy>
constexpr Told relu_under = last_of<Artpec9, Policy>([](auto& g) {
  return g.relu(g.input({1, 8, 8, 16}));
});

/// One weighted operator whose input has the scale 1, its filter and its output these.
template <class Build>
constexpr Told scaled(float filter, float output, Build build) {
  const Graph graph = graph_from(build);
  const Node& node = graph.nodes.back();
  std::vector<Quantization> quantization(graph.tensors.size());
  quantization[static_cast<std::size_t>(graph.view().inputs_of(node)[1])].scale = filter;
  quantization[static_cast<std::size_t>(graph.view().outputs_of(node)[0])].scale = output;
  return last_in<Artpec9>(graph, quantization);
}
constexpr auto plain_conv = [](auto& g) { return g.conv2d(g.input({1, 8, 8, 16}), {.filters = 16, .kernel = 3}); };
constexpr auto plain_depthwise = [](auto& g) { return g.depthwise_conv2d(g.input({1, 8, 8, 16}), {.kernel = 3}); };
constexpr auto plain_transpose_conv = [](auto& g) {
  return g.transpose_conv(g.input({1, 8, 8, 16}), {.filters = 16, .kernel = 3, .stride = 2});
};
constexpr auto fully_connected = [](auto& g) { return g.fully_connected(g.input({1, 16}), {.units = 4}); };
constexpr Told scaled_concatenation(float first, float second, float output) {
  return last_with_scales<Artpec9>({first, second, output}, [](auto& g) {
    return g.concatenation({g.input({1, 8, 8, 16}), g.input({1, 8, 8, 16})}, {});
  });
}
constexpr Told scaled_pad(float input, float output) {
  return last_with_scales<Artpec9>({input, output}, [](auto& g) {
    return g.pad(g.input({1, 8, 8, 16}), {.before = {0, 1, 1}, .after = {0, 1, 1}});
  });
}
constexpr Told scaled_quantize(float input, float output) {
  return last_with_scales<Artpec9>({input, output}, [](auto& g) { return g.quantize(g.input({1, 8, 8, 16})); });
}
constexpr Told float_quantize = last_of<Artpec9>([](auto& g) {
  return g.quantize(g.dequantize(g.input({1, 8, 8, 16})));
});
constexpr Told requantize = last_of<Artpec9>([](auto& g) { return g.quantize(g.input({1, 8, 8, 16})); });
constexpr Told dequantize = last_of<Artpec9>([](auto& g) { return g.dequantize(g.input({1, 8, 8, 16})); });
constexpr Told hard_swish = last_of<Artpec9>([](auto& g) { return g.hard_swish(g.input({1, 10})); });
constexpr Told slice = last_of<Artpec9>([](auto& g) { return g.slice(g.input({1, 10}), {.size = {1, 4}}); });
constexpr Told strided_slice = last_of<Artpec9>([](auto& g) {
  return g.strided_slice(g.input({1, 10}), {.end = {0, 6}, .stride = {0, 2}});
});
constexpr Told sub = last_of<Artpec9>([](auto& g) { return g.sub(g.input({1, 10}), g.input({1, 10})); });
constexpr Told softmax = last_of<Artpec9>([](auto& g) { return g.softmax(g.input({1, 10})); });
constexpr Told add_same = last_of<Artpec9>([](auto& g) {
  return g.add(g.input({1, 8, 8, 16}), g.input({1, 8, 8, 16}));
});
constexpr Told add_broadcast = last_of<Artpec9>([](auto& g) {
  return g.add(g.input({1, 8, 8, 16}), g.input({1, 1, 1, 16}));
});
constexpr Told clamp = last_of<Artpec9>([](auto& g) {
  return g.clamp(g.input({1, 8, 8, 16}), {.low = 0.0f, .high = 1.0f});
});
constexpr Told relu_n1_to_1 = last_of<Artpec9>([](auto& g) { return g.relu_n1_to_1(g.input({1, 8, 8, 16})); });

constexpr Padding same = Padding::same, valid = Padding::valid;

constexpr Told split(std::int32_t channels, std::int32_t axis) {
  return last_of<Artpec9>([&](auto& g) {
    return g.split(g.input({1, 8, 8, channels}), {.axis = axis, .parts = 2})[1];
  });
}
constexpr Told depth_to_space(std::int32_t block) {
  return last_of<Artpec9>([&](auto& g) { return g.depth_to_space(g.input({1, 8, 8, 64}), {.block = block}); });
}
constexpr Told resize(Size2D size) {
  return last_of<Artpec9>([&](auto& g) { return g.resize_bilinear(g.input({1, 8, 9, 16}), {.size = size}); });
}
constexpr Told resize_nearest(Size2D size) {
  return last_of<Artpec9>([&](auto& g) { return g.resize_nearest_neighbor(g.input({1, 8, 9, 16}), {.size = size}); });
}
constexpr Told transpose_conv(op::TransposeConv op) {
  return last_of<Artpec9>([&](auto& g) { return g.transpose_conv(g.input({1, 8, 8, 16}), op); });
}
constexpr Told detections = last_of<Artpec9>([](auto& g) {
  const auto boxes = g.input({1, 6, 4}, "boxes"), scores = g.input({1, 6, 3}, "scores");
  return g.detection_post_process(boxes, scores, g.input({6, 4}, "anchors"), {.classes = 2, .max_detections = 3})[0];
});

/// A product of the first tensor with the second, which a file may hold as a constant.
constexpr Told mul(Shape factor, bool constant) {
  Builder g;
  const Value x = g.input({1, 8, 8, 16}), y = g.input(factor);
  const Value output = g.mul(x, y);
  Graph graph = std::move(g).finish({&output, 1});
  if (constant) graph.tensors[static_cast<std::size_t>(y.tensor)].role = TensorRole::constant;
  return last_in<Artpec9>(graph);
}
static_assert(mul({1}, true) == Check{});
static_assert(mul({1, 8, 8, 16}, true).rule == &rule::Artpec9MulConstant::rule);

constexpr Told leaky_relu(float alpha) {
  return last_of<Artpec9>([alpha](auto& g) { return g.leaky_relu(g.input({1, 8, 8, 16}), {alpha}); });
}
static_assert(leaky_relu(1.0f).rule == &rule::Artpec9LeakyReluSlope::rule);

/// The function with the output in a certain quantization.
template <class Function>
constexpr Told quantized_function(Function function, Quantization output) {
  const Graph graph = graph_from([function](auto& g) { return function(g, g.input({1, 8, 8, 16})); });
  const std::array<Quantization, 2> quantization{Quantization{0.1f, 3}, output};
  return last_in<Artpec9, PerTensor>(graph, quantization);
}
constexpr auto logistic = [](auto& g, auto x) { return g.logistic(x); };
constexpr auto tanh = [](auto& g, auto x) { return g.tanh(x); };

constexpr Case cases[] = {
    {rule::Artpec9MulConstant::rule, mul({1, 1, 1, 16}, true), mul({1, 1, 1, 16}, false)},
    {rule::Artpec9LeakyReluSlope::rule, leaky_relu(0.1f), leaky_relu(0.0f)},
    {rule::Artpec9LogisticScale::rule, quantized_function(logistic, {1.0f / 256.0f, -128}),
     quantized_function(logistic, {1.0f / 256.0f, 0})},
    {rule::Artpec9TanhScale::rule, quantized_function(tanh, {1.0f / 128.0f, 0}),
     quantized_function(tanh, {1.0f / 127.0f, 0})},
    {rule::Artpec9EightBit::rule, relu_under<PerChannel>, relu_under<Unquantized>},
    {rule::Artpec9FourDimensions::rule, relu_of({1, 8, 8, 16}), relu_of({1, 1, 8, 8, 16})},
    {rule::Artpec9BatchOfOne::rule, relu_of({1, 8, 8, 16}), relu_of({2, 8, 8, 16})},
    {rule::Artpec9KernelSize::rule, conv({1, 16, 16, 16}, {.filters = 16, .kernel = {5, 9}}),
     conv({1, 16, 16, 16}, {.filters = 16, .kernel = 6})},
    {rule::Artpec9KernelSize::rule, depthwise({.kernel = 7}), depthwise({.kernel = {3, 4}})},
    {rule::Artpec9Stride::rule, conv({1, 16, 16, 16}, {.filters = 16, .kernel = 3, .stride = 2}),
     conv({1, 16, 16, 16}, {.filters = 16, .kernel = 3, .stride = 3})},
    {rule::Artpec9Stride::rule, depthwise({.kernel = 3, .stride = 2}), depthwise({.kernel = 3, .stride = {1, 2}})},
    {rule::Artpec9LargeKernelStride::rule, conv({1, 16, 16, 16}, {.filters = 16, .kernel = 9}),
     conv({1, 16, 16, 16}, {.filters = 16, .kernel = {1, 9}, .stride = 2})},
    {rule::Artpec9ConvolutionPadding::rule, conv({1, 16, 16, 16}, {.filters = 16, .kernel = 3, .padding = valid}),
     conv({1, 16, 16, 16}, {.filters = 16, .kernel = 3, .padding = Padding::sides(1, 1, 1, 1)})},
    {rule::Artpec9DepthMultiplier::rule, depthwise({.kernel = 3}), depthwise({.multiplier = 2, .kernel = 3})},
    {rule::Artpec9ScaleProduct::rule, scaled(65535.0f, 1.0f, plain_conv), scaled(65536.0f, 1.0f, plain_conv)},
    {rule::Artpec9ScaleProduct::rule, scaled(1.0f, 1e-4f, plain_depthwise), scaled(1.0f, 1e-5f, plain_depthwise)},
    {rule::Artpec9ScaleProduct::rule, scaled(1.0f, 1.0f, plain_transpose_conv),
     scaled(65536.0f, 1.0f, plain_transpose_conv)},
    {rule::Artpec9ScaleProduct::rule, scaled(1e-9f, 1.0f, fully_connected), scaled(0.0f, 1.0f, fully_connected)},
    {rule::Artpec9LargeKernelStride::rule, depthwise({.kernel = 9}), depthwise({.kernel = 9, .stride = 2})},
    {rule::Artpec9ConvolutionPadding::rule, depthwise({.kernel = 3, .padding = same}),
     depthwise({.kernel = 3, .padding = Padding::sides(0, 1, 0, 1)})},
    {rule::Artpec9AddShapes::rule, add_same, add_broadcast},
    {rule::Artpec9NoClamp::rule, relu_n1_to_1, clamp},
    {rule::Artpec9AveragePool::rule, average_pool({1, 16, 16, 16}, {.kernel = 3, .padding = same}),
     average_pool({1, 16, 16, 16}, {.kernel = 3, .padding = valid})},
    {rule::Artpec9AveragePool::rule, average_pool({1, 7, 7, 16}, {.kernel = 7}),
     average_pool({1, 6, 6, 16}, {.kernel = 6})},
    {rule::Artpec9AveragePool::rule, average_pool({1, 8, 8, 16}, {.kernel = 8}),
     average_pool({1, 8, 8, 16}, {.kernel = 7})},
    {rule::Artpec9MaxPool::rule, max_pool({1, 5, 5, 16}, {.kernel = 1, .stride = 2}),
     max_pool({1, 8, 8, 16}, {.kernel = 2, .stride = 3})},
    {rule::Artpec9MaxPool::rule, max_pool({1, 20, 20, 16}, {.kernel = 17, .padding = same}),
     max_pool({1, 20, 20, 16}, {.kernel = 18, .padding = same})},
    {rule::Artpec9MaxPool::rule, max_pool({1, 20, 20, 16}, {.kernel = 9}), max_pool({1, 20, 20, 16}, {.kernel = 10})},
    {rule::Artpec9MaxPoolSizes::rule, max_pool({1, 8, 8, 16}, {.kernel = 2, .stride = 2}),
     max_pool({1, 9, 8, 16}, {.kernel = 2, .stride = 2})},
    {rule::Artpec9MaxPoolSizes::rule, max_pool({1, 9, 9, 16}, {.kernel = 3, .stride = 2, .padding = same}),
     max_pool({1, 8, 8, 16}, {.kernel = 3, .stride = 2, .padding = same})},
    {rule::Artpec9MaxPoolWidth::rule, max_pool({1, 9, 417, 16}, {.kernel = 3, .stride = 2, .padding = same}),
     max_pool({1, 9, 419, 16}, {.kernel = 3, .stride = 2, .padding = same})},
    {rule::Artpec9MaxPoolInput::rule, max_pool({1, 5, 5, 16}, {.kernel = 5, .padding = same}),
     max_pool({1, 5, 4, 16}, {.kernel = 5, .padding = same})},
    {rule::Artpec9Mean::rule, mean({1, 7, 7, 16}), mean({1, 12, 12, 16})},
    {rule::Artpec9Mean::rule, mean({1, 8, 8, 16}, {.axes = {-3, -2}, .keep_dimensions = 1}),
     mean({1, 8, 8, 16}, {.axes = {3}})},
    {rule::Artpec9ConcatenationChannels::rule, concatenation({1, 8, 8, 16}, {1, 8, 8, 32}, -1),
     concatenation({1, 8, 8, 16}, {1, 8, 8, 24}, -1)},
    {rule::Artpec9ConcatenationChannels::rule, concatenation({1, 8, 8, 24}, {1, 8, 8, 24}, 1),
     concatenation({1, 8, 8, 24}, {1, 8, 8, 24}, 3)},
    {rule::Artpec9ConcatenationScale::rule, scaled_concatenation(1.0f, 2.0f, 2.0f / 128.0f),
     scaled_concatenation(1.0f, 2.0f, 1.0f / 128.0f)},
    {rule::Artpec9PadAxes::rule, pad({.before = {0, 1, 0}, .after = {0, 0, 2}}), pad({.before = {0, 0, 0, 1}})},
    {rule::Artpec9PadSize::rule, pad({.before = {0, 7, 7}, .after = {0, 7, 7}}), pad({.before = {0, 8}})},
    {rule::Artpec9PadZero::rule, pad({.before = {0, 1}}), pad({.before = {0, 1}, .value = 1.0f})},
    {rule::Artpec9PadQuantization::rule, scaled_pad(0.5f, 0.5f), scaled_pad(0.5f, 0.25f)},
    {rule::Artpec9FloatInput::rule, requantize, float_quantize},
    {rule::Artpec9RequantizeScale::rule, scaled_quantize(1.0f, 1.0f / 128.0f), scaled_quantize(1.0f, 1.0f / 129.0f)},
    {rule::Artpec9NoSoftmax::rule, relu_of({1, 10}), softmax},
    {rule::Artpec9SplitChannels::rule, split(32, 3), split(16, -1)},
    {rule::Artpec9SplitChannels::rule, split(24, 1), split(24, 3)},
    {rule::Artpec9DepthToSpaceBlock::rule, depth_to_space(2), depth_to_space(4)},
    {rule::Artpec9ResizeFactor::rule, resize({16, 17}), resize({16, 16})},
    {rule::Artpec9ResizeFactor::rule, resize_nearest({15, 18}), resize_nearest({8, 18})},
    {rule::Artpec9KernelSize::rule, transpose_conv({.filters = 16, .kernel = 3, .stride = 2}),
     transpose_conv({.filters = 16, .kernel = 4, .stride = 2})},
    {rule::Artpec9TransposeStride::rule, transpose_conv({.filters = 16, .kernel = 2, .stride = 2}),
     transpose_conv({.filters = 16, .kernel = 3})},
    {rule::Artpec9Detection::rule, resize({16, 18}), detections},
    {rule::Artpec9TanhScale::rule, quantized_function(tanh, {1.0f / 128.0f, 0}),
     quantized_function(tanh, {1.0f / 128.0f, 1})},
    {rule::Artpec9LogisticScale::rule, quantized_function(logistic, {1.0f / 256.0f, -128}),
     quantized_function(logistic, {1.0f / 255.0f, -128})},
    {rule::Artpec9AveragePool::rule, average_pool({1, 16, 16, 16}, {.kernel = 3, .padding = same}),
     average_pool({1, 16, 16, 16}, {.kernel = 3, .stride = 2, .padding = same})},
    {rule::Artpec9MaxPool::rule, max_pool({1, 8, 8, 16}, {.kernel = 3, .stride = 1}),
     max_pool({1, 8, 8, 16}, {.kernel = 4, .stride = 2})},
    {rule::Artpec9MaxPoolSizes::rule, max_pool({1, 8, 8, 16}, {.kernel = 3, .stride = 2}),
     max_pool({1, 9, 9, 16}, {.kernel = 3, .stride = 2})},
    {rule::Artpec9MaxPoolSizes::rule, max_pool({1, 9, 9, 16}, {.kernel = 2, .stride = 2, .padding = same}),
     max_pool({1, 8, 9, 16}, {.kernel = 2, .stride = 2, .padding = same})},
    {rule::Artpec9NoHardSwish::rule, relu_of({1, 10}), hard_swish},
    {rule::Artpec9NoSlice::rule, split(32, 3), slice},
    {rule::Artpec9NoSlice::rule, split(32, 3), strided_slice},
    {rule::Artpec9NoDequantize::rule, requantize, dequantize},
    {rule::Artpec9NotListed::rule, requantize, sub},
};

TEST(SocArtpec9, EachRuleIsObeyedAndBroken) {
  expect_cases(cases);
}
TEST(SocArtpec9, EveryRuleHasACase) {
  expect_all_rules_tested<Artpec9>(cases);
}

TEST(SocArtpec9, ListsWhatIsDocumented) {
  EXPECT_EQ(listed_operators<Artpec9>(),
            "ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE FULLY_CONNECTED "
            "LEAKY_RELU LOGISTIC MAX_POOL_2D MEAN MUL PAD QUANTIZE RELU RESHAPE RESIZE_BILINEAR "
            "RESIZE_NEAREST_NEIGHBOR SPLIT TANH TRANSPOSE_CONV");
}

// Channels come in groups of 16; convolutions that pad by themselves are advised.
static_assert(Artpec9::costs.channel_granule == 16 && !Artpec9::costs.explicit_pad_source.empty());

TEST(SocArtpec9, BothGranularitiesAreAccelerated) {
  EXPECT_EQ(relu_under<PerTensor>.verdict, Verdict::accelerated);
  EXPECT_EQ(relu_under<PerChannel>.verdict, Verdict::accelerated);
  EXPECT_EQ(relu_under<PowerOfTwo>.verdict, Verdict::accelerated);
}

// The published MobileNetV2 ends in a 7x7 average pool, a 1x1 convolution, Reshape and Softmax.
TEST(SocArtpec9, OnlyTheSoftmaxOfAMobileNetV2FallsBack) {
  constexpr PlacementSummary tail = network<Artpec9, PerTensor>([](auto& g) {
    auto x = g.input({1, 224, 224, 3});
    for (int i = 0; i < 5; ++i) x = g.conv2d(x, {.filters = 32, .kernel = 3, .stride = 2});
    x = g.average_pool2d(x, {.kernel = 7});
    x = g.conv2d(x, {.filters = 1001, .kernel = 1});
    return g.softmax(g.reshape(x, {{1, 1001}}));
  });
  EXPECT_EQ(tail.cpu_operators, 1);
  EXPECT_EQ(tail.partitions, 2);
  EXPECT_EQ(tail.verdict, NetworkVerdict::runs_with_fallback);
}

}  // namespace
}  // namespace soc_artpec9_test

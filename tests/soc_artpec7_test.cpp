#include <gtest/gtest.h>

#include "dlpu/soc/artpec7.hpp"
#include "soc_test.hpp"

namespace soc_artpec7_test {
namespace {

using namespace dlpu;
using namespace soc_test;
using soc::Artpec7;
namespace rule = dlpu::soc::rule;

static_assert(SocTarget<Artpec7>);

constexpr auto relu_of = [](Shape shape) { return [shape](auto& g) { return g.relu(g.input(shape)); }; };
constexpr auto mean_over = [](Shape shape, op::Mean op) {
  return [=](auto& g) { return g.mean(g.input(shape), op); };
};
constexpr auto pad = [](op::Pad op) { return [op](auto& g) { return g.pad(g.input({1, 8, 8, 16}), op); }; };
constexpr auto softmax_of = [](Shape shape) { return [shape](auto& g) { return g.softmax(g.input(shape)); }; };

constexpr Told conv(Size2D dilation) {
  return last_of<Artpec7>([=](auto& g) {
    return g.conv2d(g.input({1, 16, 16, 16}), {.filters = 16, .kernel = 3, .dilation = dilation});
  });
}
constexpr Told depthwise(Size2D dilation) {
  return last_of<Artpec7>([=](auto& g) {
    return g.depthwise_conv2d(g.input({1, 16, 16, 16}), {.kernel = 3, .dilation = dilation});
  });
}
constexpr Told max_pool(Activation activation) {
  return last_of<Artpec7>([=](auto& g) {
    return g.max_pool2d(g.input({1, 8, 8, 16}), {.kernel = 2, .stride = 2, .activation = activation});
  });
}
constexpr Told average_pool(Activation activation) {
  return last_of<Artpec7>([=](auto& g) {
    return g.average_pool2d(g.input({1, 8, 8, 16}), {.kernel = 2, .stride = 2, .activation = activation});
  });
}
constexpr Told fully_connected(Shape input) {
  return last_of<Artpec7>([&](auto& g) { return g.fully_connected(g.input(input), {.units = 4}); });
}

/// `inputs` tensors side by side, the last one a constant of the model.
constexpr Told concatenation_with_constant(int inputs) {
  Builder g;
  const Value x = g.input({1, 8, 8, 16}), y = g.input({1, 8, 8, 16}), z = g.input({1, 8, 8, 16});
  const Value output = inputs == 2 ? g.concatenation({x, z}, {}) : g.concatenation({x, y, z}, {});
  Graph graph = std::move(g).finish({&output, 1});
  graph.tensors[static_cast<std::size_t>(z.tensor)].role = TensorRole::constant;
  return last_in<Artpec7>(graph);
}

constexpr auto quantize = [](auto& g) { return g.quantize(g.input({1, 8, 8, 16})); };
constexpr auto dequantize = [](auto& g) { return g.dequantize(g.input({1, 8, 8, 16})); };
constexpr auto leaky_relu = [](auto& g) { return g.leaky_relu(g.input({1, 8, 8, 16}), {0.1f}); };
constexpr auto hard_swish = [](auto& g) { return g.hard_swish(g.input({1, 8, 8, 16})); };
constexpr auto transpose_conv = [](auto& g) {
  return g.transpose_conv(g.input({1, 8, 8, 16}), {.filters = 16, .kernel = 2, .stride = 2});
};
constexpr auto arg_max = [](auto& g) { return g.arg_max(g.input({1, 16})); };
constexpr auto float_quantize = [](auto& g) { return g.quantize(g.dequantize(g.input({1, 8, 8, 16}))); };

template <std::int32_t Stride>
constexpr auto strided = [](auto& g) {
  return g.strided_slice(g.input({1, 8, 8, 4}), {.end = {0, 6}, .stride = {0, Stride}});
};
template <std::int32_t Axis>
constexpr auto packed = [](auto& g) {
  return g.pack({g.input({4, 4}), g.input({4, 4})}, {.axis = Axis});
};
constexpr auto resized = [](auto& g) { return g.resize_bilinear(g.input({1, 8, 8, 4}), {.size = 20}); };
constexpr auto detections = [](auto& g) {
  const auto boxes = g.input({1, 6, 4}, "boxes"), scores = g.input({1, 6, 3}, "scores");
  return g.detection_post_process(boxes, scores, g.input({6, 4}, "anchors"), {.classes = 2, .max_detections = 3})[0];
};
static_assert(last_of<Artpec7>(resized).verdict == Verdict::accelerated);

constexpr auto prelu = [](Shape slopes) {
  return [slopes](auto& g) { return g.prelu(g.input({1, 8, 8, 16}), g.input(slopes)); };
};
constexpr auto reduce_max = [](op::ReduceMax op) {
  return [op](auto& g) { return g.reduce_max(g.input({1, 8, 8, 16}), op); };
};
constexpr auto reduce_min = [](op::ReduceMin op) {
  return [op](auto& g) { return g.reduce_min(g.input({1, 8, 8, 16}), op); };
};

constexpr Case cases[] = {
    {rule::Artpec7PReluSlopes::rule, last_of<Artpec7>(prelu({1, 1, 16})), last_of<Artpec7>(prelu({8, 8, 16}))},
    {rule::Artpec7ReduceBatch::rule, last_of<Artpec7>(reduce_max({})),
     last_of<Artpec7>(reduce_max({.axes = {0, 1}}))},
    {rule::Artpec7ReduceBatch::rule, last_of<Artpec7>(reduce_min({})), last_of<Artpec7>(reduce_min({.axes = {-4}}))},
    {rule::Artpec7EightBit::rule, last_of<Artpec7>(relu_of({1, 8, 8, 16})),
     last_of<Artpec7, Unquantized>(relu_of({1, 8, 8, 16}))},
    {rule::Artpec7InnermostThree::rule, last_of<Artpec7>(relu_of({1, 8, 8, 16})),
     last_of<Artpec7>(relu_of({2, 8, 8, 16}))},
    {rule::Artpec7InnermostThree::rule, last_of<Artpec7>(relu_of({2, 8, 16})),
     last_of<Artpec7>(relu_of({1, 2, 8, 8, 16}))},
    {rule::Artpec7EqualDilation::rule, conv(2), conv({1, 2})},
    {rule::Artpec7EqualDilation::rule, depthwise(2), depthwise({2, 1})},
    {rule::Artpec7PoolActivation::rule, max_pool(Activation::none), max_pool(Activation::relu6)},
    {rule::Artpec7PoolActivation::rule, average_pool(Activation::none), average_pool(Activation::relu)},
    {rule::Artpec7ConcatenationConstant::rule, concatenation_with_constant(2), concatenation_with_constant(3)},
    {rule::Artpec7FlatOutput::rule, fully_connected({1, 16}), fully_connected({3, 16})},
    {rule::Artpec7MeanBatch::rule, last_of<Artpec7>(mean_over({1, 8, 8, 6}, {})),
     last_of<Artpec7>(mean_over({1, 8, 8, 6}, {.axes = {0, 1}}))},
    {rule::Artpec7MeanChannels::rule, last_of<Artpec7>(mean_over({1, 8, 8, 8}, {.axes = {-1}})),
     last_of<Artpec7>(mean_over({1, 8, 8, 6}, {.axes = {-1}}))},
    {rule::Artpec7PadBatch::rule, last_of<Artpec7>(pad({.before = {0, 1, 1, 1}})), last_of<Artpec7>([](auto& g) {
       return g.pad(g.input({1, 8, 16}), {.after = {1}});
     })},
    {rule::Artpec7PadZero::rule, last_of<Artpec7>(pad({.before = {0, 1}})),
     last_of<Artpec7>(pad({.before = {0, 1}, .value = 1.0f}))},
    {rule::Artpec7SoftmaxFlat::rule, last_of<Artpec7>(softmax_of({1, 1, 10})), last_of<Artpec7>(softmax_of({2, 10}))},
    {rule::Artpec7SoftmaxSize::rule, last_of<Artpec7>(softmax_of({1, 16000})),
     last_of<Artpec7>(softmax_of({1, 16001}))},
    {rule::Artpec7FloatInput::rule, last_of<Artpec7>(quantize), last_of<Artpec7>(float_quantize)},
    {rule::Artpec7SliceStride::rule, last_of<Artpec7>(strided<1>), last_of<Artpec7>(strided<2>)},
    {rule::Artpec7PackBatch::rule, last_of<Artpec7>(packed<-1>), last_of<Artpec7>(packed<0>)},
    {rule::Artpec7Detection::rule, last_of<Artpec7>(resized), last_of<Artpec7>(detections)},
    {rule::Artpec7NoLeakyRelu::rule, last_of<Artpec7>(relu_of({1, 8, 8, 16})), last_of<Artpec7>(leaky_relu)},
    {rule::Artpec7NoHardSwish::rule, last_of<Artpec7>(relu_of({1, 8, 8, 16})), last_of<Artpec7>(hard_swish)},
    {rule::Artpec7NoTransposeConv::rule, last_of<Artpec7>(resized), last_of<Artpec7>(transpose_conv)},
    {rule::Artpec7NoDequantize::rule, last_of<Artpec7>(quantize), last_of<Artpec7>(dequantize)},
    {rule::Artpec7NotListed::rule, last_of<Artpec7>(quantize), last_of<Artpec7>(arg_max)},
};

/// Listed without a limit.
constexpr auto unlimited = [](auto& g) {
  const auto x = g.input({1, 8, 8, 16});
  const auto y = g.mul(g.logistic(x), g.tanh(x));
  return g.l2_normalization(g.sub(g.minimum(x, y), g.maximum(x, y)));
};
static_assert(network<Artpec7, PerTensor>(unlimited).accelerated_operators == 7);

/// Four operators, the second with or without what the compiler refuses.
constexpr auto pooled = [](Activation activation) {
  return [activation](auto& g) {
    auto x = g.relu(g.input({1, 8, 8, 16}));
    x = g.max_pool2d(x, {.kernel = 2, .stride = 2, .activation = activation});
    return g.relu(g.relu(x));
  };
};

const NetworkCase network_cases[] = {
    {rule::Artpec7OnePartition::rule, rules_told<Artpec7>(pooled(Activation::none)),
     rules_told<Artpec7>(pooled(Activation::relu))},
};

TEST(SocArtpec7, EachRuleIsObeyedAndBroken) {
  expect_cases(cases);
  expect_cases(network_cases);
}
TEST(SocArtpec7, EveryRuleHasACase) {
  expect_all_rules_tested<Artpec7>(cases, network_cases);
}

TEST(SocArtpec7, ListsWhatIsDocumented) {
  // Clamp stands for Minimum and Maximum of a constant; Squeeze and ExpandDims are read as Reshape.
  EXPECT_EQ(listed_operators<Artpec7>(),
            "ADD AVERAGE_POOL_2D CLAMP CONCATENATION CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED L2_NORMALIZATION "
            "LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PRELU QUANTIZE REDUCE_MAX REDUCE_MIN RELU "
            "RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SLICE SOFTMAX SPACE_TO_DEPTH SPLIT STRIDED_SLICE SUB "
            "TANH");
}

TEST(SocArtpec7, BothGranularitiesAreFast) {
  EXPECT_EQ((network<Artpec7, PerTensor>(pooled(Activation::none)).accelerated_operators), 4);
  EXPECT_EQ((network<Artpec7, PerChannel>(pooled(Activation::none)).accelerated_operators), 4);
  EXPECT_EQ(network<Artpec7>(pooled(Activation::none)).verdict, NetworkVerdict::runs);
}

// About 8 MB, of which the compiler keeps a part.
static_assert(Artpec7::costs.parameter_cache_bytes > 7'000'000 && Artpec7::costs.parameter_cache_bytes <= 8'000'000);

TEST(SocArtpec7, TheFirstRefusedOperatorAndAllAfterItRunOnTheCpu) {
  const Graph graph = graph_from(pooled(Activation::relu));
  std::array<Check, 4> checks;
  const PlacementSummary summary =
      place(graph.view(), policy_facts<PerChannel>, &Artpec7::check, Artpec7::partition, checks);
  EXPECT_EQ(checks[0], Check{});
  EXPECT_EQ(checks[1], (Check{cpu, &rule::Artpec7PoolActivation::rule}));
  EXPECT_EQ(checks[2], (Check{cpu, &rule::Artpec7OnePartition::rule}));
  EXPECT_EQ(checks[3], (Check{cpu, &rule::Artpec7OnePartition::rule}));
  EXPECT_EQ(summary.partitions, 2);
  EXPECT_EQ(summary.verdict, NetworkVerdict::runs_with_fallback);
}

TEST(SocArtpec7, AnEarlyRefusalCostsNearlyEverything) {
  constexpr auto with_activation = [](Activation activation) {
    return network<Artpec7>([activation](auto& g) {
      auto x = g.max_pool2d(g.input({1, 32, 32, 16}), {.kernel = 2, .stride = 2, .activation = activation});
      for (int i = 0; i < 20; ++i) x = g.relu(x);
      return x;
    });
  };
  static_assert(with_activation(Activation::none).cpu_operators == 0);
  static_assert(with_activation(Activation::relu).cpu_operators == 21);
}

/// A quantized network with float input and output: both ends on the CPU, the rest in one piece.
TEST(SocArtpec7, FloatEndsStayOnTheCpuWithoutCutting) {
  Builder g;
  const Value input = g.input({1, 8, 8, 16});
  const Value output = g.dequantize(g.relu(g.quantize(input)));
  Graph graph = std::move(g).finish({&output, 1});
  graph.tensors[static_cast<std::size_t>(input.tensor)].type.element = ElementType::float32;
  std::array<Check, 3> checks;
  const PlacementSummary summary =
      place(graph.view(), policy_facts<PerTensor>, &Artpec7::check, Artpec7::partition, checks);
  EXPECT_EQ(checks[0].verdict, cpu);
  EXPECT_EQ(checks[1].verdict, Verdict::accelerated);
  EXPECT_EQ(checks[2].verdict, cpu);
  EXPECT_EQ(summary.partitions, 3);
}

TEST(SocArtpec7, AMobileNetV2HasNoFallback) {
  constexpr PlacementSummary classifier = network<Artpec7, PerTensor>([](auto& g) {
    auto x = g.conv2d(g.input({1, 224, 224, 3}),
                      {.filters = 32, .kernel = 3, .stride = 2, .activation = Activation::relu6});
    x = g.depthwise_conv2d(x, {.kernel = 3, .stride = 2, .activation = Activation::relu6});
    x = g.add(x, g.conv2d(x, {.filters = 32, .kernel = 1}));
    x = g.average_pool2d(x, {.kernel = 56});
    x = g.conv2d(x, {.filters = 1001, .kernel = 1});
    return g.softmax(g.reshape(x, {{1, 1001}}));
  });
  EXPECT_EQ(classifier.verdict, NetworkVerdict::runs);
  EXPECT_EQ(classifier.accelerated_operators, 8);
}

}  // namespace
}  // namespace soc_artpec7_test

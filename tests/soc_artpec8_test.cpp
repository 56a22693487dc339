#include <gtest/gtest.h>

#include <string_view>

#include "dlpu/soc/artpec8.hpp"
#include "soc_test.hpp"

namespace soc_artpec8_test {
namespace {

using namespace dlpu;
using namespace soc_test;
using soc::Artpec8;
using soc::Artpec8Observed;
namespace rule = dlpu::soc::rule;

static_assert(SocTarget<Artpec8> && SocTarget<Artpec8Observed>);
static_assert(rule::Artpec8PerTensor::rule.sentence ==
              "ARTPEC-8 runs per-channel convolutions slowly; quantize per tensor, or write Allow<slow>");

constexpr auto conv = [](auto& g) { return g.conv2d(g.input({1, 8, 8, 6}), {.filters = 6, .kernel = 3}); };
constexpr auto depthwise = [](auto& g) { return g.depthwise_conv2d(g.input({1, 8, 8, 6}), {.kernel = 3}); };
constexpr auto fully_connected = [](auto& g) { return g.fully_connected(g.input({1, 6}), {.units = 6}); };
constexpr auto relu = [](auto& g) { return g.relu(g.input({1, 8, 8, 6})); };
constexpr auto relu6 = [](auto& g) { return g.relu6(g.input({1, 8, 8, 6})); };
constexpr auto relu_n1_to_1 = [](auto& g) { return g.relu_n1_to_1(g.input({1, 8, 8, 6})); };
constexpr auto mean = [](auto& g) { return g.mean(g.input({1, 8, 8, 6})); };
constexpr auto average_pool = [](auto& g) { return g.average_pool2d(g.input({1, 8, 8, 6}), {.kernel = 8}); };
constexpr auto pad = [](auto& g) { return g.pad(g.input({1, 8, 8, 6}), {.before = {0, 1, 1}}); };
constexpr auto pad_ones = [](auto& g) { return g.pad(g.input({1, 8, 8, 6}), {.before = {0, 1, 1}, .value = 1.0f}); };
constexpr auto quantize = [](auto& g) { return g.quantize(g.input({1, 8, 8, 6})); };
constexpr auto float_quantize = [](auto& g) { return g.quantize(g.dequantize(g.input({1, 8, 8, 6}))); };
constexpr auto dequantize = [](auto& g) { return g.dequantize(g.input({1, 8, 8, 6})); };
constexpr auto add = [](auto& g) { return g.add(g.neg(g.input({1, 10})), g.input({1, 10})); };
constexpr auto sub = [](auto& g) { return g.sub(g.input({1, 10}), g.input({1, 10})); };
constexpr auto leaky_relu = [](auto& g) { return g.leaky_relu(g.input({1, 10}), {0.1f}); };
constexpr auto exp = [](auto& g) { return g.exp(g.input({1, 10})); };
constexpr auto softmax = [](auto& g) { return g.softmax(g.input({1, 10})); };
constexpr auto max_pool = [](auto& g) { return g.max_pool2d(g.input({1, 8, 8, 6}), {.kernel = 4, .stride = 3}); };

constexpr auto transpose_conv = [](auto& g) {
  return g.transpose_conv(g.input({1, 8, 8, 6}), {.filters = 6, .kernel = 3, .stride = 2});
};
constexpr auto detections = [](auto& g) {
  const auto boxes = g.input({1, 6, 4}, "boxes"), scores = g.input({1, 6, 3}, "scores");
  return g.detection_post_process(boxes, scores, g.input({6, 4}, "anchors"), {.classes = 2, .max_detections = 3})[0];
};
/// A Gather with constant indices, as a file has it.
constexpr Told gather() {
  Graph graph;
  graph.tensors = {{{}, {{6, 2}}, TensorRole::input},
                   {{}, {{3}, ElementType::int32}, TensorRole::constant},
                   {{}, {{3, 2}}, TensorRole::activation, 0}};
  graph.edges = {0, 1, 2};
  graph.nodes = {{op::Gather{}, {0, 2}, {2, 1}, {}}};
  return last_in<Artpec8>(graph);
}
static_assert(gather().verdict == Verdict::accelerated);

constexpr auto logistic = [](auto& g) { return g.logistic(g.input({1, 8, 8, 6})); };
constexpr auto cast_boolean = [](auto& g) {
  const auto x = g.input({1, 6});
  return g.cast(g.template compare<Relation::less>(x, x), {ElementType::int8});
};
constexpr auto cast_float = [](auto& g) { return g.cast(g.input({1, 6}), {ElementType::float32}); };

/// Listed, also where indices and booleans come out.
constexpr auto unlimited = [](auto& g) {
  const auto x = g.hard_swish(g.elu(g.input({1, 6})));
  const auto y = g.square(g.sqrt(g.abs(g.neg(g.tanh(x)))));
  const auto less = g.template compare<Relation::less>(g.mul(x, y), g.div(x, y));
  const auto equal = g.template compare<Relation::equal>(g.minimum(x, y), g.maximum(x, y));
  g.logical_or(g.logical_not(less), g.logical_and(less, equal));
  g.reduce_min(x, {.axes = {1}});
  g.arg_min(g.reduce_max(x, {.axes = {1}, .keep_dimensions = 1}));
  return g.arg_max(x, {.element = ElementType::int64});
};
static_assert(network<Artpec8>(unlimited).cpu_operators == 0);
static_assert(network<Artpec8>(unlimited).accelerated_operators == 20);

constexpr Case cases[] = {
    {rule::Artpec8NoLogistic::rule, last_of<Artpec8>(relu), last_of<Artpec8>(logistic)},
    {rule::Artpec8CastElements::rule, last_of<Artpec8>(cast_boolean), last_of<Artpec8>(cast_float)},
    {rule::Artpec8EightBit::rule, last_of<Artpec8>(relu), last_of<Artpec8, Unquantized>(relu)},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8>(conv), last_of<Artpec8, PerChannel>(conv), slow},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8>(depthwise), last_of<Artpec8, PerChannel>(depthwise), slow},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8>(fully_connected), last_of<Artpec8, PerChannel>(fully_connected),
     slow},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8>(transpose_conv), last_of<Artpec8, PerChannel>(transpose_conv),
     slow},
    {rule::Artpec8Detection::rule, last_of<Artpec8>(relu), last_of<Artpec8>(detections)},
    {rule::Artpec8ReluKind::rule, last_of<Artpec8>(relu6), last_of<Artpec8>(relu_n1_to_1)},
    {rule::Artpec8NoMean::rule, last_of<Artpec8>(average_pool), last_of<Artpec8>(mean)},
    {rule::Artpec8NoPad::rule, last_of<Artpec8>(conv), last_of<Artpec8>(pad)},
    {rule::Artpec8NoQuantize::rule, last_of<Artpec8>(relu), last_of<Artpec8>(quantize)},
    {rule::Artpec8NoLeakyRelu::rule, last_of<Artpec8>(relu), last_of<Artpec8>(leaky_relu)},
    {rule::Artpec8NoSub::rule, last_of<Artpec8>(add), last_of<Artpec8>(sub)},
    {rule::Artpec8NoDequantize::rule, last_of<Artpec8>(softmax), last_of<Artpec8>(dequantize)},
    {rule::Artpec8NotListed::rule, last_of<Artpec8>(softmax), last_of<Artpec8>(exp)},
};
static_assert(last_of<Artpec8Observed>(logistic) == Check{});
constexpr Case observed_cases[] = {
    {rule::Artpec8CastElements::rule, last_of<Artpec8Observed>(cast_boolean), last_of<Artpec8Observed>(cast_float)},
    {rule::Artpec8EightBit::rule, last_of<Artpec8Observed>(relu), last_of<Artpec8Observed, Unquantized>(relu)},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8Observed>(conv), last_of<Artpec8Observed, PerChannel>(conv), slow},
    {rule::Artpec8ReluKind::rule, last_of<Artpec8Observed>(relu), last_of<Artpec8Observed>(relu_n1_to_1)},
    {rule::Artpec8Detection::rule, last_of<Artpec8Observed>(relu), last_of<Artpec8Observed>(detections)},
    {rule::Artpec8NoMean::rule, last_of<Artpec8Observed>(average_pool), last_of<Artpec8Observed>(mean)},
    {rule::Artpec8PadZero::rule, last_of<Artpec8Observed>(pad), last_of<Artpec8Observed>(pad_ones)},
    {rule::Artpec8FloatInput::rule, last_of<Artpec8Observed>(quantize), last_of<Artpec8Observed>(float_quantize)},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8Observed>(depthwise),
     last_of<Artpec8Observed, PerChannel>(depthwise), slow},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8Observed>(fully_connected),
     last_of<Artpec8Observed, PerChannel>(fully_connected), slow},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8Observed>(transpose_conv),
     last_of<Artpec8Observed, PerChannel>(transpose_conv), slow},
    {rule::Artpec8NoLeakyRelu::rule, last_of<Artpec8Observed>(relu), last_of<Artpec8Observed>(leaky_relu)},
    {rule::Artpec8NoSub::rule, last_of<Artpec8Observed>(add), last_of<Artpec8Observed>(sub)},
    {rule::Artpec8NoDequantize::rule, last_of<Artpec8Observed>(softmax), last_of<Artpec8Observed>(dequantize)},
    {rule::Artpec8NotListed::rule, last_of<Artpec8Observed>(softmax), last_of<Artpec8Observed>(exp)},
};

/// `count` operators, every second one on the CPU: as many partitions.
constexpr auto alternating = [](int count) {
  return [count](auto& g) {
    auto x = g.input({1, 8, 8, 6});
    for (int i = 0; i < count; ++i) x = i % 2 == 0 ? g.relu(x) : g.relu_n1_to_1(x);
    return x;
  };
};
const NetworkCase network_cases[] = {{rule::Artpec8SixteenPartitions::rule, rules_told<Artpec8>(alternating(16)),
                                      rules_told<Artpec8>(alternating(17))}};
const NetworkCase observed_network_cases[] = {{rule::Artpec8SixteenPartitions::rule,
                                               rules_told<Artpec8Observed>(alternating(16)),
                                               rules_told<Artpec8Observed>(alternating(17))}};

TEST(SocArtpec8, EachRuleIsObeyedAndBroken) {
  expect_cases(cases);
  expect_cases(observed_cases);
  expect_cases(network_cases);
  expect_cases(observed_network_cases);
}
TEST(SocArtpec8, EveryRuleHasACase) {
  expect_all_rules_tested<Artpec8>(cases, network_cases);
  expect_all_rules_tested<Artpec8Observed>(observed_cases, observed_network_cases);
}

// Clamp stands for Minimum and Maximum of a constant; Squeeze and ExpandDims are read as Reshape.
const std::string documented =
    "ABS ADD ARG_MAX ARG_MIN AVERAGE_POOL_2D CAST CLAMP CONCATENATION CONV_2D DEPTHWISE_CONV_2D DIV ELU "
    "EQUAL FULLY_CONNECTED GATHER GREATER GREATER_EQUAL HARD_SWISH LESS LESS_EQUAL LOGICAL_AND "
    "LOGICAL_NOT LOGICAL_OR MAXIMUM MAX_POOL_2D MINIMUM MUL NEG NOT_EQUAL REDUCE_MAX REDUCE_MIN RELU "
    "RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SLICE SOFTMAX SPLIT SQRT SQUARE STRIDED_SLICE TANH "
    "TRANSPOSE TRANSPOSE_CONV";

TEST(SocArtpec8, ListsWhatIsDocumented) {
  EXPECT_EQ(listed_operators<Artpec8>(), documented);
}
TEST(SocArtpec8, TheObservedListHasThreeMore) {
  const std::string listed = listed_operators<Artpec8Observed>();
  EXPECT_EQ(listed.size(), documented.size() + std::string_view(" LOGISTIC PAD QUANTIZE").size());
  for (const char* more : {" LOGISTIC ", " PAD ", " QUANTIZE "})
    EXPECT_NE(listed.find(more), std::string::npos) << more;
}

// Filters come in groups of 6; regular convolutions and pooling are advised.
static_assert(Artpec8::costs.channel_granule == 6 && Artpec8::costs.parameter_cache_bytes == 0);
static_assert(!Artpec8::costs.regular_convolution_source.empty() && !Artpec8::costs.pooling_source.empty());

TEST(SocArtpec8, ListedOperatorsHaveNoLimits) {
  EXPECT_EQ(last_of<Artpec8>(max_pool), Check{});
  EXPECT_EQ((last_of<Artpec8, PowerOfTwo>(conv)), Check{});  // one scale per tensor
  EXPECT_EQ((last_of<Artpec8, PerChannel>(relu)), Check{});  // only filters have a scale per channel
}

constexpr PlacementSummary placed_alternating(int count) {
  return network<Artpec8>(alternating(count));
}

TEST(SocArtpec8, SixteenPartitionsLoadSeventeenDoNot) {
  constexpr PlacementSummary sixteen = placed_alternating(16), seventeen = placed_alternating(17);
  static_assert(sixteen.partitions == 16 && sixteen.verdict == NetworkVerdict::runs_with_fallback);
  static_assert(seventeen.partitions == 17 && seventeen.verdict == NetworkVerdict::does_not_load);
  EXPECT_EQ(sixteen.rule, nullptr);
  EXPECT_EQ(seventeen.rule, &rule::Artpec8SixteenPartitions::rule);
}

TEST(SocArtpec8, OnlyTheMeanOfAClassifierFallsBack) {
  constexpr PlacementSummary classifier = network<Artpec8>([](auto& g) {
    auto x = g.conv2d(g.input({1, 96, 96, 3}), {.filters = 18, .kernel = 3, .stride = 2});
    return g.softmax(g.fully_connected(g.mean(x), {.units = 2}));
  });
  EXPECT_EQ(classifier.accelerated_operators, 3);
  EXPECT_EQ(classifier.cpu_operators, 1);
  EXPECT_EQ(classifier.partitions, 3);
  EXPECT_EQ(classifier.verdict, NetworkVerdict::runs_with_fallback);
}

}  // namespace
}  // namespace soc_artpec8_test

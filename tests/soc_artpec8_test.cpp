#include <gtest/gtest.h>

#include <string_view>

#include "dlpu/soc/artpec8.hpp"
#include "soc_test.hpp"

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
constexpr auto softmax = [](auto& g) { return g.softmax(g.input({1, 10})); };
constexpr auto max_pool = [](auto& g) { return g.max_pool2d(g.input({1, 8, 8, 6}), {.kernel = 4, .stride = 3}); };

constexpr Case cases[] = {
    {rule::Artpec8EightBit::rule, last_of<Artpec8>(relu), last_of<Artpec8, Unquantized>(relu)},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8>(conv), last_of<Artpec8, PerChannel>(conv), slow},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8>(depthwise), last_of<Artpec8, PerChannel>(depthwise), slow},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8>(fully_connected), last_of<Artpec8, PerChannel>(fully_connected),
     slow},
    {rule::Artpec8ReluKind::rule, last_of<Artpec8>(relu6), last_of<Artpec8>(relu_n1_to_1)},
    {rule::Artpec8NoMean::rule, last_of<Artpec8>(average_pool), last_of<Artpec8>(mean)},
    {rule::Artpec8NoPad::rule, last_of<Artpec8>(conv), last_of<Artpec8>(pad)},
    {rule::Artpec8NoQuantize::rule, last_of<Artpec8>(relu), last_of<Artpec8>(quantize)},
    {rule::Artpec8NotListed::rule, last_of<Artpec8>(softmax), last_of<Artpec8>(dequantize)},
};
constexpr Case observed_cases[] = {
    {rule::Artpec8EightBit::rule, last_of<Artpec8Observed>(relu), last_of<Artpec8Observed, Unquantized>(relu)},
    {rule::Artpec8PerTensor::rule, last_of<Artpec8Observed>(conv), last_of<Artpec8Observed, PerChannel>(conv), slow},
    {rule::Artpec8ReluKind::rule, last_of<Artpec8Observed>(relu), last_of<Artpec8Observed>(relu_n1_to_1)},
    {rule::Artpec8NoMean::rule, last_of<Artpec8Observed>(average_pool), last_of<Artpec8Observed>(mean)},
    {rule::Artpec8PadZero::rule, last_of<Artpec8Observed>(pad), last_of<Artpec8Observed>(pad_ones)},
    {rule::Artpec8FloatInput::rule, last_of<Artpec8Observed>(quantize), last_of<Artpec8Observed>(float_quantize)},
    {rule::Artpec8NotListed::rule, last_of<Artpec8Observed>(softmax), last_of<Artpec8Observed>(dequantize)},
};

TEST(SocArtpec8, EachRuleIsObeyedAndBroken) {
  expect_cases(cases);
  expect_cases(observed_cases);
}
TEST(SocArtpec8, EveryRuleHasACase) {
  expect_all_rules_tested<Artpec8>(cases, {&rule::Artpec8SixteenPartitions::rule});
  expect_all_rules_tested<Artpec8Observed>(observed_cases, {&rule::Artpec8SixteenPartitions::rule});
}

TEST(SocArtpec8, ListedOperatorsHaveNoLimits) {
  EXPECT_EQ(last_of<Artpec8>(max_pool), Check{});
  EXPECT_EQ((last_of<Artpec8, PowerOfTwo>(conv)), Check{});  // one scale per tensor
  EXPECT_EQ((last_of<Artpec8, PerChannel>(relu)), Check{});  // only filters have a scale per channel
}

/// `count` operators, every second one on the CPU: as many partitions.
constexpr PlacementSummary alternating(int count) {
  return network<Artpec8>([count](auto& g) {
    auto x = g.input({1, 8, 8, 6});
    for (int i = 0; i < count; ++i) x = i % 2 == 0 ? g.relu(x) : g.relu_n1_to_1(x);
    return x;
  });
}

TEST(SocArtpec8, SixteenPartitionsLoadSeventeenDoNot) {
  constexpr PlacementSummary sixteen = alternating(16), seventeen = alternating(17);
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

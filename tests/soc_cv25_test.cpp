#include <gtest/gtest.h>

#include "dlpu/soc/cv25.hpp"
#include "soc_test.hpp"

namespace soc_cv25_test {
namespace {

using namespace dlpu;
using namespace soc_test;
using soc::Cv25;
namespace rule = dlpu::soc::rule;

static_assert(SocTarget<Cv25>);

constexpr auto conv_of_batch = [](std::int32_t batch) {
  return [batch](auto& g) { return g.conv2d(g.input({batch, 8, 8, 3}), {.filters = 8, .kernel = 3}); };
};

constexpr Case cases[] = {
    {rule::Cv25PowerOfTwo::rule, last_of<Cv25>(conv_of_batch(1)), last_of<Cv25, PerTensor>(conv_of_batch(1)),
     Verdict::rejected},
    {rule::Cv25PowerOfTwo::rule, last_of<Cv25>(conv_of_batch(1)), last_of<Cv25, PerChannel>(conv_of_batch(1)),
     Verdict::rejected},
    {rule::Cv25PowerOfTwo::rule, last_of<Cv25, PowerOfTwo16>(conv_of_batch(1)),
     last_of<Cv25, Unquantized>(conv_of_batch(1)), Verdict::rejected},
    {rule::Cv25BatchOfOne::rule, last_of<Cv25>(conv_of_batch(1)), last_of<Cv25>(conv_of_batch(2)), Verdict::rejected},
};

TEST(SocCv25, EachRuleIsObeyedAndBroken) {
  expect_cases(cases);
}
TEST(SocCv25, EveryRuleHasACase) {
  expect_all_rules_tested<Cv25>(cases);
}

TEST(SocCv25, TakesAllOfANetworkOrNothing) {
  constexpr auto two_operators = [](std::int32_t batch) {
    return [batch](auto& g) { return g.reshape(g.reshape(g.input({1, 8, 8, 3}), {{batch, -1}}), {{1, -1}}); };
  };
  static_assert(network<Cv25>(two_operators(1)).verdict == NetworkVerdict::runs);
  constexpr PlacementSummary refused = network<Cv25>(two_operators(2));
  EXPECT_EQ(refused.verdict, NetworkVerdict::does_not_load);
  EXPECT_EQ(refused.cpu_operators, 0);
  EXPECT_EQ(refused.rule, &rule::Cv25BatchOfOne::rule);
}

/// CV25 with an operator that it lacks. Which ones it lacks is not published.
constexpr Check without_relu(const OperatorFacts& facts) {
  return facts.op().is<op::Relu>() ? Check{cpu, &rule::Cv25Whole::rule} : Cv25::check(facts);
}

TEST(SocCv25, HasNoFallbackToTheCpu) {
  const Graph graph = graph_from([](auto& g) { return g.tanh(g.relu(g.input({1, 8, 8, 3}))); });
  std::array<Check, 2> checks;
  const auto summary = place(graph.view(), policy_facts<PowerOfTwo>, &without_relu, Cv25::partition, checks);
  EXPECT_EQ(checks[0], (Check{Verdict::rejected, &rule::Cv25Whole::rule}));
  EXPECT_EQ(summary.verdict, NetworkVerdict::does_not_load);
  EXPECT_EQ(summary.cpu_operators, 0);
  EXPECT_EQ(summary.rule, &rule::Cv25Whole::rule);
}

static_assert(Cv25::input_layout.order == FrameLayout::planar && Cv25::input_layout.row_multiple == 32);
// The documented example: rows of 300 bytes are padded to 320.
static_assert(dlpu::row_elements(Cv25::input_layout, 300, 3) == 320);
static_assert(dlpu::row_elements(Cv25::input_layout, 320, 3) == 320);
static_assert(dlpu::row_elements(dlpu::InputLayout{}, 300, 3) == 900);

}  // namespace
}  // namespace soc_cv25_test

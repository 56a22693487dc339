#pragma once

/// Help for tests of chips: verdicts on tiny networks, and cases that show each rule obeyed and broken.

#include <gtest/gtest.h>

#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dlpu/soc/soc.hpp"

namespace soc_test {

using namespace dlpu;

/// The graph that `build` composes; it may break no shape rule.
template <class Build>
constexpr Graph graph_from(Build build) {
  Builder builder;
  const Value output = build(builder);
  return std::move(builder).finish({&output, 1});
}

/// What the chip does with the last operator of the network.
template <class Soc, class Policy = typename Soc::Preferred, class Build>
constexpr Check last_of(Build build) {
  const Graph graph = graph_from(build);
  if (graph.problem) return {Verdict::rejected, graph.problem};
  const GraphView view = graph.view();
  return Soc::check({view, graph.nodes.back(), policy_facts<Policy>, {}});
}

/// The same with scales: one for each tensor in the order in which they were made, the rest 1.
template <class Soc, class Build>
constexpr Check last_with_scales(std::initializer_list<float> scales, Build build) {
  const Graph graph = graph_from(build);
  if (graph.problem) return {Verdict::rejected, graph.problem};
  std::vector<Quantization> quantization(graph.tensors.size());
  std::size_t i = 0;
  for (const float scale : scales) quantization[i++].scale = scale;
  const GraphView view = graph.view();
  return Soc::check({view, graph.nodes.back(), policy_facts<typename Soc::Preferred>, quantization});
}

/// What the chip does with the whole network.
template <class Soc, class Policy = typename Soc::Preferred, class Build>
constexpr PlacementSummary network(Build build) {
  const Graph graph = graph_from(build);
  std::vector<Check> checks(graph.nodes.size());
  return place(graph.view(), policy_facts<Policy>, &Soc::check, Soc::partition, checks);
}

/// A rule with an operator that obeys it and one that breaks it.
struct Case {
  const Rule& rule;
  Check obeyed, broken;
  Verdict verdict = Verdict::cpu;  ///< of the one that breaks it
};

inline void expect_cases(std::span<const Case> cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.rule.id));
    EXPECT_EQ(c.obeyed.verdict, Verdict::accelerated) << (c.obeyed.rule ? c.obeyed.rule->id : "");
    EXPECT_EQ(c.obeyed.rule, nullptr);
    EXPECT_EQ(c.broken.verdict, c.verdict);
    EXPECT_EQ(c.broken.rule, &c.rule) << "instead: " << (c.broken.rule ? c.broken.rule->id : "no rule");
  }
}

template <class... Rules>
void expect_each_has_a_case(type_list<Rules...>, std::span<const Case> cases,
                            std::initializer_list<const Rule*> elsewhere) {
  for (const Rule* rule : std::initializer_list<const Rule*>{&Rules::rule...}) {
    bool found = false;
    for (const Case& c : cases) found = found || &c.rule == rule;
    for (const Rule* other : elsewhere) found = found || other == rule;
    EXPECT_TRUE(found) << rule->id << " has no test that shows it obeyed and broken";
    EXPECT_FALSE(rule->sentence.empty());
    EXPECT_FALSE(rule->source.empty()) << rule->id;
  }
}

/// Every rule that the chip may report has a case, or is named as one on whole networks, tested on its own.
template <class Soc>
void expect_all_rules_tested(std::span<const Case> cases, std::initializer_list<const Rule*> on_networks = {}) {
  expect_each_has_a_case(typename Soc::rules{}, cases, on_networks);
}

}  // namespace soc_test

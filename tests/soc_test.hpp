#pragma once

/// Help for tests of chips: verdicts on tiny networks, and cases that show each rule obeyed and broken.

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dlpu/soc/table.hpp"

namespace soc_test {

using namespace dlpu;

/// The graph that `build` composes; it may break no shape rule.
template <class Build>
constexpr Graph graph_from(Build build) {
  Builder builder;
  const Value output = build(builder);
  return std::move(builder).finish({&output, 1});
}

/// A verdict with the operator that it is on.
struct Told : Check {
  std::string_view op;
};

/// What the chip does with the last operator of a graph.
template <class Soc, class Policy = typename Soc::Preferred>
constexpr Told last_in(const Graph& graph, std::span<const Quantization> quantization = {}) {
  if (graph.problem) return {{Verdict::rejected, graph.problem}, ""};
  const GraphView view = graph.view();
  const Node& last = graph.nodes.back();
  return {Soc::check({view, last, policy_facts<Policy>, quantization}), name_of(last.op)};
}
template <class Soc, class Policy = typename Soc::Preferred, class Build>
constexpr Told last_of(Build build) {
  return last_in<Soc, Policy>(graph_from(build));
}

/// The same with scales: one for each tensor in the order in which they were made, the rest 1.
template <class Soc, class Build>
constexpr Told last_with_scales(std::initializer_list<float> scales, Build build) {
  const Graph graph = graph_from(build);
  std::vector<Quantization> quantization(graph.tensors.size());
  std::size_t i = 0;
  for (const float scale : scales) quantization[i++].scale = scale;
  return last_in<Soc>(graph, quantization);
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
  Told obeyed, broken;
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

/// A rule on whole networks: one that it has nothing to say of, and one that it touches.
struct NetworkCase {
  const Rule& rule;
  std::set<const Rule*> obeyed, broken;
};

/// All rules that the chip tells of a network, on its operators or on the whole.
template <class Soc, class Build>
std::set<const Rule*> rules_told(Build build) {
  const Graph graph = graph_from(build);
  std::vector<Check> checks(graph.nodes.size());
  const auto summary =
      place(graph.view(), policy_facts<typename Soc::Preferred>, &Soc::check, Soc::partition, checks);
  std::set<const Rule*> rules{summary.rule};
  for (const Check& check : checks) rules.insert(check.rule);
  rules.erase(nullptr);
  return rules;
}

inline void expect_cases(std::span<const NetworkCase> cases) {
  for (const NetworkCase& c : cases) {
    EXPECT_FALSE(c.obeyed.contains(&c.rule)) << c.rule.id;
    EXPECT_TRUE(c.broken.contains(&c.rule)) << c.rule.id;
  }
}

/// Whether each limit of each row has a case that breaks it with the row's own operator.
struct ExpectCasesOfRows {
  std::span<const Case> cases;

  void expect(std::string_view op, const Rule& rule) const {
    const bool found =
        std::ranges::any_of(cases, [&](const Case& c) { return &c.rule == &rule && c.broken.op == op; });
    EXPECT_TRUE(found) << "no case breaks " << rule.id << " with " << op;
  }
  template <class Op, class Rule>
  void limit(std::type_identity<Rule>) const {
    expect(Op::name, Rule::rule);
  }
  template <class Op, class Rule>
  void limit(std::type_identity<soc::Slow<Rule>>) const {
    expect(Op::name, Rule::rule);
  }
  template <class Op, class Rule>
  void limit(std::type_identity<soc::Stated<Rule>>) const {}
  template <class Op, class... Limits>
  void row(std::type_identity<soc::Row<Op, Limits...>>) const {
    (limit<Op>(std::type_identity<Limits>{}), ...);
  }
  template <class Op, class Rule>
  void row(std::type_identity<soc::Missing<Op, Rule>>) const {
    expect(Op::name, Rule::rule);
  }
  template <class... Rows>
  void all(type_list<Rows...>) const {
    (row(std::type_identity<Rows>{}), ...);
  }
};

template <class... Rules>
void expect_each_has_a_case(type_list<Rules...>, std::span<const Case> cases,
                            std::span<const NetworkCase> on_networks) {
  for (const Rule* rule : std::initializer_list<const Rule*>{&Rules::rule...}) {
    const auto is_of_rule = [rule](const auto& c) { return &c.rule == rule; };
    EXPECT_TRUE(std::ranges::any_of(cases, is_of_rule) || std::ranges::any_of(on_networks, is_of_rule))
        << rule->id << " has no test that shows it obeyed and broken";
    EXPECT_FALSE(rule->sentence.empty());
    EXPECT_FALSE(rule->source.empty()) << rule->id;
  }
}

/// Every rule that the chip may report has a case, every limit of an operator one with that operator.
template <class Soc>
void expect_all_rules_tested(std::span<const Case> cases, std::span<const NetworkCase> on_networks = {}) {
  expect_each_has_a_case(typename Soc::rules{}, cases, on_networks);
  ExpectCasesOfRows{cases}.all(typename Soc::table::rows{});
}

template <class Op, class... Limits>
void add_if_listed(std::type_identity<soc::Row<Op, Limits...>>, std::set<std::string_view>& names) {
  names.insert(Op::name);
}
template <class Row>
void add_if_listed(std::type_identity<Row>, std::set<std::string_view>&) {}
template <class... Rows>
std::string names_listed(type_list<Rows...>) {
  std::set<std::string_view> names;
  (add_if_listed(std::type_identity<Rows>{}, names), ...);
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : " ") + std::string(name);
  return text;
}
/// The operators that the chip's table runs, with or without limits, in alphabetical order.
template <class Soc>
std::string listed_operators() {
  return names_listed(typename Soc::table::rows{});
}

}  // namespace soc_test

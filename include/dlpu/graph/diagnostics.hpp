#pragma once

/// From a broken rule in a constant to one compile error with the rule's sentence and the place.

#include <string_view>
#include <type_traits>
#include <utility>

#include "dlpu/graph/placement.hpp"

namespace dlpu::inline DLPU_ABI {

/// Only ever printed: the place of a broken rule. `shape<...>` is the operator's first input.
template <int Index, class Operator, class... Facts>
struct at_operator;
template <int... Dims>
struct shape;

/// Execution that is not at the chip's full speed, allowed by the type: `Allow<slow>`, `Allow<cpu>`,
/// `Allow<slow, cpu>`.
template <Verdict... Verdicts>
struct Allow {};

namespace detail {

template <class Option, Verdict V>
inline constexpr bool allows = false;
template <Verdict... Verdicts, Verdict V>
inline constexpr bool allows<Allow<Verdicts...>, V> = ((Verdicts == V) || ...);

template <class... As, class... Bs>
constexpr type_list<As..., Bs...> both(type_list<As...>, type_list<Bs...>) {
  return {};
}

template <class Where>
struct UnlistedSocRule {
  static_assert(runs_at<Where>, "a SoC's check() returned a rule that is missing from its list `rules`");
};
template <class Where>
struct UnlistedOperatorRule {
  static_assert(runs_at<Where>, "an operator's infer() returned a rule that is missing from its list `rules`");
};

/// Breaks the rule of a list that has this address, or says that none has.
template <template <class> class Unlisted, class Where, class... Rules>
constexpr void break_rule(type_list<Rules...>, auto rule) {
  constexpr bool listed = ((&Rules::rule == rule()) || ...);
  if constexpr (!listed) (void)sizeof(Unlisted<Where>);
  (..., [] {
    if constexpr (&Rules::rule == decltype(rule){}()) (void)sizeof(typename Rules::template broken<Where>);
  }());
}

/// A node's place as a type.
template <class Model, int Index, class... Facts>
struct place_of {
  static constexpr GraphView graph = graph_of<Model>.view();
  static constexpr const Node& node = graph.nodes[static_cast<std::size_t>(Index)];
  static constexpr Shape input = node.inputs.count > 0 ? graph.input_type(node).shape : Shape{};

  using Op = OperatorAt<node.op.kind()>;

  template <std::size_t... Axis>
  static auto spelled(std::index_sequence<Axis...>) -> at_operator<Index, Op, shape<input.dims[Axis]...>, Facts...>*;
  using type =
      std::remove_pointer_t<decltype(spelled(std::make_index_sequence<static_cast<std::size_t>(input.rank)>{}))>;
};

/// The first operator that keeps a network from being a type, or -1.
template <class Model, class Soc, class Policy, class... Options>
constexpr int first_forbidden() {
  constexpr bool allow_slow = (allows<Options, Verdict::slow> || ...);
  constexpr bool allow_cpu = (allows<Options, Verdict::cpu> || ...);
  int index = 0;
  for (const Check& check : placement<Model, Soc, Policy>.operators) {
    if (check.verdict == Verdict::rejected || (check.verdict == Verdict::slow && !allow_slow) ||
        (check.verdict == Verdict::cpu && !allow_cpu)) {
      return index;
    }
    ++index;
  }
  return -1;
}

/// Rules of a description's own, where it has some: `using rules = type_list<...>`.
template <class Model>
struct rules_of {
  using type = type_list<>;
};
template <class Model>
requires requires {
  typename Model::rules;
}
struct rules_of<Model> {
  using type = typename Model::rules;
};

/// Checks a network once: instantiating it is at most one error.
template <class Model, class Soc, class Policy, class... Options>
struct CheckedNetwork {
 private:
  static constexpr auto check() {
    constexpr const auto& graph = graph_of<Model>;
    constexpr const Rule* problem = graph.problem;
    if constexpr (problem != nullptr) {
      if constexpr (graph.problem_node >= 0) {
        using Place = place_of<Model, graph.problem_node>;
        break_rule<UnlistedOperatorRule, typename Place::type>(both(graph_rule::rules{}, typename Place::Op::rules{}),
                                                               [] { return graph_of<Model>.problem; });
      } else {
        break_rule<UnlistedOperatorRule, Model>(both(graph_rule::rules{}, typename rules_of<Model>::type{}),
                                                [] { return graph_of<Model>.problem; });
      }
    } else if constexpr (constexpr int index = first_forbidden<Model, Soc, Policy, Options...>(); index >= 0) {
      using Where = typename place_of<Model, index, Soc, Policy>::type;
      break_rule<UnlistedSocRule, Where>(typename Soc::rules{}, [] {
        return placement<Model, Soc, Policy>.operators[static_cast<std::size_t>(first_forbidden<Model, Soc, Policy, Options...>())]
            .rule;
      });
    } else if constexpr (placement<Model, Soc, Policy>.verdict == NetworkVerdict::does_not_load) {
      break_rule<UnlistedSocRule, at_operator<-1, Model, Soc, Policy>>(
          typename Soc::rules{}, [] { return placement<Model, Soc, Policy>.rule; });
    }
    return true;
  }
  using Checked = decltype(check());  // the return type is deduced, which instantiates the function
};

}  // namespace detail
}  // namespace dlpu::inline DLPU_ABI

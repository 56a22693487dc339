#pragma once

/// A chip's documented operators as a table of types: one row per operator with the rules that limit it. The same
/// table gives the verdicts, the list of rules, and the page of supported operators.
///
///     using MyTable = OperatorTable<type_list<rule::EightBit>,                          // asked of every operator
///                                   type_list<Row<op::Conv2d, rule::OddKernel>,         // broken: not on the chip
///                                             Row<op::FullyConnected, Slow<rule::PerTensor>>,
///                                             Missing<op::Softmax, rule::NoSoftmax>>,   // with its own advice
///                                   rule::NotListed>;                                   // for all others
///
/// A rule is asked through a function `obeys` in the rule's own namespace, for the operator that it limits or, if it
/// asks nothing of the operator's parameters, for the facts alone:
///
///     constexpr bool obeys(OddKernel, const op::Conv2d& conv, const OperatorFacts&) { ... }
///     constexpr bool obeys(EightBit, const OperatorFacts& facts) { ... }

#include <type_traits>

#include "dlpu/soc/soc.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

/// A listed operator. Each limit is a rule, or a rule in one of the wrappers below.
template <class Op, class... Limits>
struct Row {};
/// An operator that the chip lacks, with a rule that says what to use instead.
template <class Op, class Rule>
struct Missing {};

/// Breaking this rule makes the operator slow, it stays on the chip.
template <class Rule>
struct Slow {};
/// A documented limit without a number: printed, never checked.
template <class Rule>
struct Stated {};

namespace detail {

template <class... Lists>
struct concat;
template <class... Ts>
struct concat<type_list<Ts...>> {
  using type = type_list<Ts...>;
};
template <class... As, class... Bs, class... Rest>
struct concat<type_list<As...>, type_list<Bs...>, Rest...> : concat<type_list<As..., Bs...>, Rest...> {};

/// The rules that a limit, a row or a list of them may report; `Stated` ones report nothing.
template <class T>
struct rules_in {
  using type = type_list<T>;
};
template <>
struct rules_in<void> {
  using type = type_list<>;
};
template <class R>
struct rules_in<Slow<R>> : rules_in<R> {};
template <class R>
struct rules_in<Stated<R>> : rules_in<void> {};
template <class Op, class R>
struct rules_in<Missing<Op, R>> : rules_in<R> {};
template <class Op, class... Limits>
struct rules_in<Row<Op, Limits...>> : concat<type_list<>, typename rules_in<Limits>::type...> {};
template <class... Ts>
struct rules_in<type_list<Ts...>> : concat<type_list<>, typename rules_in<Ts>::type...> {};

/// One operator before one chip. The functions return false once the verdict is final.
template <class Op, Verdict Broken>
struct Judge {
  const Op& op;
  const OperatorFacts& facts;
  Check result{};

  template <class Rule>
  constexpr bool obeyed() const {
    if constexpr (requires { obeys(Rule{}, op, facts); }) {
      return obeys(Rule{}, op, facts);
    } else if constexpr (requires { obeys(Rule{}, facts); }) {
      return obeys(Rule{}, facts);
    } else {
      static_assert(sizeof(Op) == 0,
                    "this rule limits an operator, but its namespace has no function obeys() for the two");
      return false;
    }
  }
  constexpr bool stop(Verdict verdict, const Rule& rule) {
    result = {verdict, &rule};
    return false;
  }
  template <class Rule>
  constexpr bool limit(std::type_identity<Rule>) {
    return obeyed<Rule>() || stop(Broken, Rule::rule);
  }
  template <class Rule>
  constexpr bool limit(std::type_identity<Slow<Rule>>) {
    if (!obeyed<Rule>()) result = {Verdict::slow, &Rule::rule};
    return true;
  }
  template <class Rule>
  constexpr bool limit(std::type_identity<Stated<Rule>>) {
    return true;
  }

  template <class... Limits>
  constexpr bool all(type_list<Limits...>) {
    return (limit(std::type_identity<Limits>{}) && ...);
  }
  template <class... Limits>
  constexpr void row(std::type_identity<Row<Op, Limits...>>) {
    (void)all(type_list<Limits...>{});
  }
  template <class Rule>
  constexpr void row(std::type_identity<Missing<Op, Rule>>) {
    (void)stop(Broken, Rule::rule);
  }
};

/// Finds the row of an operator as the one base class that fits, or void: walking the rows for each operator would
/// take a compiler time that grows with the product of both.
template <class Rows>
struct RowSet;
template <class... Rows>
struct RowSet<type_list<Rows...>> : std::type_identity<Rows>... {};
template <class Op, class... Limits>
std::type_identity<Row<Op, Limits...>> find_row(const std::type_identity<Row<Op, Limits...>>*);
template <class Op, class Rule>
std::type_identity<Missing<Op, Rule>> find_row(const std::type_identity<Missing<Op, Rule>>*);
template <class Op>
std::type_identity<void> find_row(const void*);

}  // namespace detail

/// `Requirements` are asked of every operator, then the row of the operator decides. `Unlisted` is the rule for
/// operators without a row; `void`: they run. `Broken` is the verdict where a rule does not hold.
template <class Requirements, class Rows, class Unlisted, Verdict Broken = Verdict::cpu>
struct OperatorTable {
  using requirements = Requirements;
  using rows = Rows;
  using unlisted = Unlisted;
  /// All rules that the table may report; one that limits several operators is there several times.
  using rules = typename detail::rules_in<type_list<Requirements, Rows, Unlisted>>::type;

  [[nodiscard]] static constexpr Check check(const OperatorFacts& facts) {
    return visit(facts.op(), [&facts](const auto& op) {
      using Op = std::remove_cvref_t<decltype(op)>;
      using Found = decltype(detail::find_row<Op>(static_cast<const detail::RowSet<Rows>*>(nullptr)));
      detail::Judge<Op, Broken> judge{op, facts};
      if (!judge.all(Requirements{})) return judge.result;
      if constexpr (!std::is_void_v<typename Found::type>) {
        judge.row(Found{});
      } else if constexpr (!std::is_void_v<Unlisted>) {
        (void)judge.stop(Broken, Unlisted::rule);
      }
      return judge.result;
    });
  }
};

/// Two lists of rows, or of rules, as one.
template <class... Lists>
using joined = typename detail::concat<Lists...>::type;

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI

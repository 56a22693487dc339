#pragma once

/// Equal, NotEqual, Less, LessEqual, Greater and GreaterEqual: shape rules, and the kernel for callers that bring their
/// own buffers.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/comparison.hpp"
#include "dlpu/ops/pair_shape.hpp"

namespace dlpu::inline DLPU_ABI {

using Relation = reference::Relation;

namespace detail {
/// The names of TensorFlow Lite, in the order of `Relation`.
inline constexpr std::array<std::string_view, 6> relation_names{"EQUAL",      "NOT_EQUAL", "LESS",
                                                                "LESS_EQUAL", "GREATER",   "GREATER_EQUAL"};
}  // namespace detail

namespace op {

/// Whether a relation holds between two tensors, element by element, with broadcasting as in `Add`. The output is
/// boolean.
template <Relation R>
struct Comparison {
  static constexpr std::string_view name = dlpu::detail::relation_names[static_cast<std::size_t>(R)];
  using elements = type_list<float, std::int8_t, std::uint8_t, std::int32_t, std::int64_t, bool>;

  DLPU_RULE(OrderedElement, "Comparison: booleans have no order; only Equal and NotEqual compare them", "");
  using rules = type_list<pair_rule::NeedsTwoInputs, pair_rule::SameElement, pair_rule::ShapesMatch, OrderedElement>;

  [[nodiscard]] constexpr Relation relation() const { return R; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    Inferred inferred = infer_pair(inputs);
    if (inferred.problem) return inferred;
    const bool ordered = R != Relation::equal && R != Relation::not_equal;
    if (ordered && inputs[0].element == ElementType::boolean) return OrderedElement::rule;
    inferred.outputs[0].element = ElementType::boolean;
    return inferred;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

using Equal = Comparison<Relation::equal>;
using NotEqual = Comparison<Relation::not_equal>;
using Less = Comparison<Relation::less>;
using LessEqual = Comparison<Relation::less_equal>;
using Greater = Comparison<Relation::greater>;
using GreaterEqual = Comparison<Relation::greater_equal>;

}  // namespace op

/// An operator that compares.
template <class Op>
concept ComparisonOperator = requires(const Op& op) {
  { op.relation() } -> std::same_as<Relation>;
};

namespace kernels {

/// A comparison of two tensors. Int8 and uint8 are quantized; `Number` may also be float, int32, int64 or bool.
///
///     dlpu::kernels::Comparison<float> less{dlpu::Relation::less, {1, 10}, {10}};
///     less.run(a, b, result);
template <class Number>
class Comparison {
 public:
  constexpr Comparison(Relation relation, const Shape& first, const Shape& second)
      : relation_(relation), broadcast_(reference::broadcast(first, second)) {}

  /// As many elements as the shapes have, row-major.
  constexpr void run(std::span<const Number> first, std::span<const Number> second, std::span<bool> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    reference::compare(broadcast_, relation_, first.data(), second.data(), output.data());
  }

 private:
  Relation relation_;
  reference::Broadcast broadcast_;
};

template <QuantizedStorage Storage>
class Comparison<Storage> {
 public:
  constexpr Comparison(Relation relation, const Shape& first, const Shape& second, Quantization first_quantization,
                       Quantization second_quantization)
      : relation_(relation),
        broadcast_(reference::broadcast(first, second)),
        first_(reference::comparable(first_quantization)),
        second_(reference::comparable(second_quantization)) {}

  constexpr void run(std::span<const Storage> first, std::span<const Storage> second, std::span<bool> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    reference::compare(broadcast_, relation_, first.data(), first_, second.data(), second_, output.data());
  }

 private:
  Relation relation_;
  reference::Broadcast broadcast_;
  reference::Comparable first_, second_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

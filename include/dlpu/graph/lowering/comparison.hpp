#pragma once

/// Comparisons and logical functions in a graph. Booleans are bytes there: 0 is false, anything else true.

#include <concepts>

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/comparison.hpp"
#include "dlpu/ops/logical.hpp"

namespace dlpu::inline DLPU_ABI {
namespace detail {

// A template, so that a unit that composes networks only does not compile the visit.
[[nodiscard]] Relation relation_of(const std::same_as<Operator> auto& any) {
  return visit(any, [](const auto& op) {
    if constexpr (ComparisonOperator<std::decay_t<decltype(op)>>)
      return op.relation();
    else
      return Relation::equal;
  });
}

}  // namespace detail

/// All comparisons of one element type; no rounding policy takes part.
template <class Element>
class LoweredComparison {
  using Kernel = kernels::Comparison<Element>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredComparison(const NodeData& data, std::span<std::byte>)
      : first_(elements(data.input_shape(0))),
        second_(elements(data.input_shape(1))),
        output_(elements(data.output_shape())),
        kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, first_), buffers.input<Element>(1, second_),
                buffers.output<bool>(0, output_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const Relation relation = detail::relation_of(data.node.op);
    const Shape &first = data.input_shape(0), &second = data.input_shape(1);
    if constexpr (QuantizedStorage<Element>) {
      return {relation, first, second, data.input(0).quantization, data.input(1).quantization};
    } else {
      return {relation, first, second};
    }
  }

  std::size_t first_, second_, output_;
  Kernel kernel_;
};

template <ComparisonOperator Op, class Element, class R>
struct lowered_type<Op, Element, R> {
  using type = LoweredComparison<Element>;
};

/// LogicalAnd and LogicalOr.
class LoweredLogicalPair {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredLogicalPair(const NodeData& data, std::span<std::byte>)
      : first_(elements(data.input_shape(0))),
        second_(elements(data.input_shape(1))),
        output_(elements(data.output_shape())),
        kernel_(data.node.op.is<op::LogicalAnd>(), data.input_shape(0), data.input_shape(1)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<std::uint8_t>(0, first_), buffers.input<std::uint8_t>(1, second_),
                buffers.output<std::uint8_t>(0, output_));
  }

 private:
  std::size_t first_, second_, output_;
  kernels::LogicalPair kernel_;
};

template <bool Both, class Element, class R>
struct lowered_type<op::LogicalPair<Both>, Element, R> {
  using type = LoweredLogicalPair;
};

class LoweredLogicalNot {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredLogicalNot(const NodeData& data, std::span<std::byte>) : count_(elements(data.input_shape())) {}
  void run(const Buffers& buffers) const {
    kernels::LogicalNot{}.run(buffers.input<std::uint8_t>(0, count_), buffers.output<std::uint8_t>(0, count_));
  }

 private:
  std::size_t count_;
};

template <class Element, class R>
struct lowered_type<op::LogicalNot, Element, R> {
  using type = LoweredLogicalNot;
};

}  // namespace dlpu::inline DLPU_ABI

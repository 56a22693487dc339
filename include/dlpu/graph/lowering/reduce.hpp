#pragma once

/// Sum, ReduceMax, ReduceMin, ArgMax and ArgMin in a graph.

#include <concepts>

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/arg_min_max.hpp"
#include "dlpu/ops/reduce.hpp"

namespace dlpu::inline DLPU_ABI {
namespace detail {

// A template, so that a unit that composes networks only does not compile the visit.
[[nodiscard]] Reduction reduction_of(const std::same_as<Operator> auto& any) {
  return visit(any, [](const auto& op) {
    if constexpr (ReductionOperator<std::decay_t<decltype(op)>>)
      return op.reduction();
    else
      return Reduction{};
  });
}

}  // namespace detail

/// All reductions of one element type.
template <class Element, class R>
class LoweredReduce {
  using Kernel = kernels::Reduce<Element, typename GraphPolicy<Element, R>::type>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredReduce(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())), output_(elements(data.output_shape())), kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, input_), buffers.output<Element>(0, output_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const Reduction reduction = detail::reduction_of(data.node.op);
    if constexpr (std::is_void_v<R>)
      return Kernel(reduction, data.input_shape());
    else
      return Kernel(reduction, data.input_shape(), data.input().quantization, data.output().quantization);
  }

  std::size_t input_, output_;
  Kernel kernel_;
};

template <ReductionOperator Op, class Element, class R>
struct lowered_type<Op, Element, R> {
  using type = LoweredReduce<Element, R>;
};

/// ArgMax and ArgMin of one element type.
template <class Element>
class LoweredArgExtreme {
  // A boolean of a file may be any byte.
  using Stored = std::conditional_t<std::is_same_v<Element, bool>, std::uint8_t, Element>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredArgExtreme(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())),
        output_(elements(data.output_shape())),
        wide_(data.graph.output_type(data.node).element == ElementType::int64),
        kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    if (wide_)
      kernel_.run(buffers.input<Stored>(0, input_), buffers.output<std::int64_t>(0, output_));
    else
      kernel_.run(buffers.input<Stored>(0, input_), buffers.output<std::int32_t>(0, output_));
  }

 private:
  static kernels::ArgExtreme<Stored> make(const NodeData& data) {
    if (data.node.op.is<op::ArgMax>()) return {data.op<op::ArgMax>(), data.input_shape()};
    return {data.op<op::ArgMin>(), data.input_shape()};
  }

  std::size_t input_, output_;
  bool wide_;
  kernels::ArgExtreme<Stored> kernel_;
};

template <bool Largest, class Element, class R>
struct lowered_type<op::ArgExtreme<Largest>, Element, R> {
  using type = LoweredArgExtreme<Element>;
};

}  // namespace dlpu::inline DLPU_ABI

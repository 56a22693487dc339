#pragma once

/// Functions of each element, and of two elements, in a graph: Logistic and its like, Sub and its like, PRelu.

#include <concepts>

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/binary.hpp"
#include "dlpu/ops/prelu.hpp"
#include "dlpu/ops/scalar_functions.hpp"

namespace dlpu::inline DLPU_ABI {
namespace detail {

/// What an operator asks of a kernel class that serves many operators; a default where it is none of them.
/// Templates, so that a unit that runs none of them does not compile the visit.
[[nodiscard]] ScalarFunction scalar_function_of(const std::same_as<Operator> auto& any) {
  return visit(any, [](const auto& op) {
    if constexpr (ScalarFunctionOperator<std::decay_t<decltype(op)>>)
      return op.scalar_function();
    else
      return ScalarFunction{};
  });
}
[[nodiscard]] PairFunction pair_function_of(const std::same_as<Operator> auto& any) {
  return visit(any, [](const auto& op) {
    if constexpr (PairFunctionOperator<std::decay_t<decltype(op)>>)
      return op.pair_function();
    else
      return PairFunction{};
  });
}

}  // namespace detail

/// All functions of one number, in one kernel class.
template <class Element, class R>
class LoweredScalarFunction {
  using Kernel = kernels::ScalarFunction<Element, typename GraphPolicy<Element, R>::type>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredScalarFunction(const NodeData& data, std::span<std::byte>)
      : count_(elements(data.input_shape())), kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, count_), buffers.output<Element>(0, count_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const ScalarFunction function = detail::scalar_function_of(data.node.op);
    if constexpr (std::is_void_v<R>)
      return Kernel(function);
    else
      return Kernel(function, data.input().quantization, data.output().quantization);
  }

  std::size_t count_;
  Kernel kernel_;
};

template <ScalarFunctionOperator Op, class Element, class R>
struct lowered_type<Op, Element, R> {
  using type = LoweredScalarFunction<Element, R>;
};

/// All functions of two numbers.
template <class Element, class R>
class LoweredPair {
  using Kernel = kernels::Pair<Element, typename GraphPolicy<Element, R>::type>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredPair(const NodeData& data, std::span<std::byte>)
      : first_(elements(data.input_shape(0))),
        second_(elements(data.input_shape(1))),
        output_(elements(data.output_shape())),
        kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, first_), buffers.input<Element>(1, second_),
                buffers.output<Element>(0, output_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const PairFunction function = detail::pair_function_of(data.node.op);
    const Shape &first = data.input_shape(0), &second = data.input_shape(1);
    if constexpr (std::is_void_v<R>) {
      return Kernel(function, first, second);
    } else {
      return Kernel(function, first, second,
                    {data.input(0).quantization, data.input(1).quantization, data.output().quantization});
    }
  }

  std::size_t first_, second_, output_;
  Kernel kernel_;
};

template <PairFunctionOperator Op, class Element, class R>
struct lowered_type<Op, Element, R> {
  using type = LoweredPair<Element, R>;
};

template <class Element, class R>
class Lowered<op::PRelu, Element, R> {
  using Kernel = kernels::PRelu<Element, typename GraphPolicy<Element, R>::type>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>)
      : count_(elements(data.input_shape())), slopes_(elements(data.input_shape(1))), kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, count_), buffers.input<Element>(1, slopes_),
                buffers.output<Element>(0, count_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const Shape &input = data.input_shape(0), &alpha = data.input_shape(1);
    if constexpr (std::is_void_v<R>) {
      return Kernel(input, alpha);
    } else {
      return Kernel(input, alpha,
                    {data.input(0).quantization, data.input(1).quantization, data.output().quantization});
    }
  }

  std::size_t count_, slopes_;
  Kernel kernel_;
};

}  // namespace dlpu::inline DLPU_ABI

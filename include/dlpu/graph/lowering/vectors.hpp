#pragma once

/// L2Normalization and BatchMatMul in a graph.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/batch_matmul.hpp"
#include "dlpu/ops/l2_normalization.hpp"

namespace dlpu::inline DLPU_ABI {

/// No rounding policy takes part.
template <class Element>
class LoweredL2Normalization {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredL2Normalization(const NodeData& data, std::span<std::byte>)
      : count_(elements(data.input_shape())), kernel_(data.input_shape(), data.input().quantization) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, count_), buffers.output<Element>(0, count_));
  }

 private:
  std::size_t count_;
  kernels::L2Normalization<Element> kernel_;
};

template <class Element, class R>
struct lowered_type<op::L2Normalization, Element, R> {
  using type = LoweredL2Normalization<Element>;
};

template <class Element, class R>
class Lowered<op::BatchMatMul, Element, R> {
  using Kernel = kernels::BatchMatMul<Element, typename GraphPolicy<Element, R>::type>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>)
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
    const auto op = data.op<op::BatchMatMul>();
    const Shape &first = data.input_shape(0), &second = data.input_shape(1);
    if constexpr (std::is_void_v<R>) {
      return {op, first, second};
    } else {
      return {
          op, first, second, {data.input(0).quantization, data.input(1).quantization, data.output().quantization}};
    }
  }

  std::size_t first_, second_, output_;
  Kernel kernel_;
};

}  // namespace dlpu::inline DLPU_ABI

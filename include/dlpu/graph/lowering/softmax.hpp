#pragma once

/// Softmax in a graph.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/softmax.hpp"

namespace dlpu::inline DLPU_ABI {

template <class Element, class R>
class Lowered<op::Softmax, Element, R> {
  using Kernel = kernels::Softmax<Element>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>) : count_(elements(data.input_shape())), kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, count_), buffers.output<Element>(0, count_));
  }

 private:
  static Kernel make(const NodeData& data) {
    if constexpr (std::is_void_v<R>)
      return {data.op<op::Softmax>(), data.input_shape()};
    else
      return {data.op<op::Softmax>(), data.input_shape(), data.input().quantization};
  }

  std::size_t count_;
  Kernel kernel_;
};

}  // namespace dlpu::inline DLPU_ABI

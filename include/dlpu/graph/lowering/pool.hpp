#pragma once

/// Pooling and Mean in a graph.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/mean.hpp"
#include "dlpu/ops/pool2d.hpp"

namespace dlpu::inline DLPU_ABI {

/// A windowed pooling; `Kernel` is its class in `kernels`.
template <class Op, class Kernel, class Element>
class LoweredPool {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredPool(const NodeData& data, std::span<std::byte>) : kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    const WindowGeometry& g = kernel_.geometry();
    kernel_.run(buffers.input<Element>(0, g.input_elements()), buffers.output<Element>(0, g.output_elements()));
  }

 private:
  static Kernel make(const NodeData& data) {
    const Op op = data.op<Op>();
    const WindowGeometry g = op.geometry(data.input_shape());
    if constexpr (std::is_same_v<Element, float>)
      return Kernel(g, op.activation);
    else
      return Kernel(g, op.activation, data.output().quantization);
  }

  Kernel kernel_;
};

template <class Element, class R>
class Lowered<op::AveragePool2d, Element, R>
    : public LoweredPool<op::AveragePool2d, kernels::AveragePool2d<Element>, Element> {
 public:
  using LoweredPool<op::AveragePool2d, kernels::AveragePool2d<Element>, Element>::LoweredPool;
};

template <class Element, class R>
class Lowered<op::MaxPool2d, Element, R> : public LoweredPool<op::MaxPool2d, kernels::MaxPool2d<Element>, Element> {
 public:
  using LoweredPool<op::MaxPool2d, kernels::MaxPool2d<Element>, Element>::LoweredPool;
};

template <class Element, class R>
class Lowered<op::Mean, Element, R> {
  // One over the number of elements is no power of two: the shift policy multiplies by it in fixed point here.
  using MeanRounding = std::conditional_t<std::is_same_v<R, rounding::Shift>, rounding::Single, R>;
  using Kernel = kernels::Mean<Element, typename GraphPolicy<Element, MeanRounding>::type>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())), output_(elements(data.output_shape())), kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, input_), buffers.output<Element>(0, output_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const auto op = data.op<op::Mean>();
    if constexpr (std::is_void_v<R>)
      return {op, data.input_shape()};
    else
      return {op, data.input_shape(), data.input().quantization, data.output().quantization};
  }

  std::size_t input_, output_;
  Kernel kernel_;
};

}  // namespace dlpu::inline DLPU_ABI

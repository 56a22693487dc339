#pragma once

/// Conv2D, DepthwiseConv2D, TransposeConv and FullyConnected in a graph.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "dlpu/ops/fully_connected.hpp"
#include "dlpu/ops/transpose_conv.hpp"

namespace dlpu::inline DLPU_ABI {

/// A windowed convolution; `Kernel` is its class in `kernels`.
template <class Op, template <class, class> class Kernel, class Element, class R>
class LoweredConvolution {
  using K = Kernel<Element, typename GraphPolicy<Element, R>::type>;

 public:
  static constexpr Requirements requirements(const GraphView& graph, const Node& node) {
    const WindowGeometry g = node.op.as<Op>().geometry(graph.input_type(node).shape);
    return {K::packed_bytes(g), K::scratch_bytes(g)};
  }
  LoweredConvolution(const NodeData& data, std::span<std::byte> memory) : kernel_(make(data, memory)) {}
  void run(const Buffers& buffers) const {
    const WindowGeometry& g = kernel_.geometry();
    kernel_.run(buffers.input<Element>(0, g.input_elements()), buffers.output<Element>(0, g.output_elements()),
                buffers.scratch);
  }

  [[nodiscard]] Rows input_rows(Rows output) const { return dlpu::input_rows(kernel_.geometry(), output); }
  void run_rows(const RowBuffers& buffers) const {
    kernel_.run_rows(buffers.rows, reinterpret_cast<const Element*>(buffers.inputs[0]),
                     reinterpret_cast<Element*>(buffers.output), buffers.scratch);
  }

 private:
  static K make(const NodeData& data, std::span<std::byte> memory) {
    const Op op = data.op<Op>();
    const WindowGeometry g = op.geometry(data.input_shape());
    const auto filter = data.filter().template as<FilterOf<Element>>();
    if constexpr (std::is_void_v<R>) {
      return {g, filter, data.bias().template as<float>(), op.activation, memory};
    } else {
      return {g,
              filter,
              data.bias().template as<SumOf<Element>>(),
              {data.input().quantization, data.output().quantization, data.filter().scales,
               data.filter().quantization.zero_point, op.activation},
              memory};
    }
  }

  K kernel_;
};

template <class Element, class R>
class Lowered<op::Conv2d, Element, R> : public LoweredConvolution<op::Conv2d, kernels::Conv2d, Element, R> {
 public:
  using LoweredConvolution<op::Conv2d, kernels::Conv2d, Element, R>::LoweredConvolution;
};

template <class Element, class R>
class Lowered<op::DepthwiseConv2d, Element, R>
    : public LoweredConvolution<op::DepthwiseConv2d, kernels::DepthwiseConv2d, Element, R> {
 public:
  using LoweredConvolution<op::DepthwiseConv2d, kernels::DepthwiseConv2d, Element, R>::LoweredConvolution;
};

template <class Element, class R>
class Lowered<op::TransposeConv, Element, R>
    : public LoweredConvolution<op::TransposeConv, kernels::TransposeConv, Element, R> {
 public:
  using LoweredConvolution<op::TransposeConv, kernels::TransposeConv, Element, R>::LoweredConvolution;
};

template <class Element, class R>
class Lowered<op::FullyConnected, Element, R>
    : public LoweredConvolution<op::FullyConnected, kernels::FullyConnected, Element, R> {
 public:
  using LoweredConvolution<op::FullyConnected, kernels::FullyConnected, Element, R>::LoweredConvolution;
};

}  // namespace dlpu::inline DLPU_ABI

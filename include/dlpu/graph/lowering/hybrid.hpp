#pragma once

/// Conv2D with float32 activations and int8 weights: only in files.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/kernels/reference/hybrid_conv2d.hpp"
#include "dlpu/ops/conv2d.hpp"

namespace dlpu::inline DLPU_ABI {

/// Whether a convolution quantizes its input when it runs.
[[nodiscard]] constexpr bool is_hybrid(const GraphView& graph, const Node& node) {
  return node.op.is<op::Conv2d>() && graph.input_type(node, 0).element == ElementType::float32 &&
         graph.input_type(node, 1).element == ElementType::int8;
}

class LoweredHybridConv2d {
 public:
  static constexpr Requirements requirements(const GraphView& graph, const Node& node) {
    return {0, node.op.as<op::Conv2d>().geometry(graph.input_type(node).shape).input_elements()};
  }
  LoweredHybridConv2d(const NodeData& data, std::span<std::byte>)
      : geometry_(data.op<op::Conv2d>().geometry(data.input_shape())),
        range_(activation_range(data.op<op::Conv2d>().activation)),
        filter_(data.filter().as<std::int8_t>()),
        filter_scale_(data.filter().scales[0]),
        bias_(data.bias().as<float>()) {}
  void run(const Buffers& buffers) const {
    reference::hybrid_conv2d(
        geometry_, reinterpret_cast<const float*>(buffers.inputs[0]), filter_.data(), filter_scale_, bias_.data(),
        range_, reinterpret_cast<std::int8_t*>(buffers.scratch.data()), reinterpret_cast<float*>(buffers.outputs[0]));
  }

 private:
  WindowGeometry geometry_;
  Range<float> range_;
  std::span<const std::int8_t> filter_;
  float filter_scale_;
  std::span<const float> bias_;
};

}  // namespace dlpu::inline DLPU_ABI

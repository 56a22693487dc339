#pragma once

/// DetectionPostProcess in a graph.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/detection_post_process.hpp"

namespace dlpu::inline DLPU_ABI {

/// It computes in float32 whatever the policy rounds with.
template <class Element>
class LoweredDetectionPostProcess {
  using Kernel = kernels::DetectionPostProcess<Element>;

 public:
  static constexpr Requirements requirements(const GraphView& graph, const Node& node) {
    return {0, Kernel::scratch_bytes(node.op.as<op::DetectionPostProcess>(), graph.input_type(node, 1).shape)};
  }
  LoweredDetectionPostProcess(const NodeData& data, std::span<std::byte>)
      : boxes_(elements(data.input_shape(0))),
        scores_(elements(data.input_shape(1))),
        anchors_(elements(data.input_shape(2))),
        found_(elements(data.output_shape(1))),
        kernel_(data.op<op::DetectionPostProcess>(), data.input_shape(0), data.input_shape(1), parameters(data, 0),
                parameters(data, 1), parameters(data, 2)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, boxes_), buffers.input<Element>(1, scores_),
                buffers.input<Element>(2, anchors_), buffers.output<float>(0, 4 * found_),
                buffers.output<float>(1, found_), buffers.output<float>(2, found_), buffers.output<float>(3, 1)[0],
                buffers.scratch);
  }

 private:
  static typename Kernel::Parameters parameters(const NodeData& data, std::size_t i) {
    if constexpr (Kernel::quantized)
      return data.input(i).quantization;
    else
      return {};
  }

  std::size_t boxes_, scores_, anchors_, found_;
  Kernel kernel_;
};

template <class Element, class R>
struct lowered_type<op::DetectionPostProcess, Element, R> {
  using type = LoweredDetectionPostProcess<Element>;
};

}  // namespace dlpu::inline DLPU_ABI

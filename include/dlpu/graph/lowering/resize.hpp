#pragma once

/// ResizeBilinear in a graph. ResizeNearestNeighbor only moves elements and is among those.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/resize.hpp"

namespace dlpu::inline DLPU_ABI {

/// Nothing is rounded as the policy says, so one instantiation serves all of them.
template <class Element>
class LoweredResizeBilinear {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredResizeBilinear(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())),
        output_(elements(data.output_shape())),
        kernel_(data.op<op::ResizeBilinear>(), data.input_shape()) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, input_), buffers.output<Element>(0, output_));
  }

 private:
  std::size_t input_, output_;
  kernels::ResizeBilinear<Element> kernel_;
};

template <class Element, class R>
struct lowered_type<op::ResizeBilinear, Element, R> {
  using type = LoweredResizeBilinear<Element>;
};

}  // namespace dlpu::inline DLPU_ABI

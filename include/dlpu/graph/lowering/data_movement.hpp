#pragma once

/// Concatenation, Pad and Reshape in a graph.

#include <cstring>

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/concatenation.hpp"
#include "dlpu/ops/pad.hpp"
#include "dlpu/ops/reshape.hpp"

namespace dlpu::inline DLPU_ABI {

template <class Element, class R>
class Lowered<op::Concatenation, Element, R> {
  using Kernel = kernels::Concatenation<Element>;
  static constexpr std::size_t max_inputs = op::Concatenation::max_inputs;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>) : output_(elements(data.output_shape())), kernel_(make(data)) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(data.node.inputs.count); ++i) {
      counts_[i] = elements(data.input_shape(i));
    }
  }
  void run(const Buffers& buffers) const {
    std::array<std::span<const Element>, max_inputs> inputs;
    for (std::size_t i = 0; i < buffers.inputs.size(); ++i) inputs[i] = buffers.input<Element>(i, counts_[i]);
    kernel_.run(std::span(inputs).first(buffers.inputs.size()), buffers.output<Element>(0, output_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const auto count = static_cast<std::size_t>(data.node.inputs.count);
    std::array<Shape, max_inputs> shapes;
    std::array<typename Kernel::Parameters, max_inputs> parameters{};
    for (std::size_t i = 0; i < count; ++i) {
      shapes[i] = data.input_shape(i);
      if constexpr (Kernel::quantized) parameters[i] = data.input(i).quantization;
    }
    typename Kernel::Parameters output{};
    if constexpr (Kernel::quantized) output = data.output().quantization;
    return {data.op<op::Concatenation>(), std::span(shapes).first(count), std::span(parameters).first(count), output};
  }

  std::array<std::size_t, max_inputs> counts_{};
  std::size_t output_;
  Kernel kernel_;
};

template <class Element, class R>
class Lowered<op::Pad, Element, R> {
  using Kernel = kernels::Pad<Element>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())), output_(elements(data.output_shape())), kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, input_), buffers.output<Element>(0, output_));
  }

 private:
  static Kernel make(const NodeData& data) {
    if constexpr (Kernel::quantized)
      return {data.op<op::Pad>(), data.input_shape(), data.output().quantization};
    else
      return {data.op<op::Pad>(), data.input_shape()};
  }

  std::size_t input_, output_;
  Kernel kernel_;
};

/// The memory plan gives both sides the same bytes where it can; then there is nothing to do.
template <class Element, class R>
class Lowered<op::Reshape, Element, R> {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>) : bytes_(elements(data.input_shape()) * sizeof(Element)) {}
  void run(const Buffers& buffers) const {
    if (buffers.inputs[0] != buffers.outputs[0]) std::memcpy(buffers.outputs[0], buffers.inputs[0], bytes_);
  }

 private:
  std::size_t bytes_;
};

}  // namespace dlpu::inline DLPU_ABI

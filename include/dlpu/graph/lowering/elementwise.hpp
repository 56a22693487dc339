#pragma once

/// Add, Relu, Clamp, Quantize and Dequantize in a graph.

#include <cstring>
#include <variant>

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/add.hpp"
#include "dlpu/ops/dequantize.hpp"
#include "dlpu/ops/quantize.hpp"
#include "dlpu/ops/relu.hpp"

namespace dlpu::inline DLPU_ABI {

template <class Element, class R>
class Lowered<op::Add, Element, R> {
  using Kernel = kernels::Add<Element, typename GraphPolicy<Element, R>::type>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>)
      : first_(elements(data.input_shape(0))),
        second_(elements(data.input_shape(1))),
        output_(elements(data.output_shape())),
        row_(data.output_shape().rank == 4 ? output_ / static_cast<std::size_t>(data.output_shape()[1]) : 0),
        kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, first_), buffers.input<Element>(1, second_),
                buffers.output<Element>(0, output_));
  }

  [[nodiscard]] Rows input_rows(Rows output) const { return output; }
  void run_rows(const RowBuffers& buffers) const {
    kernel_.run_elements(
        static_cast<std::size_t>(buffers.rows.count()) * row_, reinterpret_cast<const Element*>(buffers.inputs[0]),
        reinterpret_cast<const Element*>(buffers.inputs[1]), reinterpret_cast<Element*>(buffers.output));
  }

 private:
  static Kernel make(const NodeData& data) {
    const auto op = data.op<op::Add>();
    if constexpr (std::is_void_v<R>) {
      return {op, data.input_shape(0), data.input_shape(1)};
    } else {
      return {op,
              data.input_shape(0),
              data.input_shape(1),
              {data.input(0).quantization, data.input(1).quantization, data.output().quantization}};
    }
  }

  std::size_t first_, second_, output_;
  std::size_t row_;  // elements of a row of an image
  Kernel kernel_;
};

/// An operator from one tensor to another of the same size; `Kernel` is its class in `kernels`.
template <class Op, class Kernel, class Element, class R>
class LoweredUnary {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredUnary(const NodeData& data, std::span<std::byte>)
      : count_(elements(data.input_shape())), kernel_(make(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, count_), buffers.output<Element>(0, count_));
  }

 private:
  static Kernel make(const NodeData& data) {
    const Op op = data.op<Op>();
    if constexpr (std::is_void_v<R>)
      return Kernel(op);
    else
      return Kernel(op, data.input().quantization, data.output().quantization);
  }

  std::size_t count_;
  Kernel kernel_;
};

template <class Element, class R>
class Lowered<op::Relu, Element, R>
    : public LoweredUnary<op::Relu, kernels::Relu<Element, typename GraphPolicy<Element, R>::type>, Element, R> {
 public:
  using LoweredUnary<op::Relu, kernels::Relu<Element, typename GraphPolicy<Element, R>::type>, Element,
                     R>::LoweredUnary;
};

template <class Element, class R>
class Lowered<op::Clamp, Element, R>
    : public LoweredUnary<op::Clamp, kernels::Clamp<Element, typename GraphPolicy<Element, R>::type>, Element, R> {
 public:
  using LoweredUnary<op::Clamp, kernels::Clamp<Element, typename GraphPolicy<Element, R>::type>, Element,
                     R>::LoweredUnary;
};

/// A copy: what Quantize and Dequantize are where nothing is quantized.
template <class Element>
class LoweredCopy {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredCopy(const NodeData& data, std::span<std::byte>) : bytes_(elements(data.input_shape()) * sizeof(Element)) {}
  void run(const Buffers& buffers) const { std::memcpy(buffers.outputs[0], buffers.inputs[0], bytes_); }

 private:
  std::size_t bytes_;
};

template <>
class Lowered<op::Quantize, float, void> : public LoweredCopy<float> {
 public:
  using LoweredCopy<float>::LoweredCopy;
};

template <class From, class R>
class Lowered<op::Quantize, From, R> {
  template <class To>
  using Kernel = kernels::Quantize<From, To, BasicPerTensor<R>>;
  using Kernels = std::variant<Kernel<std::int8_t>, Kernel<std::uint8_t>, Kernel<std::int16_t>>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>)
      : count_(elements(data.input_shape())),
        kernels_(make_for(data, resolved(data.graph.output_type(data.node).element, data.storage))) {}
  void run(const Buffers& buffers) const {
    run_if<std::int8_t>(buffers), run_if<std::uint8_t>(buffers), run_if<std::int16_t>(buffers);
  }

 private:
  template <class To>
  void run_if(const Buffers& buffers) const {
    if (const auto* kernel = std::get_if<Kernel<To>>(&kernels_))
      kernel->run(buffers.input<From>(0, count_), buffers.output<To>(0, count_));
  }
  static Kernels make_for(const NodeData& data, ElementType to) {
    if (to == ElementType::uint8) return make<std::uint8_t>(data);
    if (to == ElementType::int16) return make<std::int16_t>(data);
    return make<std::int8_t>(data);
  }
  template <class To>
  static Kernel<To> make(const NodeData& data) {
    if constexpr (std::is_same_v<From, float>)
      return Kernel<To>(data.output().quantization);
    else
      return Kernel<To>(data.input().quantization, data.output().quantization);
  }

  std::size_t count_;
  Kernels kernels_;
};

template <class R>
class Lowered<op::Dequantize, float, R> : public LoweredCopy<float> {
 public:
  using LoweredCopy<float>::LoweredCopy;
};

template <class From, class R>
class Lowered<op::Dequantize, From, R> {
 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  Lowered(const NodeData& data, std::span<std::byte>)
      : count_(elements(data.input_shape())), kernel_(data.input().quantization) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<From>(0, count_), buffers.output<float>(0, count_));
  }

 private:
  std::size_t count_;
  kernels::Dequantize<From> kernel_;
};

}  // namespace dlpu::inline DLPU_ABI

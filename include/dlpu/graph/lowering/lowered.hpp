#pragma once

/// From an operator of a graph to a kernel that runs it: what `Network` (types and sizes known to the compiler) and
/// `Program` (known when a file is read) have in common.

#include <cstddef>
#include <span>

#include "dlpu/graph/parameters.hpp"
#include "dlpu/kernels/rows.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// Bytes that a kernel needs beside its inputs and outputs, for every CPU that the build may meet.
struct Requirements {
  std::size_t packed = 0;   ///< for as long as the kernel lives
  std::size_t scratch = 0;  ///< while it runs; shared between kernels
};

/// One operator of a graph with everything that is known of its tensors.
struct NodeData {
  const GraphView& graph;
  const Node& node;
  std::span<const TensorData> tensors;
  ElementType storage;  ///< of activations without an element type of their own

  template <class Op>
  [[nodiscard]] Op op() const {
    return node.op.as<Op>();
  }
  [[nodiscard]] const TensorData& input(std::size_t i = 0) const {
    return tensors[static_cast<std::size_t>(graph.inputs_of(node)[i])];
  }
  [[nodiscard]] const TensorData& output(std::size_t i = 0) const {
    return tensors[static_cast<std::size_t>(graph.outputs_of(node)[i])];
  }
  [[nodiscard]] const Shape& input_shape(std::size_t i = 0) const { return graph.input_type(node, i).shape; }
  [[nodiscard]] const Shape& output_shape(std::size_t i = 0) const { return graph.output_type(node, i).shape; }
  [[nodiscard]] const TensorData& filter() const { return input(1); }
  [[nodiscard]] const TensorData& bias() const { return input(2); }
};

/// Where an operator's tensors lie while it runs.
struct Buffers {
  std::span<const std::byte* const> inputs;
  std::span<std::byte* const> outputs;
  std::span<std::byte> scratch;

  template <class T>
  [[nodiscard]] std::span<const T> input(std::size_t i, std::size_t count) const {
    return {reinterpret_cast<const T*>(inputs[i]), count};
  }
  template <class T>
  [[nodiscard]] std::span<T> output(std::size_t i, std::size_t count) const {
    return {reinterpret_cast<T*>(outputs[i]), count};
  }
};

[[nodiscard]] constexpr std::size_t elements(const Shape& shape) {
  return static_cast<std::size_t>(shape.elements());
}

/// Some rows of an operator's output while it runs. Each input begins with the first row that they need, the output with
/// the first of `rows`.
struct RowBuffers {
  std::span<const std::byte* const> inputs;
  std::byte* output;
  Rows rows;
  std::span<std::byte> scratch;
};

/// An operator of type `Op` over elements of type `Element`, rounding with `R` (`void` in float32). A
/// specialization holds the kernel's state and has
///
///     static constexpr Requirements requirements(const GraphView&, const Node&);
///     Lowered(const NodeData&, std::span<std::byte> packed);   // packs; for start-up only
///     void run(const Buffers&) const;                          // allocates nothing
///
/// and, where the operator works by rows (`works_by_rows`),
///
///     Rows input_rows(Rows output) const;                      // what they read, of each input of rank 4
///     void run_rows(const RowBuffers&) const;
template <class Op, class Element, class R>
class Lowered;

/// The class that runs an operator. Operators that differ in data only name one class for all of them here, which is
/// compiled once.
template <class Op, class Element, class R>
struct lowered_type {
  using type = Lowered<Op, Element, R>;
};

/// The element types that an operator's first input may have.
template <class Op>
struct input_elements {
  using type = type_list<float, std::int8_t, std::uint8_t>;
};
template <class Op>
requires requires {
  typename Op::elements;
}
struct input_elements<Op> {
  using type = typename Op::elements;
};

/// The policy that a kernel is instantiated with in a graph: whether there is one filter scale or many is data there.
template <class Element, class R>
struct GraphPolicy {
  using type = BasicPerChannel<0, R, Element>;
};
template <class Element>
struct GraphPolicy<Element, void> {
  using type = Unquantized;
};

}  // namespace dlpu::inline DLPU_ABI

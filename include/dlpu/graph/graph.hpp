#pragma once

/// The graph of a network: operators in the order in which they run, and the tensors between them. A value,
/// built in a constant expression or at run time; algorithms take a `GraphView` of either.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "dlpu/graph/name.hpp"
#include "dlpu/graph/operator.hpp"

namespace dlpu::inline DLPU_ABI {

/// What a tensor is to the graph.
enum class TensorRole : std::int32_t {
  input,       ///< comes from the caller
  activation,  ///< computed by an operator
  filter,      ///< weights of an operator, stored as the policy says: `FilterOf` the activations' type
  bias,        ///< at scale input * filter: int32, int64 beside int16 activations, or float
  constant,    ///< any other data of the model
};

/// How the numbers of a constant follow from the network's description, such as the anchors of a detector.
struct Formula {
  /// The real number at `index` of the tensor, counted row by row; none: the constant's data come with the weights.
  float (*number)(const Formula& formula, const Shape& shape, std::int64_t index) = nullptr;
  std::array<float, 6> parameters{};

  [[nodiscard]] constexpr explicit operator bool() const { return number != nullptr; }
};

/// One tensor: its type is known to the graph, its data and quantization are not.
struct TensorInfo {
  Name name;  ///< of the operator that makes it or owns it; empty for inputs without a name
  TensorType type;
  TensorRole role = TensorRole::activation;
  std::int32_t producer = -1;  ///< the operator that computes it; -1 for all that is given
  Formula formula{};           ///< of a constant; see `fill_constants`
};

/// The element type of a tensor once activations are stored as `storage`.
[[nodiscard]] constexpr ElementType resolved(ElementType element, ElementType storage) {
  return element == ElementType::activation ? storage : element;
}
/// The same of any tensor: filters and biases are stored as goes with the activations (see `stored_beside`).
[[nodiscard]] constexpr ElementType resolved(const TensorInfo& tensor, ElementType storage) {
  if (tensor.role == TensorRole::bias && tensor.type.element == ElementType::int32) return sum_element(storage);
  return resolved(tensor.type.element, tensor.role == TensorRole::filter ? filter_element(storage) : storage);
}
[[nodiscard]] constexpr std::size_t bytes_of(const TensorType& type, ElementType storage) {
  return static_cast<std::size_t>(type.shape.elements()) * element_bytes(resolved(type.element, storage));
}

[[nodiscard]] constexpr std::size_t bytes_of(const TensorInfo& tensor, ElementType storage) {
  return static_cast<std::size_t>(tensor.type.shape.elements()) * element_bytes(resolved(tensor, storage));
}

/// A run of tensor numbers in `GraphView::edges`.
struct EdgeRange {
  std::int32_t first = 0, count = 0;
};

/// One operator at its place in the graph.
struct Node {
  Operator op;
  EdgeRange inputs;  ///< the data first, then filter and bias where there are
  EdgeRange outputs;
  Name name;
  /// Epsilon of the batch normalization between a convolution and its activation, folded into the weights
  /// when float weights are loaded; negative: none.
  float batch_norm_epsilon = -1.0f;
};

/// A graph to read, wherever it is stored.
struct GraphView {
  std::span<const Node> nodes;
  std::span<const TensorInfo> tensors;
  std::span<const std::int32_t> edges;
  std::span<const std::int32_t> inputs, outputs;  ///< tensor numbers
  const Rule* problem = nullptr;                  ///< the first rule that the description broke
  std::int32_t problem_node = -1;

  [[nodiscard]] constexpr std::span<const std::int32_t> inputs_of(const Node& node) const {
    return edges.subspan(static_cast<std::size_t>(node.inputs.first), static_cast<std::size_t>(node.inputs.count));
  }
  [[nodiscard]] constexpr std::span<const std::int32_t> outputs_of(const Node& node) const {
    return edges.subspan(static_cast<std::size_t>(node.outputs.first), static_cast<std::size_t>(node.outputs.count));
  }
  [[nodiscard]] constexpr const TensorInfo& tensor(std::int32_t index) const {
    return tensors[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] constexpr const Node& node(std::size_t index) const { return nodes[index]; }
  /// The type of a node's i-th input or output.
  [[nodiscard]] constexpr const TensorType& input_type(const Node& node, std::size_t i = 0) const {
    return tensor(inputs_of(node)[i]).type;
  }
  [[nodiscard]] constexpr const TensorType& output_type(const Node& node, std::size_t i = 0) const {
    return tensor(outputs_of(node)[i]).type;
  }
};

/// How many of each a graph holds.
struct GraphSize {
  std::size_t nodes = 0, tensors = 0, edges = 0, inputs = 0, outputs = 0;
  friend constexpr bool operator==(const GraphSize&, const GraphSize&) = default;
};

/// An owning graph of any size.
struct Graph {
  std::vector<Node> nodes;
  std::vector<TensorInfo> tensors;
  std::vector<std::int32_t> edges, inputs, outputs;
  const Rule* problem = nullptr;
  std::int32_t problem_node = -1;

  [[nodiscard]] constexpr GraphView view() const {
    return {nodes, tensors, edges, inputs, outputs, problem, problem_node};
  }
  [[nodiscard]] constexpr GraphSize size() const {
    return {nodes.size(), tensors.size(), edges.size(), inputs.size(), outputs.size()};
  }
};

/// A graph of fixed size without heap: what a constant can hold.
template <GraphSize Size>
struct StaticGraph {
  std::array<Node, Size.nodes> nodes{};
  std::array<TensorInfo, Size.tensors> tensors{};
  std::array<std::int32_t, Size.edges> edges{};
  std::array<std::int32_t, Size.inputs> inputs{};
  std::array<std::int32_t, Size.outputs> outputs{};
  const Rule* problem = nullptr;
  std::int32_t problem_node = -1;

  constexpr StaticGraph() = default;
  constexpr explicit StaticGraph(const Graph& graph) : problem(graph.problem), problem_node(graph.problem_node) {
    for (std::size_t i = 0; i < Size.nodes; ++i) nodes[i] = graph.nodes[i];
    for (std::size_t i = 0; i < Size.tensors; ++i) tensors[i] = graph.tensors[i];
    for (std::size_t i = 0; i < Size.edges; ++i) edges[i] = graph.edges[i];
    for (std::size_t i = 0; i < Size.inputs; ++i) inputs[i] = graph.inputs[i];
    for (std::size_t i = 0; i < Size.outputs; ++i) outputs[i] = graph.outputs[i];
  }
  [[nodiscard]] constexpr GraphView view() const {
    return {nodes, tensors, edges, inputs, outputs, problem, problem_node};
  }
  /// A copy without a fixed size.
  [[nodiscard]] constexpr Graph graph() const {
    return {{nodes.begin(), nodes.end()},
            {tensors.begin(), tensors.end()},
            {edges.begin(), edges.end()},
            {inputs.begin(), inputs.end()},
            {outputs.begin(), outputs.end()},
            problem,
            problem_node};
  }
};

}  // namespace dlpu::inline DLPU_ABI

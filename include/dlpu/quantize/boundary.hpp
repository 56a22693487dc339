#pragma once

/// Inputs and outputs in other types than a network computes in: Quantize and Dequantize at its ends.

#include <utility>
#include <vector>

#include "dlpu/quantize/scheme.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// What a network takes and gives; `activation`: what it computes in.
struct Boundary {
  ElementType input = ElementType::activation, output = ElementType::activation;
};

namespace detail {

/// The same real numbers in another type: all of them between the 8-bit types, between 8 and 16 bits the same range in
/// steps of another size.
[[nodiscard]] constexpr Quantization moved(Quantization q, ElementType from, ElementType to) {
  if (from == to || to == ElementType::float32) return q;
  if (from == ElementType::int16) return {q.scale * 256.0f, to == ElementType::uint8 ? 128 : 0};
  return {q.scale, q.zero_point + (to == ElementType::uint8 ? 128 : -128)};
}

inline std::int32_t add_tensor(QuantizedNetwork& network, std::vector<TensorData>& data, std::int32_t like,
                               ElementType element, TensorRole role) {
  TensorInfo info = network.graph.tensors[static_cast<std::size_t>(like)];
  TensorData made;
  made.quantization = moved(data[static_cast<std::size_t>(like)].quantization, info.type.element, element);
  info.type.element = element;
  info.role = role;
  info.producer = -1;
  network.graph.tensors.push_back(info);
  data.push_back(made);
  return static_cast<std::int32_t>(network.graph.tensors.size()) - 1;
}

[[nodiscard]] inline Node conversion(QuantizedNetwork& network, std::int32_t from, std::int32_t to,
                                     std::string_view name) {
  const ElementType element = network.graph.tensors[static_cast<std::size_t>(to)].type.element;
  Node node;
  node.op = element == ElementType::float32 ? Operator(op::Dequantize{}) : Operator(op::Quantize{element});
  node.name.push({name});
  node.inputs = {static_cast<std::int32_t>(network.graph.edges.size()), 1};
  network.graph.edges.push_back(from);
  node.outputs = {static_cast<std::int32_t>(network.graph.edges.size()), 1};
  network.graph.edges.push_back(to);
  return node;
}

}  // namespace detail

/// The network with other types at its ends. Types are int8, uint8 or float32. Power-of-two networks of uint8 inputs keep
/// their scale; only the zero point of the new input is not 0.
inline void set_boundary(QuantizedNetwork& network, Boundary boundary) {
  Graph& graph = network.graph;
  std::vector<TensorData> data(network.parameters.tensors().begin(), network.parameters.tensors().end());
  std::vector<Node> first;
  if (boundary.input != ElementType::activation) {
    for (std::int32_t& input : graph.inputs) {
      if (graph.tensors[static_cast<std::size_t>(input)].type.element == boundary.input) continue;
      const std::int32_t made = detail::add_tensor(network, data, input, boundary.input, TensorRole::input);
      graph.tensors[static_cast<std::size_t>(input)].role = TensorRole::activation;
      graph.tensors[static_cast<std::size_t>(input)].producer = static_cast<std::int32_t>(first.size());
      first.push_back(detail::conversion(network, made, input, "quantize_input"));
      input = made;
    }
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
      std::int32_t& producer = graph.tensors[t].producer;
      const bool is_new =
          producer >= 0 && producer < static_cast<std::int32_t>(first.size()) &&
          graph.edges[static_cast<std::size_t>(first[static_cast<std::size_t>(producer)].outputs.first)] ==
              static_cast<std::int32_t>(t);
      if (producer >= 0 && !is_new) producer += static_cast<std::int32_t>(first.size());
    }
    graph.nodes.insert(graph.nodes.begin(), first.begin(), first.end());
  }
  if (boundary.output != ElementType::activation) {
    for (std::int32_t& output : graph.outputs) {
      if (graph.tensors[static_cast<std::size_t>(output)].type.element == boundary.output) continue;
      const std::int32_t made = detail::add_tensor(network, data, output, boundary.output, TensorRole::activation);
      graph.tensors[static_cast<std::size_t>(made)].producer = static_cast<std::int32_t>(graph.nodes.size());
      graph.nodes.push_back(detail::conversion(network, output, made, "convert_output"));
      output = made;
    }
  }
  network.parameters.set_tensors(std::move(data));
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

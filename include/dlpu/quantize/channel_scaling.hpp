#pragma once

/// Where a network lets its channels be scaled without changing what it computes.
///
/// Divide channel c of a tensor by s(c) > 0: its producer's filter rows and bias are divided by s(c), its consumers' filter
/// columns multiplied. That is exact behind ReLU or no activation, because ReLU(x / s) = ReLU(x) / s. Additions, pools,
/// padding and the like pass the factors on, so all tensors around them form one group with one set of factors
/// (Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.1, there for pairs of layers).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "dlpu/quantize/float_network.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// Tensors whose channels must be scaled together, and the weighted operators around them.
struct ChannelGroup {
  std::size_t channels = 0;
  std::vector<std::int32_t> tensors;
  std::vector<std::size_t> producers, consumers;  ///< nodes; a depthwise convolution stands between two groups
  bool has_relu6 = false;                         ///< ReLU6 does not let a scale through
};

namespace detail {

/// Operators that treat all channels alike and pass positive factors on; their tensors' last dimension is the channel.
[[nodiscard]] inline bool passes_channel_factors(const GraphView& graph, const Node& node) {
  const Shape& in = graph.input_type(node).shape;
  const Shape& out = graph.output_type(node).shape;
  const Operator& op = node.op;
  if (op.is<op::Add>()) return in == out && graph.input_type(node, 1).shape == out;
  if (in.rank == 0 || out.rank == 0 || in[in.rank - 1] != out[out.rank - 1]) return false;
  if (op.is<op::Mean>()) {  // over anything but the channels
    const op::Mean mean = op.as<op::Mean>();
    return !mean.axes.contains(in.rank - 1, in.rank);
  }
  return op.is<op::Relu>() || op.is<op::Pad>() || op.is<op::AveragePool2d>() || op.is<op::MaxPool2d>() ||
         op.is<op::Reshape>();
}

[[nodiscard]] inline bool is_scalable(const GraphView& graph, const Node& node) {
  if (!::dlpu::detail::is_weighted(graph, node)) return false;
  if (node.op.is<op::DepthwiseConv2d>())
    return graph.input_type(node).shape.channels() == graph.output_type(node).shape.channels();
  if (node.op.is<op::FullyConnected>())
    return graph.input_type(node).shape.channels() == graph.input_type(node, 1).shape[1];
  return node.op.is<op::Conv2d>();
}

/// The input channel that an element of a filter is multiplied with: its last axis in every layout.
[[nodiscard]] inline std::size_t filter_input(const Shape& shape, std::size_t element) {
  return element % static_cast<std::size_t>(shape[shape.rank - 1]);
}

}  // namespace detail

/// All groups that may be scaled: none of their tensors is an input or output of the network or meets an operator that
/// is not known to pass factors on. Groups with `has_relu6` may be scaled only once their ReLU6 is replaced.
[[nodiscard]] inline std::vector<ChannelGroup> channel_groups(const Graph& graph) {
  const GraphView view = graph.view();
  const std::size_t count = graph.tensors.size();
  std::vector<std::int32_t> parent(count);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](std::int32_t tensor) {
    while (parent[static_cast<std::size_t>(tensor)] != tensor) tensor = parent[static_cast<std::size_t>(tensor)];
    return static_cast<std::size_t>(tensor);
  };
  std::vector<bool> fixed(count), relu6(count);
  for (const std::int32_t tensor : graph.inputs) fixed[static_cast<std::size_t>(tensor)] = true;
  for (const std::int32_t tensor : graph.outputs) fixed[static_cast<std::size_t>(tensor)] = true;
  for (const Node& node : graph.nodes) {
    const auto inputs = view.inputs_of(node), outputs = view.outputs_of(node);
    const bool scalable = detail::is_scalable(view, node);
    if (detail::passes_channel_factors(view, node)) {
      for (const std::int32_t tensor : inputs) parent[root(tensor)] = static_cast<std::int32_t>(root(outputs[0]));
    } else if (!scalable) {
      for (const std::int32_t tensor : inputs) fixed[static_cast<std::size_t>(tensor)] = true;
      for (const std::int32_t tensor : outputs) fixed[static_cast<std::size_t>(tensor)] = true;
    }
    const Activation activation = detail::fused_activation(node.op);
    for (const std::int32_t output : outputs) {
      if (activation == Activation::relu6) relu6[static_cast<std::size_t>(output)] = true;
      if (activation == Activation::relu_n1_to_1) fixed[static_cast<std::size_t>(output)] = true;
    }
  }
  std::vector<ChannelGroup> groups(count);
  std::vector<bool> refused(count);
  for (std::size_t t = 0; t < count; ++t) {
    const TensorInfo& info = graph.tensors[t];
    const std::size_t r = root(static_cast<std::int32_t>(t));
    if (info.role == TensorRole::filter || info.role == TensorRole::bias) {
      refused[r] = true;
      continue;
    }
    refused[r] = refused[r] || fixed[t] || info.role == TensorRole::constant;
    groups[r].has_relu6 = groups[r].has_relu6 || relu6[t];
    groups[r].tensors.push_back(static_cast<std::int32_t>(t));
    groups[r].channels = info.type.shape.rank ? static_cast<std::size_t>(info.type.shape.channels()) : 0;
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!detail::is_scalable(view, graph.nodes[i])) continue;
    groups[root(view.inputs_of(graph.nodes[i])[0])].consumers.push_back(i);
    groups[root(view.outputs_of(graph.nodes[i])[0])].producers.push_back(i);
  }
  std::vector<ChannelGroup> result;
  for (std::size_t r = 0; r < count; ++r) {
    if (!refused[r] && !groups[r].producers.empty() && !groups[r].consumers.empty()) result.push_back(groups[r]);
  }
  return result;
}

/// The group with its channel c divided by factors[c]; factors are positive. Ranges that a file gave no longer hold.
inline void scale_channels(FloatNetwork& network, const ChannelGroup& group, std::span<const float> factors) {
  const GraphView view = network.graph.view();
  for (const std::size_t i : group.producers) {
    const Node& node = view.nodes[i];
    const std::int32_t filter = view.inputs_of(node)[1];
    const Shape& shape = view.tensor(filter).type.shape;
    const int axis = detail::channel_axis(node.op);
    std::vector<float>&weights = network[filter], &bias = network[view.inputs_of(node)[2]];
    for (std::size_t e = 0; e < weights.size(); ++e) weights[e] /= factors[filter_channel(shape, axis, e)];
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] /= factors[c];
  }
  for (const std::size_t i : group.consumers) {
    const std::int32_t filter = view.inputs_of(view.nodes[i])[1];
    const Shape& shape = view.tensor(filter).type.shape;
    std::vector<float>& weights = network[filter];
    for (std::size_t e = 0; e < weights.size(); ++e) weights[e] *= factors[detail::filter_input(shape, e)];
  }
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const std::int32_t tensor : group.tensors)
    network.ranges[static_cast<std::size_t>(tensor)] = {infinity, -infinity};
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

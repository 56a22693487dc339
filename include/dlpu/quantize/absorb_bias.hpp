#pragma once

/// Bias absorption: the part of a channel that is always there moves into the next layer's bias, and its range shrinks
/// (Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.1.3, with the observed minimum in place of mean - 3
/// sigma).

#include <vector>

#include "dlpu/quantize/activation_ranges.hpp"
#include "dlpu/quantize/channel_scaling.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

namespace detail {

/// Every weight meets a value of the input, never a zero from padding: only then is a shift of the input a bias.
[[nodiscard]] inline bool sees_no_padding(const GraphView& graph, const Node& node) {
  if (node.op.is<op::FullyConnected>()) return true;
  if (!node.op.is<op::Conv2d>()) return false;
  const op::Conv2d op = node.op.as<op::Conv2d>();
  const WindowGeometry g = op.geometry(graph.input_type(node).shape);
  return op.kernel == Size2D(1) && g.pad_top == 0 && g.pad_left == 0;
}

}  // namespace detail

/// Moves what samples never undercut behind ReLU, and the middle of a channel's range where there is no activation, from
/// each layer's bias into those of the layers that read it. Exact on the samples that `extremes` were observed over.
/// Returns how many layers gave something up.
inline std::size_t absorb_bias(FloatNetwork& network, const std::vector<Extremes>& extremes) {
  const GraphView view = network.graph.view();
  std::size_t changed = 0;
  for (const ChannelGroup& group : channel_groups(network.graph)) {
    if (group.has_relu6 || group.tensors.size() != 1 || group.producers.size() != 1) continue;
    const Node& producer = view.nodes[group.producers[0]];
    const bool relu = detail::fused_activation(producer.op) == Activation::relu;
    bool valid = true;
    for (const std::size_t i : group.consumers) valid = valid && detail::sees_no_padding(view, view.nodes[i]);
    const auto& channels = extremes[static_cast<std::size_t>(group.tensors[0])].channels;
    if (!valid || channels.size() != group.channels) continue;
    std::vector<float> shift;
    bool any = false;
    for (const Range<float>& channel : channels) {
      shift.push_back(relu ? std::max(0.0f, channel.low) : 0.5f * (channel.low + channel.high));
      any = any || shift.back() != 0.0f;
    }
    if (!any) continue;
    std::vector<float>& bias = network[view.inputs_of(producer)[2]];
    for (std::size_t c = 0; c < shift.size(); ++c) bias[c] -= shift[c];
    for (const std::size_t i : group.consumers) {
      const std::int32_t filter = view.inputs_of(view.nodes[i])[1];
      const Shape& shape = view.tensor(filter).type.shape;
      std::vector<float>& next = network[view.inputs_of(view.nodes[i])[2]];
      for (std::size_t e = 0; e < network[filter].size(); ++e) {
        next[filter_channel(shape, 0, e)] += network[filter][e] * shift[detail::filter_input(shape, e)];
      }
    }
    ++changed;
  }
  return changed;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

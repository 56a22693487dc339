#pragma once

/// Cross-layer equalization: channels get the same range in the layers before and after them, so that one scale per
/// filter wastes little (Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.1). Needs no data.

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "dlpu/quantize/activation_ranges.hpp"
#include "dlpu/quantize/channel_scaling.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

struct EqualizationResult {
  std::size_t groups = 0;          ///< that were scaled
  std::size_t kept_relu6 = 0;      ///< groups left alone for their ReLU6
  std::size_t replaced_relu6 = 0;  ///< layers that got ReLU, since their ReLU6 never cut anything
  std::size_t rounds = 0;
};

/// The most that ReLU6 may see of a channel that is scaled: below its 6 by what unseen inputs may exceed.
inline constexpr float relu6_ceiling = 5.4f;

namespace detail {

/// The largest magnitude of each channel in filters: of the rows that make it, or of the columns that take it.
[[nodiscard]] inline std::vector<float> channel_bounds(const FloatNetwork& network, const ChannelGroup& group,
                                                       bool producers) {
  const GraphView view = network.graph.view();
  std::vector<float> bounds(group.channels);
  for (const std::size_t i : producers ? group.producers : group.consumers) {
    const Node& node = view.nodes[i];
    const std::int32_t filter = view.inputs_of(node)[1];
    const Shape& shape = view.tensor(filter).type.shape;
    const int axis = channel_axis(node.op);
    const std::vector<float>& weights = network[filter];
    for (std::size_t e = 0; e < weights.size(); ++e) {
      float& bound = bounds[producers ? filter_channel(shape, axis, e) : filter_input(shape, e)];
      bound = std::max(bound, std::abs(weights[e]));
    }
  }
  return bounds;
}

/// ReLU in place of every ReLU6 that no sample comes near.
inline std::size_t replace_idle_relu6(Graph& graph, const std::vector<Extremes>& extremes) {
  std::size_t replaced = 0;
  for (Node& node : graph.nodes) {
    if (fused_activation(node.op) != Activation::relu6) continue;
    if (extremes[static_cast<std::size_t>(graph.view().outputs_of(node)[0])].whole.high > relu6_ceiling) continue;
    node.op = with_activation(node.op, Activation::relu);
    ++replaced;
  }
  return replaced;
}

/// A channel that is zero on one side has no range there to equalize; nothing is gained beyond a factor of 2^40.
[[nodiscard]] inline float equalizing_factor(float before, float after) {
  constexpr float largest = 1e12f;
  if (!(before > 0.0f) || !(after > 0.0f)) return 1.0f;
  return std::clamp(std::sqrt(before) / std::sqrt(after), 1.0f / largest, largest);
}

}  // namespace detail

/// Scales every group's channel c by s(c) = sqrt(r_before(c) / r_after(c)), which makes both ranges the same, over and
/// over until no factor is off by more than `tolerance`.
///
/// ReLU6 does not let a scale through where it cuts. `extremes`, observed in the same network, say where it does: a layer
/// whose channels all stay below `relu6_ceiling` gets ReLU instead; of other layers, channels that reach it stay as they
/// are, and the rest is scaled only as far as it stays below. So the network computes the same on the samples. Without
/// extremes, groups with a ReLU6 stay as they are.
inline EqualizationResult equalize(FloatNetwork& network, const std::vector<Extremes>& extremes = {},
                                   float tolerance = 1e-2f, std::size_t most_rounds = 60) {
  EqualizationResult result;
  if (!extremes.empty()) result.replaced_relu6 = detail::replace_idle_relu6(network.graph, extremes);
  std::vector<ChannelGroup> groups = channel_groups(network.graph);
  result.kept_relu6 = std::erase_if(groups, [&](const ChannelGroup& group) {
    return group.has_relu6 && (extremes.empty() || group.tensors.size() != 1);
  });
  result.groups = groups.size();
  std::vector<std::vector<float>> highest;  // of each channel behind ReLU6, scaled with it
  for (const ChannelGroup& group : groups) {
    highest.emplace_back();
    if (!group.has_relu6) continue;
    for (const Range<float>& channel : extremes[static_cast<std::size_t>(group.tensors[0])].channels)
      highest.back().push_back(channel.high);
  }
  for (float change = 2.0f; result.rounds < most_rounds && change > 1.0f + tolerance; ++result.rounds) {
    change = 1.0f;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      std::vector<float> factors = detail::channel_bounds(network, groups[g], true);
      const std::vector<float> after = detail::channel_bounds(network, groups[g], false);
      for (std::size_t c = 0; c < factors.size(); ++c) {
        factors[c] = detail::equalizing_factor(factors[c], after[c]);
        if (groups[g].has_relu6) {
          factors[c] = highest[g][c] > relu6_ceiling ? 1.0f : std::max(factors[c], highest[g][c] / relu6_ceiling);
          highest[g][c] /= factors[c];
        }
        change = std::max({change, factors[c], 1.0f / factors[c]});
      }
      scale_channels(network, groups[g], factors);
    }
  }
  return result;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

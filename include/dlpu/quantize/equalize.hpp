#pragma once

/// Cross-layer equalization: channels get the same range in the layers before and after them, so that one scale per
/// filter wastes little (Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.1). Needs no data.

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "dlpu/quantize/channel_scaling.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

struct EqualizationResult {
  std::size_t groups = 0;      ///< that were scaled
  std::size_t kept_relu6 = 0;  ///< left alone for their ReLU6
  std::size_t rounds = 0;
};

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

/// A channel that is zero on one side has no range there to equalize; nothing is gained beyond a factor of 2^40.
[[nodiscard]] inline float equalizing_factor(float before, float after) {
  constexpr float largest = 1e12f;
  if (!(before > 0.0f) || !(after > 0.0f)) return 1.0f;
  return std::clamp(std::sqrt(before) / std::sqrt(after), 1.0f / largest, largest);
}

}  // namespace detail

/// Scales every group's channel c by s(c) = sqrt(r_before(c) / r_after(c)), which makes both ranges the same, over and
/// over until no factor is off by more than `tolerance`. Groups with a ReLU6 stay as they are.
inline EqualizationResult equalize(FloatNetwork& network, float tolerance = 1e-3f, std::size_t most_rounds = 200) {
  EqualizationResult result;
  std::vector<ChannelGroup> groups = channel_groups(network.graph);
  const auto kept = std::ranges::remove_if(groups, [](const ChannelGroup& group) { return group.has_relu6; });
  result.kept_relu6 = kept.size();
  groups.erase(kept.begin(), kept.end());
  result.groups = groups.size();
  for (float change = 2.0f; result.rounds < most_rounds && change > 1.0f + tolerance; ++result.rounds) {
    change = 1.0f;
    for (const ChannelGroup& group : groups) {
      std::vector<float> factors = detail::channel_bounds(network, group, true);
      const std::vector<float> after = detail::channel_bounds(network, group, false);
      for (std::size_t c = 0; c < factors.size(); ++c) {
        factors[c] = detail::equalizing_factor(factors[c], after[c]);
        change = std::max({change, factors[c], 1.0f / factors[c]});
      }
      scale_channels(network, group, factors);
    }
  }
  return result;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

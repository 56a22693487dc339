#pragma once

/// Filter scales that clip: a few large weights may cost less clipped than they cost all others in resolution.

#include <algorithm>
#include <cmath>
#include <vector>

#include "dlpu/quantize/layer_inputs.hpp"
#include "dlpu/quantize/scheme.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

namespace detail {

/// The expected squared change of a layer's output, for inputs taken as independent, when `filter` is stored with one
/// quantization: over one output channel, or all where `channel` is negative.
template <class Policy>
[[nodiscard]] double rounding_cost(const std::vector<float>& filter, const FilterLayout& layout,
                                   const std::vector<float>& power, float bound, std::ptrdiff_t channel) {
  using Stored = FilterOf<typename Policy::Storage>;
  const Quantization q = Policy::for_filter(bound);
  constexpr auto most = static_cast<float>(std::numeric_limits<Stored>::max());
  const float high = most - static_cast<float>(q.zero_point);
  double sum = 0.0;
  const std::size_t first = channel < 0 ? 0 : static_cast<std::size_t>(channel);
  const std::size_t last = channel < 0 ? layout.channels : first + 1;
  for (std::size_t c = first; c < last; ++c) {
    const float* weight = power.data() + layout.window(c) * layout.size;
    for (std::size_t k = 0; k < layout.size; ++k) {
      const float value = filter[layout.at(c, k)] / q.scale;
      const float error = (value - std::clamp(std::nearbyint(value), -high, high)) * q.scale;
      sum += static_cast<double>(error * error * weight[k]);
    }
  }
  return sum;
}

}  // namespace detail

/// For every filter the bounds, from its largest magnitude down to a thousandth of it, that cost least. Far down is where
/// the largest weights meet inputs that are always zero, as training leaves them behind in MobileNets.
template <QuantizationPolicy Policy>
[[nodiscard]] FilterBounds best_filter_bounds(const FloatNetwork& network, const std::vector<LayerInputs>& inputs) {
  const GraphView view = network.graph.view();
  FilterBounds bounds(view.tensors.size());
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const LayerInputs& layer = inputs[i];
    if (layer.size == 0 || !(layer.count > 0.0)) continue;
    const std::int32_t tensor = view.inputs_of(view.nodes[i])[1];
    const detail::FilterLayout layout = detail::filter_layout(view, view.nodes[i]);
    const std::vector<float>& filter = network[tensor];
    std::vector<float> power;
    for (std::size_t w = 0; w < layer.windows; ++w) {
      for (std::size_t k = 0; k < layer.size; ++k)
        power.push_back(static_cast<float>(std::max(0.0, layer.covariance(w, k, k))));
    }
    std::vector<float> best =
        detail::magnitudes(filter, view.tensor(tensor).type.shape, detail::channel_axis(view.nodes[i].op),
                           Policy::per_channel ? layout.channels : 1);
    for (std::size_t s = 0; s < best.size(); ++s) {
      if (!(best[s] > 0.0f)) continue;
      const std::ptrdiff_t channel = Policy::per_channel ? static_cast<std::ptrdiff_t>(s) : -1;
      const float whole = best[s];
      double least = std::numeric_limits<double>::infinity();
      for (int step = 0; step <= 80; ++step) {
        const float bound = whole * std::exp2(-0.125f * static_cast<float>(step));
        const double cost = detail::rounding_cost<Policy>(filter, layout, power, bound, channel);
        if (cost < least) least = cost, best[s] = bound;
      }
    }
    bounds[static_cast<std::size_t>(tensor)] = std::move(best);
  }
  return bounds;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

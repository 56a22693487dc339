#pragma once

/// Bias correction without samples: what a layer's changed weights do to its mean follows from what its inputs are expected
/// to be (Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.2). `refine` does it with observed inputs.

#include <vector>

#include "dlpu/quantize/expected_inputs.hpp"
#include "dlpu/quantize/refine.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

namespace detail {

template <class Storage>
void correct_layer(const FloatNetwork& network, const Node& node, const ChannelMoments& windows, Parameters& target) {
  const GraphView view = network.graph.view();
  const std::vector<float>&filter = network[view.inputs_of(node)[1]], &bias = network[view.inputs_of(node)[2]];
  StoredLayer<Storage> layer(view, node, target);
  for (std::size_t c = 0; c < layer.layout.channels; ++c) {
    const std::vector<std::int32_t> stored = layer.weights(c);
    double shift = 0.0;
    for (std::size_t k = 0; k < stored.size(); ++k) {
      const double change =
          static_cast<double>(layer.scale(c)) * stored[k] - static_cast<double>(filter[layer.layout.at(c, k)]);
      shift += change * windows[layer.layout.window(c) * layer.layout.size + k].mean;
    }
    layer.set_bias(c, static_cast<double>(bias[c]) - shift);
  }
}

}  // namespace detail

/// Takes the expected mean of the error that rounded weights make out of the biases of `quantized`, made from `network`.
/// Returns how many layers were corrected: those whose inputs can be expected (see `expected_inputs`).
inline std::size_t correct_bias_analytically(const FloatNetwork& network, const ChannelMoments& input,
                                             QuantizedNetwork& quantized) {
  const GraphView view = network.graph.view();
  const std::vector<ChannelMoments> windows = expected_inputs(network, input);
  std::size_t corrected = 0;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (windows[i].empty()) continue;
    ++corrected;
    if (quantized.target.storage == ElementType::int8)
      detail::correct_layer<std::int8_t>(network, view.nodes[i], windows[i], quantized.parameters);
    else
      detail::correct_layer<std::uint8_t>(network, view.nodes[i], windows[i], quantized.parameters);
  }
  return corrected;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

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
void correct_layer(const FloatNetwork& network, const Node& node, const ChannelMoments& windows,
                   StoredLayer<Storage>& layer) {
  const GraphView view = network.graph.view();
  const std::vector<float>&filter = network[view.inputs_of(node)[1]], &bias = network[view.inputs_of(node)[2]];
  const FilterLayout layout = layer.layout;
  for (std::size_t c = 0; c < layout.channels; ++c) {
    const auto mean = [&](std::size_t k) { return windows[layout.window(c) * layout.size + k].mean; };
    const double shift = mean_shift(real_weights(filter, layout, c), layer.scale(c), layer.weights(c), mean);
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
    detail::change_layer(quantized, view.nodes[i],
                         [&](auto& layer) { detail::correct_layer(network, view.nodes[i], windows[i], layer); });
  }
  return corrected;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

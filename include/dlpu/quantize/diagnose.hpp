#pragma once

/// What quantization did to each layer.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "dlpu/quantize/compare.hpp"
#include "dlpu/quantize/equalize.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// One weighted operator.
struct LayerDiagnosis {
  std::size_t node = 0;
  double decibel = 0.0;  ///< signal-to-noise ratio of its output, all layers before it quantized too
  double range_ratio =
      1.0;                 ///< largest over smallest range of its filter's output channels, without channels of zeros
  double saturated = 0.0;  ///< part of its output's numbers at the highest stored number
  double own_error = 0.0;  ///< squared error of the network's output when only this layer's weights are quantized
  double share = 0.0;      ///< of the sum of all layers' own errors
  std::size_t zero_channels = 0;  ///< output channels without any weight: they are constant
};

namespace detail {

[[nodiscard]] inline LayerDiagnosis diagnose_filter(const FloatNetwork& network, std::size_t index) {
  const GraphView view = network.graph.view();
  const Node& node = view.nodes[index];
  const std::int32_t tensor = view.inputs_of(node)[1];
  const Shape& shape = view.tensor(tensor).type.shape;
  const int axis = channel_axis(node.op);
  LayerDiagnosis layer;
  layer.node = index;
  float largest = 0.0f, smallest = std::numeric_limits<float>::infinity();
  for (const float bound : magnitudes(network[tensor], shape, axis, static_cast<std::size_t>(shape[axis]))) {
    if (!(bound > 0.0f)) {
      ++layer.zero_channels;
      continue;
    }
    largest = std::max(largest, bound);
    smallest = std::min(smallest, bound);
  }
  if (largest > 0.0f) layer.range_ratio = static_cast<double>(largest) / static_cast<double>(smallest);
  return layer;
}

/// The network with one layer's weights as they are stored.
[[nodiscard]] inline FloatNetwork with_stored_weights(const FloatNetwork& network, const QuantizedNetwork& quantized,
                                                      std::size_t index) {
  FloatNetwork changed = network;
  const GraphView view = quantized.graph.view();
  const Node& node = view.nodes[index];
  const auto inputs = view.inputs_of(node);
  changed[inputs[1]] = real_values(view.tensor(inputs[1]), quantized.parameters[inputs[1]], channel_axis(node.op));
  changed[inputs[2]] = real_bias(quantized.graph, quantized.parameters, node);
  return changed;
}

}  // namespace detail

/// Compares `quantized` with the float network that it was made from, layer by layer, on the samples. `shares` runs the
/// network once more for every layer, over at most four samples.
[[nodiscard]] inline Result<std::vector<LayerDiagnosis>> diagnose(const FloatNetwork& network,
                                                                  const QuantizedNetwork& quantized,
                                                                  const Samples& samples, std::size_t threads,
                                                                  bool shares) {
  const GraphView view = network.graph.view();
  std::vector<LayerDiagnosis> layers;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (::dlpu::detail::is_weighted(view, view.nodes[i])) layers.push_back(detail::diagnose_filter(network, i));
  }
  std::vector<SignalError> errors(view.tensors.size());
  std::vector<double> saturated(view.tensors.size());
  for (std::size_t s = 0; s < samples.count(); ++s) {  // sample by sample: all outputs of one are kept
    const Samples one{samples[s], samples.size};
    std::vector<std::vector<float>> wanted(view.tensors.size());
    const auto keep = [&](std::size_t, std::int32_t tensor, std::span<const float> values) {
      wanted[static_cast<std::size_t>(tensor)].assign(values.begin(), values.end());
    };
    std::vector visitors(1, keep);
    if (const auto run = observe(network, one, std::span(visitors)); !run) return Error{run.error()};
    const auto compare = [&](std::size_t, std::size_t, std::int32_t tensor, const Program& program) {
      const auto t = static_cast<std::size_t>(tensor);
      const auto found =
          dequantized(program.tensor(tensor), quantized.target.storage, quantized.parameters[tensor].quantization);
      errors[t].add(difference(wanted[t], found));
      const auto quantization = quantized.parameters[tensor].quantization;
      const float highest = detail::stored_range(quantized.target.storage, quantization).high;
      saturated[t] += static_cast<double>(std::ranges::count(found, highest)) / static_cast<double>(found.size());
    };
    if (const auto run = run_quantized(quantized, one, 1, compare); !run) return Error{run.error()};
  }
  for (LayerDiagnosis& layer : layers) {
    const auto output = static_cast<std::size_t>(view.outputs_of(view.nodes[layer.node])[0]);
    layer.decibel = errors[output].decibel();
    layer.saturated = saturated[output] / static_cast<double>(samples.count());
  }
  if (!shares) return layers;
  constexpr std::size_t most = 4;
  const Samples few{samples.values.first(std::min(samples.count(), most) * samples.size), samples.size};
  const std::int32_t tensor = compared_tensor(view);
  const auto wanted = float_outputs(network, few, tensor, threads);
  if (!wanted) return Error{wanted.error()};
  double sum = 0.0;
  for (LayerDiagnosis& layer : layers) {
    const auto found =
        float_outputs(detail::with_stored_weights(network, quantized, layer.node), few, tensor, threads);
    if (!found) return Error{found.error()};
    layer.own_error = difference(*wanted, *found).error;
    sum += layer.own_error;
  }
  for (LayerDiagnosis& layer : layers) layer.share = sum > 0.0 ? layer.own_error / sum : 0.0;
  return layers;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

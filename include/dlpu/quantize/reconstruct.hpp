#pragma once

/// Layers that make up for the errors of those before them.
///
/// `refine` lets each layer compute on what the float network would give it. In the quantized network a layer is given
/// something else, and what is wrong there is partly visible in its inputs: a constant goes into its bias, and what varies
/// with the inputs into its weights. `reconstruct` goes through the layers in their order, compares the output of each with
/// that of the float network, activation included, and moves bias and weights against it: bias correction on quantized
/// inputs, and the asymmetric reconstruction of AdaRound (Nagel et al., 2020, https://arxiv.org/abs/2004.10568, section
/// 3.3), by coordinate descent.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dlpu/quantize/compare.hpp"
#include "dlpu/quantize/refine.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

namespace detail {

/// Moments of what a layer is given in the quantized network, and of the error of what it makes.
struct LayerErrors {
  LayerInputs inputs;
  std::size_t channels = 0;
  std::vector<float> sum, squares;  ///< of each output channel's error
  std::vector<float> products;      ///< sums of input times error: [size, channels], or [channels, size] if depthwise

  [[nodiscard]] double mean(std::size_t channel) const { return static_cast<double>(sum[channel]) / inputs.count; }
  [[nodiscard]] std::size_t window(std::size_t channel) const { return inputs.windows > 1 ? channel : 0; }
  /// Covariance of a channel's error with its k-th input.
  [[nodiscard]] double covariance(std::size_t channel, std::size_t k) const {
    const std::size_t at = inputs.windows > 1 ? channel * inputs.size + k : k * channels + channel;
    return static_cast<double>(products[at]) / inputs.count - mean(channel) * inputs.mean(window(channel), k);
  }
  /// What of it lies beyond three standard errors: less may be chance, and would be learnt by heart.
  [[nodiscard]] double certain(std::size_t channel, std::size_t k) const {
    const double found = covariance(channel, k);
    const double variance = static_cast<double>(squares[channel]) / inputs.count - mean(channel) * mean(channel);
    const double power = std::max(0.0, variance) * std::max(0.0, inputs.covariance(window(channel), k, k));
    const double chance = 3.0 * std::sqrt(power / inputs.count);
    return std::copysign(std::max(0.0, std::abs(found) - chance), found);
  }
  void add(std::span<const float> window, std::span<const float> error) {
    inputs.add(window);
    for (std::size_t c = 0; c < channels; ++c) {
      sum[c] += error[c];
      squares[c] += error[c] * error[c];
    }
    for (std::size_t i = 0; i < window.size(); ++i) {
      if (window[i] == 0.0f) continue;
      if (inputs.windows > 1) {
        products[i] += window[i] * error[i / inputs.size];
        continue;
      }
      float* row = products.data() + i * channels;
      for (std::size_t c = 0; c < channels; ++c) row[c] += window[i] * error[c];
    }
  }
  void add(const LayerErrors& more) {
    inputs.add(more.inputs);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += more.sum[i];
      squares[i] += more.squares[i];
    }
    for (std::size_t i = 0; i < products.size(); ++i) products[i] += more.products[i];
  }
};

/// What a layer makes of its input with its stored weights, but in real numbers: rounding the output would feign errors
/// where it hardly varies.
struct RealLayer {
  bool depthwise = false;
  std::vector<float> weights;  ///< [size, channels], or [channels, size] if depthwise
  std::vector<float> bias;
  Range<float> range;  ///< that the activation and the output's numbers leave

  RealLayer(const QuantizedNetwork& network, const Node& node) {
    const GraphView view = network.graph.view();
    const FilterLayout layout = filter_layout(view, node);
    const std::int32_t filter = view.inputs_of(node)[1], output = view.outputs_of(node)[0];
    const auto real = real_values(view.tensor(filter), network.parameters[filter], channel_axis(node.op));
    depthwise = layout.depthwise;
    bias = real_bias(network.graph, network.parameters, node);
    weights.resize(real.size());
    for (std::size_t c = 0; c < layout.channels; ++c) {
      for (std::size_t k = 0; k < layout.size; ++k)
        weights[depthwise ? c * layout.size + k : k * layout.channels + c] = real[layout.at(c, k)];
    }
    const Range<float> stored = stored_range(network.target.storage, network.parameters[output].quantization);
    const Range<float> activated = activation_range(fused_activation(node.op));
    range = {std::max(stored.low, activated.low), std::min(stored.high, activated.high)};
  }
  void run(std::span<const float> window, std::vector<float>& result) const {
    result = bias;
    const std::size_t channels = bias.size(), size = weights.size() / channels;
    for (std::size_t i = 0; i < window.size(); ++i) {
      if (window[i] == 0.0f) continue;
      if (depthwise) {
        result[i / size] += window[i] * weights[i];
        continue;
      }
      const float* row = weights.data() + i * channels;
      for (std::size_t c = 0; c < channels; ++c) result[c] += window[i] * row[c];
    }
    for (float& value : result) value = std::clamp(value, range.low, range.high);
  }
};

/// What the float network makes at the places that are looked at: [node][sample], the channels of each place.
using LayerOutputs = std::vector<std::vector<std::vector<float>>>;

[[nodiscard]] inline Result<LayerOutputs> wanted_outputs(const FloatNetwork& network, const Samples& samples,
                                                         const std::vector<std::size_t>& layers, std::size_t threads,
                                                         std::size_t windows_per_sample) {
  const GraphView view = network.graph.view();
  LayerOutputs wanted(view.nodes.size());
  for (const std::size_t i : layers) wanted[i].resize(samples.count());
  const auto keep = [&](std::size_t sample, std::int32_t tensor, std::span<const float> values) {
    const std::int32_t producer = view.tensor(tensor).producer;
    if (producer < 0 || wanted[static_cast<std::size_t>(producer)].empty()) return;
    const Node& node = view.nodes[static_cast<std::size_t>(producer)];
    std::vector<float>& kept = wanted[static_cast<std::size_t>(producer)][sample];
    const auto channels = static_cast<std::size_t>(view.output_type(node).shape.channels());
    visit_some_pixels(window_geometry_of(view, node), sample, windows_per_sample, [&](std::size_t pixel) {
      const auto here = values.subspan(pixel * channels, channels);
      kept.insert(kept.end(), here.begin(), here.end());
    });
  };
  std::vector visitors(threads, keep);
  if (const auto run = observe(network, samples, std::span(visitors)); !run) return Error{run.error()};
  return wanted;
}

/// The network up to one node.
[[nodiscard]] inline Graph prefix_of(const Graph& graph, std::size_t node) {
  Graph prefix = graph;
  prefix.nodes.resize(node + 1);
  for (TensorInfo& tensor : prefix.tensors) {
    if (tensor.producer > static_cast<std::int32_t>(node)) tensor.producer = -1;
  }
  const auto outputs = graph.view().outputs_of(graph.nodes[node]);
  prefix.outputs.assign(outputs.begin(), outputs.end());
  return prefix;
}

[[nodiscard]] inline Result<LayerErrors> layer_errors(const QuantizedNetwork& quantized, const Samples& samples,
                                                      std::size_t index,
                                                      const std::vector<std::vector<float>>& wanted,
                                                      std::size_t threads, std::size_t windows_per_sample) {
  const GraphView view = quantized.graph.view();
  const Node& node = view.nodes[index];
  LayerErrors none;
  none.inputs = no_inputs(view, node);
  none.channels = static_cast<std::size_t>(view.output_type(node).shape.channels());
  none.sum.resize(none.channels);
  none.squares.resize(none.channels);
  none.products.resize(none.inputs.size * none.channels);
  std::vector<LayerErrors> errors(threads, none);
  const WindowGeometry g = window_geometry_of(view, node);
  const std::int32_t input = view.inputs_of(node)[0], output = view.outputs_of(node)[0];
  const RealLayer layer(quantized, node);
  const QuantizedNetwork prefix{prefix_of(quantized.graph, index), quantized.parameters.borrowed(), quantized.target};
  const auto compare = [&](std::size_t worker, std::size_t sample, std::int32_t tensor, const Program& program) {
    if (tensor != output) return;
    const auto given =
        dequantized(program.tensor(input), quantized.target.storage, quantized.parameters[input].quantization);
    std::vector<float> window, error;
    const float* expected = wanted[sample].data();
    visit_some_pixels(g, sample, windows_per_sample, [&](std::size_t pixel) {
      take_window(g, node.op.is<op::DepthwiseConv2d>(), given, pixel, window);
      layer.run(window, error);
      for (float& value : error) value = *expected++ - value;
      errors[worker].add(window, error);
    });
  };
  if (const auto run = run_quantized(prefix, samples, threads, compare); !run) return Error{run.error()};
  for (std::size_t i = 1; i < threads; ++i) errors[0].add(errors[i]);
  return std::move(errors[0]);
}

template <class Storage>
void reconstruct_layer(const FloatNetwork& network, const Node& node, const LayerErrors& errors, std::size_t threads,
                       StoredLayer<Storage>& layer) {
  const GraphView view = network.graph.view();
  const FilterLayout layout = layer.layout;
  const LayerInputs& inputs = errors.inputs;
  const std::vector<float> shared = layout.depthwise ? std::vector<float>{} : shrunk_covariance(inputs, 0);
  const double keep = trust(inputs);
  for_each_sample(layout.channels, threads, [&](std::size_t, std::size_t c) {
    const float scale = layer.scale(c);
    const std::vector<float> own = layout.depthwise ? shrunk_covariance(inputs, c) : std::vector<float>{};
    const std::vector<std::int32_t> before = layer.weights(c);
    std::vector<std::int32_t> stored = before;
    std::vector<float> gradient(layout.size);
    for (std::size_t k = 0; k < layout.size; ++k) gradient[k] = static_cast<float>(keep * errors.certain(c, k));
    descend(real_weights(network[view.inputs_of(node)[1]], layout, c), scale, layer.limits,
            layout.depthwise ? own : shared, 1.0f, std::move(gradient), stored);
    double shift = errors.mean(c);
    for (std::size_t k = 0; k < layout.size; ++k) {
      shift -= static_cast<double>(scale) * (stored[k] - before[k]) * inputs.mean(layout.window(c), k);
    }
    layer.set_weights(c, stored);
    layer.set_bias(c, static_cast<double>(layer.bias[c]) * layer.bias_scale(c) + shift);
    return true;
  });
}

}  // namespace detail

/// Changes stored weights and biases of `quantized`, made from `network`, layer by layer.
[[nodiscard]] inline Result<void> reconstruct(const FloatNetwork& network, const Samples& samples,
                                              std::size_t threads, QuantizedNetwork& quantized,
                                              std::size_t most_windows = 2 * usual_windows) {
  const GraphView view = network.graph.view();
  const std::size_t windows_per_sample = std::max<std::size_t>(1, most_windows / samples.count());
  std::vector<std::size_t> layers;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (detail::no_inputs(view, view.nodes[i]).size > 0) layers.push_back(i);
  }
  const auto wanted = detail::wanted_outputs(network, samples, layers, threads, windows_per_sample);
  if (!wanted) return Error{wanted.error()};
  for (const std::size_t i : layers) {
    const auto errors = detail::layer_errors(quantized, samples, i, (*wanted)[i], threads, windows_per_sample);
    if (!errors) return Error{errors.error()};
    detail::change_layer(quantized, view.nodes[i], [&](auto& layer) {
      detail::reconstruct_layer(network, view.nodes[i], *errors, threads, layer);
    });
  }
  return {};
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

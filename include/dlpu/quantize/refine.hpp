#pragma once

/// Weights rounded with regard to what they are multiplied with.
///
/// A layer's output moves by (w - w')'x when its weights w become w'. Its mean over samples goes into the bias (bias
/// correction); the variance is (w - w')'C(w - w') with the covariance C of the inputs. Rounding each weight to the nearest
/// minimizes this for independent inputs only. `refine` chooses the filter's scale and then moves single weights one step
/// at a time while that lowers it: the objective of AdaRound (Nagel et al., 2020, https://arxiv.org/abs/2004.10568,
/// section 3), by coordinate descent.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "dlpu/quantize/layer_inputs.hpp"
#include "dlpu/quantize/scheme.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

struct RefineOptions {
  bool rounding = false;      ///< move weights; otherwise they stay rounded to nearest
  bool correct_bias = false;  ///< take the mean of the change out of the bias
};

namespace detail {

/// The part of a covariance beside its diagonal that is believed: little where few windows were seen.
[[nodiscard]] inline double trust(const LayerInputs& inputs) {
  return inputs.count / (inputs.count + static_cast<double>(inputs.size));
}

/// Covariance of one window of a layer, [size, size], shrunk towards its diagonal where few windows were seen.
[[nodiscard]] inline std::vector<float> shrunk_covariance(const LayerInputs& inputs, std::size_t window) {
  const std::size_t size = inputs.size;
  std::vector<float> result(size * size);
  const double keep = trust(inputs);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      result[i * size + j] = result[j * size + i] = static_cast<float>(keep * inputs.covariance(window, i, j));
    }
    result[i * size + i] = static_cast<float>(std::max(0.0, inputs.covariance(window, i, i)));
  }
  return result;
}

/// A layer's stored numbers, copied to be changed. `Storage` is that of activations.
template <class Storage>
struct StoredLayer {
  using Filter = FilterOf<Storage>;
  using Bias = SumOf<Storage>;

  FilterLayout layout;
  std::span<Filter> filter;
  std::span<Bias> bias;
  std::span<const float> scales;
  double input_scale = 1.0;
  std::int32_t zero = 0;
  Range<std::int32_t> limits;  ///< of a weight less the zero point

  StoredLayer(const GraphView& graph, const Node& node, Parameters& target) : layout(filter_layout(graph, node)) {
    const auto tensors = graph.inputs_of(node);
    TensorData &weights = target[tensors[1]], &biases = target[tensors[2]];
    const auto old = weights.as<Filter>();
    const auto old_bias = biases.template as<Bias>();
    filter = target.allocate<Filter>(old.size());
    bias = target.allocate<Bias>(old_bias.size());
    std::ranges::copy(old, filter.begin());
    std::ranges::copy(old_bias, bias.begin());
    weights.data = std::as_bytes(filter);
    biases.data = std::as_bytes(bias);
    scales = weights.scales;
    input_scale = static_cast<double>(target[tensors[0]].quantization.scale);
    zero = weights.quantization.zero_point;
    using Limits = std::numeric_limits<Filter>;
    limits = {Limits::is_signed ? -Limits::max() : -zero, Limits::max() - zero};
  }
  [[nodiscard]] float scale(std::size_t c) const { return scales[scales.size() == 1 ? 0 : c]; }
  [[nodiscard]] std::vector<std::int32_t> weights(std::size_t c) const {
    std::vector<std::int32_t> result(layout.size);
    for (std::size_t k = 0; k < layout.size; ++k) result[k] = filter[layout.at(c, k)] - zero;
    return result;
  }
  void set_weights(std::size_t c, const std::vector<std::int32_t>& integers) {
    for (std::size_t k = 0; k < layout.size; ++k) filter[layout.at(c, k)] = static_cast<Filter>(integers[k] + zero);
  }
  [[nodiscard]] double bias_scale(std::size_t c) const { return input_scale * static_cast<double>(scale(c)); }
  void set_bias(std::size_t c, double real) {
    constexpr auto most = static_cast<double>(most_bias<Bias>);
    bias[c] = static_cast<Bias>(std::llround(std::clamp(real / bias_scale(c), -most, most)));
  }
};

/// Calls `change(layer)` with the stored numbers of a layer, which then are the network's.
template <class Change>
void change_layer(QuantizedNetwork& quantized, const Node& node, const Change& change) {
  visit_quantized(quantized.target.storage, [&]<class Storage>(Storage) {
    StoredLayer<Storage> layer(quantized.graph.view(), node, quantized.parameters);
    change(layer);
  });
}

/// How far stored weights move the mean of an output channel; `mean(k)` is that of its k-th input.
template <class Mean>
[[nodiscard]] double mean_shift(const std::vector<float>& weights, float scale,
                                const std::vector<std::int32_t>& stored, const Mean& mean) {
  double shift = 0.0;
  for (std::size_t k = 0; k < weights.size(); ++k)
    shift += (static_cast<double>(scale) * stored[k] - static_cast<double>(weights[k])) * mean(k);
  return shift;
}

/// What one output channel's weights were as real numbers.
[[nodiscard]] inline std::vector<float> real_weights(const std::vector<float>& filter, const FilterLayout& layout,
                                                     std::size_t channel) {
  std::vector<float> result(layout.size);
  for (std::size_t k = 0; k < layout.size; ++k) result[k] = filter[layout.at(channel, k)];
  return result;
}

/// The covariance of the inputs with the error that stored weights make in the output: C(w - s q).
[[nodiscard]] inline std::vector<float> error_gradient(const std::vector<float>& weights, float scale,
                                                       const std::vector<std::int32_t>& stored,
                                                       std::span<const float> covariance) {
  const std::size_t size = weights.size();
  std::vector<float> gradient(size);
  for (std::size_t k = 0; k < size; ++k) {
    const float error = weights[k] - scale * static_cast<float>(stored[k]);
    if (error == 0.0f) continue;
    const float* row = covariance.data() + k * size;
    for (std::size_t i = 0; i < size; ++i) gradient[i] += error * row[i];
  }
  return gradient;
}

/// Moves one output channel's stored weights by single steps while that lowers the variance of an error of its output.
/// `gradient` is the covariance of the inputs with that error. No weight goes further than `reach` steps from its real one.
inline void descend(const std::vector<float>& weights, float scale, Range<std::int32_t> limits,
                    std::span<const float> covariance, float reach, std::vector<float> gradient,
                    std::vector<std::int32_t>& stored) {
  const std::size_t size = weights.size();
  constexpr int most_sweeps = 20;
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    bool moved = false;
    for (std::size_t k = 0; k < size; ++k) {
      const float* row = covariance.data() + k * size;
      if (!(std::abs(gradient[k]) > 0.5001f * scale * row[k])) continue;
      const std::int32_t step = gradient[k] > 0.0f ? 1 : -1;
      const float away = static_cast<float>(stored[k] + step) - weights[k] / scale;
      if (stored[k] + step < limits.low || stored[k] + step > limits.high || std::abs(away) > reach) continue;
      stored[k] += step;
      moved = true;
      const float change = scale * static_cast<float>(step);
      for (std::size_t i = 0; i < size; ++i) gradient[i] -= change * row[i];
    }
    if (!moved) break;
  }
}

template <class Storage>
void refine_layer(const FloatNetwork& network, const Node& node, const LayerInputs& inputs, RefineOptions options,
                  std::size_t threads, StoredLayer<Storage>& layer) {
  const GraphView view = network.graph.view();
  const std::vector<float>&filter = network[view.inputs_of(node)[1]], &bias = network[view.inputs_of(node)[2]];
  const FilterLayout layout = layer.layout;
  std::vector<float> shared;
  if (options.rounding && !layout.depthwise) shared = shrunk_covariance(inputs, 0);

  for_each_sample(layout.channels, threads, [&](std::size_t, std::size_t c) {
    const float scale = layer.scale(c);
    const std::vector<float> weights = real_weights(filter, layout, c);
    std::vector<std::int32_t> stored = layer.weights(c);
    if (options.rounding) {
      const std::vector<float> own = layout.depthwise ? shrunk_covariance(inputs, c) : std::vector<float>{};
      const std::span<const float> covariance = layout.depthwise ? own : shared;
      descend(weights, scale, layer.limits, covariance, 1.5f, error_gradient(weights, scale, stored, covariance),
              stored);
      layer.set_weights(c, stored);
    }
    if (options.correct_bias) {
      const auto mean = [&](std::size_t k) { return inputs.mean(layout.window(c), k); };
      layer.set_bias(c, static_cast<double>(bias[c]) - mean_shift(weights, scale, stored, mean));
    }
    return true;
  });
}

}  // namespace detail

/// Changes the stored weights and biases of `quantized`, made from `network`, as the options say. `inputs` were observed
/// in `network`; layers without are left alone.
inline void refine(const FloatNetwork& network, const std::vector<LayerInputs>& inputs, RefineOptions options,
                   std::size_t threads, QuantizedNetwork& quantized) {
  const GraphView view = network.graph.view();
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (inputs[i].size == 0 || !(inputs[i].count > 0.0)) continue;
    detail::change_layer(quantized, view.nodes[i], [&](auto& layer) {
      detail::refine_layer(network, view.nodes[i], inputs[i], options, threads, layer);
    });
  }
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

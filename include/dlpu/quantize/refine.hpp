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

/// Covariance of one window of a layer, [size, size], shrunk towards its diagonal where few windows were seen.
[[nodiscard]] inline std::vector<float> shrunk_covariance(const LayerInputs& inputs, std::size_t window) {
  const std::size_t size = inputs.size;
  std::vector<float> result(size * size);
  const double keep = inputs.count / (inputs.count + static_cast<double>(size));
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      result[i * size + j] = result[j * size + i] = static_cast<float>(keep * inputs.covariance(window, i, j));
    }
    result[i * size + i] = static_cast<float>(std::max(0.0, inputs.covariance(window, i, i)));
  }
  return result;
}

/// One output channel's weights as stored integers less the zero point, moved to lower (w - s q)'C(w - s q).
inline void descend(std::span<const float> weights, float scale, Range<std::int32_t> limits,
                    std::span<const float> covariance, std::span<std::int32_t> stored, std::vector<float>& gradient) {
  const std::size_t size = weights.size();
  gradient.assign(size, 0.0f);
  for (std::size_t k = 0; k < size; ++k) {
    const float error = weights[k] - scale * static_cast<float>(stored[k]);
    if (error == 0.0f) continue;
    const float* row = covariance.data() + k * size;
    for (std::size_t i = 0; i < size; ++i) gradient[i] += error * row[i];
  }
  constexpr int most_sweeps = 20;
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    bool moved = false;
    for (std::size_t k = 0; k < size; ++k) {
      const float* row = covariance.data() + k * size;
      if (!(std::abs(gradient[k]) > 0.5001f * scale * row[k])) continue;
      const std::int32_t step = gradient[k] > 0.0f ? 1 : -1;
      const float away = static_cast<float>(stored[k] + step) - weights[k] / scale;
      if (stored[k] + step < limits.low || stored[k] + step > limits.high || std::abs(away) > 1.5f) continue;
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
                  std::size_t threads, Parameters& target) {
  const GraphView view = network.graph.view();
  const auto tensors = view.inputs_of(node);
  const FilterLayout layout = filter_layout(view, node);
  const std::vector<float>&filter = network[tensors[1]], &bias = network[tensors[2]];
  TensorData& data = target[tensors[1]];
  const std::int32_t zero = data.quantization.zero_point;
  const Range<std::int32_t> limits{
      std::numeric_limits<Storage>::is_signed ? -std::numeric_limits<Storage>::max() : -zero,
      std::numeric_limits<Storage>::max() - zero};
  const std::span<Storage> stored = target.allocate<Storage>(filter.size());
  std::ranges::copy(data.as<Storage>(), stored.begin());
  const std::span<std::int32_t> stored_bias = target.allocate<std::int32_t>(bias.size());
  std::ranges::copy(target[tensors[2]].template as<std::int32_t>(), stored_bias.begin());
  const auto input_scale = static_cast<double>(target[tensors[0]].quantization.scale);
  std::vector<float> shared;
  if (options.rounding && !layout.depthwise) shared = shrunk_covariance(inputs, 0);

  for_each_sample(layout.channels, threads, [&](std::size_t, std::size_t c) {
    const float scale = data.scales[data.scales.size() == 1 ? 0 : c];
    std::vector<float> weights(layout.size), gradient;
    std::vector<std::int32_t> integers(layout.size);
    for (std::size_t k = 0; k < layout.size; ++k) {
      weights[k] = filter[layout.at(c, k)];
      integers[k] = stored[layout.at(c, k)] - zero;
    }
    if (options.rounding) {
      const std::vector<float> own = layout.depthwise ? shrunk_covariance(inputs, c) : std::vector<float>{};
      descend(weights, scale, limits, layout.depthwise ? own : shared, integers, gradient);
    }
    double shift = 0.0;
    for (std::size_t k = 0; k < layout.size; ++k) {
      stored[layout.at(c, k)] = static_cast<Storage>(integers[k] + zero);
      const double change = static_cast<double>(scale) * integers[k] - static_cast<double>(weights[k]);
      shift += change * inputs.mean(layout.window(c), k);
    }
    if (options.correct_bias) {
      const double value = (static_cast<double>(bias[c]) - shift) / (input_scale * static_cast<double>(scale));
      stored_bias[c] = static_cast<std::int32_t>(std::lround(std::clamp(value, -1073741824.0, 1073741824.0)));
    }
    return true;
  });
  data.data = std::as_bytes(stored);
  target[tensors[2]].data = std::as_bytes(stored_bias);
}

}  // namespace detail

/// Changes the stored weights and biases of `quantized`, made from `network`, as the options say. `inputs` were observed
/// in `network`; layers without are left alone.
inline void refine(const FloatNetwork& network, const std::vector<LayerInputs>& inputs, RefineOptions options,
                   std::size_t threads, QuantizedNetwork& quantized) {
  const GraphView view = network.graph.view();
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (inputs[i].size == 0 || !(inputs[i].count > 0.0)) continue;
    if (quantized.target.storage == ElementType::int8)
      detail::refine_layer<std::int8_t>(network, view.nodes[i], inputs[i], options, threads, quantized.parameters);
    else if (quantized.target.storage == ElementType::uint8)
      detail::refine_layer<std::uint8_t>(network, view.nodes[i], inputs[i], options, threads, quantized.parameters);
  }
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

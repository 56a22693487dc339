#pragma once

/// From float weights and observed ranges to the parameters of a quantized network, under any policy.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "dlpu/quantize/batch_norm.hpp"
#include "dlpu/quantize/calibrate.hpp"
#include "dlpu/quantize/operators.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

namespace detail {

/// Takes the quantization that an operator's output has by definition, such as Softmax's, if it has one.
template <class Storage>
constexpr void fix_quantization(const Operator& op, Quantization& quantization) {
  visit(op, [&](const auto& any) {
    if constexpr (requires { any.template fixed_output<Storage>(); }) {
      quantization = any.template fixed_output<Storage>();
    }
  });
}

/// Constants that follow the policy; others (indices, say) stay as they are.
[[nodiscard]] constexpr bool is_float_constant(const TensorInfo& info) {
  return info.role == TensorRole::constant && info.type.element == ElementType::activation;
}

/// Gives all tensors that must share scale and zero point the range that holds all of theirs.
inline void join_ranges(const GraphView& graph, Ranges& ranges) {
  std::vector<std::int32_t> group(graph.tensors.size());
  std::iota(group.begin(), group.end(), 0);
  const auto root = [&](std::int32_t tensor) {
    while (group[static_cast<std::size_t>(tensor)] != tensor) tensor = group[static_cast<std::size_t>(tensor)];
    return tensor;
  };
  for (const Node& node : graph.nodes) {
    if (!keeps_quantization(node.op)) continue;
    const std::int32_t first = graph.outputs_of(node)[0];
    for (const std::int32_t output : graph.outputs_of(node)) {
      group[static_cast<std::size_t>(root(output))] = root(first);
    }
    for (const std::int32_t input : graph.inputs_of(node)) {
      group[static_cast<std::size_t>(root(input))] = root(first);
    }
  }
  Ranges joined = ranges;
  for (std::size_t t = 0; t < ranges.size(); ++t) {
    Range<float>& whole = joined[static_cast<std::size_t>(root(static_cast<std::int32_t>(t)))];
    whole = {std::min(whole.low, ranges[t].low), std::max(whole.high, ranges[t].high)};
  }
  for (std::size_t t = 0; t < ranges.size(); ++t) {
    ranges[t] = joined[static_cast<std::size_t>(root(static_cast<std::int32_t>(t)))];
  }
}

/// The largest magnitude in each of `channels` slices; one slice where `channels` is 1.
inline std::vector<float> magnitudes(std::span<const float> filter, const Shape& shape, int axis,
                                     std::size_t channels) {
  std::vector<float> bounds(channels);
  for (std::size_t i = 0; i < filter.size(); ++i) {
    float& bound = bounds[channels == 1 ? 0 : filter_channel(shape, axis, i)];
    bound = std::max(bound, std::abs(filter[i]));
  }
  return bounds;
}

/// The largest bias beside sums of a type: half of what they hold, and of what LiteRT takes of 64-bit ones.
template <class Sum>
inline constexpr std::int64_t most_bias = std::int64_t{1} << (sizeof(Sum) == 8 ? 46 : 30);

/// Filter, scales and bias of one weighted operator. `bounds` are the largest magnitudes that its scales shall hold; none:
/// those of the filter.
template <class Policy>
void quantize_layer(const GraphView& graph, const Node& node, const Parameters& source, std::vector<float> bounds,
                    Parameters& target) {
  using Stored = FilterOf<typename Policy::Storage>;
  using Sum = SumOf<typename Policy::Storage>;
  const auto inputs = graph.inputs_of(node);
  const Shape& shape = graph.input_type(node, 1).shape;
  const int axis = channel_axis(node.op);
  const std::span<const float> filter = source[inputs[1]].as<float>(), bias = source[inputs[2]].as<float>();
  const float input_scale = target[inputs[0]].quantization.scale;

  const std::size_t scale_count = Policy::per_channel ? bias.size() : 1;
  if (bounds.size() != scale_count) bounds = magnitudes(filter, shape, axis, scale_count);
  const float largest = *std::max_element(bounds.begin(), bounds.end());
  // A channel of zeros has no scale of its own. And a scale so small that the bias would not fit its sum grows.
  for (float& bound : bounds) {
    if (!(bound > 0.0f)) bound = largest;
  }
  for (std::size_t c = 0; c < bias.size(); ++c) {
    float& bound = bounds[scale_count == 1 ? 0 : c];
    constexpr float headroom = 127.0f / static_cast<float>(most_bias<Sum>);
    bound = std::max(bound, std::abs(bias[c]) / input_scale * headroom);
  }

  const std::span<float> scales = target.allocate<float>(scale_count);
  Quantization parameters;
  for (std::size_t c = 0; c < scale_count; ++c) {
    parameters = Policy::for_filter(bounds[c]);
    scales[c] = parameters.scale;
  }
  const std::span<Stored> stored = target.allocate<Stored>(filter.size());
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const std::size_t c = scale_count == 1 ? 0 : filter_channel(shape, axis, i);
    stored[i] = ::dlpu::detail::quantize_value<Stored>(filter[i], {scales[c], parameters.zero_point});
  }
  const std::span<Sum> stored_bias = target.allocate<Sum>(bias.size());
  for (std::size_t c = 0; c < bias.size(); ++c) {
    const double scale = static_cast<double>(input_scale) * static_cast<double>(scales[scale_count == 1 ? 0 : c]);
    stored_bias[c] = static_cast<Sum>(std::llround(static_cast<double>(bias[c]) / scale));
  }
  target[inputs[1]] = {{1.0f, parameters.zero_point}, scales, std::as_bytes(stored)};
  target[inputs[2]].data = std::as_bytes(stored_bias);
}

/// The range of every float constant that an operator takes as data.
inline void add_constant_ranges(const GraphView& graph, const Parameters& weights, Ranges& ranges) {
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!is_float_constant(graph.tensors[t])) continue;
    for (const float value : weights[static_cast<std::int32_t>(t)].as<float>()) {
      ranges[t] = {std::min(ranges[t].low, value), std::max(ranges[t].high, value)};
    }
  }
}

/// A constant operand in the scale that its range, or that of the tensors it shares one with, asks for.
template <class Storage>
void quantize_constant(const TensorData& source, TensorData& target, Parameters& owner) {
  const std::span<const float> values = source.as<float>();
  const std::span<Storage> stored = owner.allocate<Storage>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    stored[i] = ::dlpu::detail::quantize_value<Storage>(values[i], target.quantization);
  }
  target.data = std::as_bytes(stored);
}

}  // namespace detail

/// One entry per tensor of the graph.
using FilterBounds = std::vector<std::vector<float>>;

/// Quantizes a float network. `weights` has float filter and bias of every weighted operator; `ranges` come from
/// `observe_ranges`. The result owns its memory and depends on neither.
///
/// Activations get the scale that their range asks for, except that operators which move data or pick from it (pools,
/// Reshape, Pad, Concatenation) share one with their inputs, and Softmax, Logistic, Tanh and L2Normalization have the
/// scale that TensorFlow Lite fixes.
/// Filters are symmetric, biases int32 at scale input * filter (TensorFlow Lite's 8-bit quantization specification), or
/// int64 beside 16-bit activations.
///
/// `filter_bounds` may say, for a filter's tensor, which magnitudes its scales shall hold: one number, or one per output
/// channel where the policy is per channel. Weights beyond are clipped.
template <QuantizationPolicy Policy>
[[nodiscard]] Result<Parameters> quantize_network(const GraphView& graph, const Parameters& weights, Ranges ranges,
                                                  const FilterBounds& filter_bounds = {}) {
  static_assert(Policy::quantized, "quantize_network: the policy stores real numbers; there is nothing to quantize");
  if (ranges.size() != graph.tensors.size() || weights.tensors().size() != graph.tensors.size()) {
    return Error{"quantization: weights and ranges must have one entry per tensor of the graph"};
  }
  detail::add_constant_ranges(graph, weights, ranges);
  detail::join_ranges(graph, ranges);
  Parameters target(graph.tensors.size());
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorInfo& info = graph.tensors[t];
    if (info.role == TensorRole::filter || info.role == TensorRole::bias) continue;
    const auto tensor = static_cast<std::int32_t>(t);
    if (info.role == TensorRole::constant && !detail::is_float_constant(info)) {
      target[tensor].data = target.keep(weights[tensor].data);
      continue;
    }
    if (!holds_real_numbers(info)) continue;
    if (ranges[t].low > ranges[t].high)
      return Error{"quantization: no range was observed for " + to_string(info.name)};
    Quantization& quantization = target[tensor].quantization;
    quantization = Policy::for_range(ranges[t].low, ranges[t].high);
    if (info.producer >= 0) {
      const Operator& producer = graph.nodes[static_cast<std::size_t>(info.producer)].op;
      detail::fix_quantization<typename Policy::Storage>(producer, quantization);
    }
    if (info.role == TensorRole::constant) {
      detail::quantize_constant<typename Policy::Storage>(weights[tensor], target[tensor], target);
    }
  }
  // Softmax and Logistic have a fixed scale: what only moves or joins such outputs takes that scale over.
  for (const Node& node : graph.nodes) {
    if (!detail::keeps_quantization(node.op)) continue;
    const Quantization first = target[graph.inputs_of(node)[0]].quantization;
    const auto is_first = [&](std::int32_t input) {
      return !holds_real_numbers(graph.tensor(input)) || target[input].quantization == first;
    };
    if (!std::ranges::all_of(graph.inputs_of(node), is_first)) continue;
    for (const std::int32_t output : graph.outputs_of(node)) target[output].quantization = first;
  }
  for (const Node& node : graph.nodes) {
    if (node.inputs.count != 3 || graph.tensor(graph.inputs_of(node)[1]).role != TensorRole::filter) continue;
    const auto filter = static_cast<std::size_t>(graph.inputs_of(node)[1]);
    detail::quantize_layer<Policy>(
        graph, node, weights, filter < filter_bounds.size() ? filter_bounds[filter] : std::vector<float>{}, target);
  }
  return target;
}

/// Calibrates on `samples` ([count, ...input shape], float) and quantizes: the two steps in one call. `weights` must
/// outlive the call only.
template <QuantizationPolicy Policy>
[[nodiscard]] Result<Parameters> quantize_network(const Graph& graph, const Parameters& weights,
                                                  std::span<const float> samples) {
  Result<Program> program = Program::create<Unquantized>(graph, weights.borrowed(), {.fusion = no_fusion});
  if (!program) return Error{program.error()};
  Result<Ranges> ranges = observe_ranges(*program, samples);
  if (!ranges) return Error{ranges.error()};
  return quantize_network<Policy>(graph.view(), weights, *std::move(ranges));
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The float network behind any network: what all steps before quantization change. A quantized network is taken back to
/// real numbers first, so that moving it to another scheme is no other thing than quantizing a float network.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dlpu/core/result.hpp"
#include "dlpu/graph/parameters.hpp"
#include "dlpu/graph/weights.hpp"
#include "dlpu/quantize/batch_norm.hpp"
#include "dlpu/quantize/calibrate.hpp"
#include "dlpu/quantize/operators.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// A graph whose storage is left open, and its real numbers. A value: steps that may not help work on a copy.
struct FloatNetwork {
  Graph graph;
  std::vector<std::vector<float>> values;         ///< of each filter, bias and constant of real numbers; else empty
  std::vector<std::vector<std::byte>> constants;  ///< bytes of all other constants
  Ranges ranges;  ///< that the file's quantization says, for activations; empty where it was float

  [[nodiscard]] std::vector<float>& operator[](std::int32_t tensor) {
    return values[static_cast<std::size_t>(tensor)];
  }
  [[nodiscard]] const std::vector<float>& operator[](std::int32_t tensor) const {
    return values[static_cast<std::size_t>(tensor)];
  }
  /// A view of the numbers for `quantize_network` and `Program`; this object must outlive it.
  [[nodiscard]] Parameters parameters() const {
    Parameters result(graph.tensors.size());
    for (std::size_t t = 0; t < values.size(); ++t) {
      result[static_cast<std::int32_t>(t)].data =
          values[t].empty() ? std::span(constants[t]) : std::as_bytes(std::span(values[t]));
    }
    return result;
  }
};

/// The graph with its storage written into every tensor: float32, int8, uint8 or int16.
[[nodiscard]] inline Graph with_storage(Graph graph, ElementType storage) {
  for (TensorInfo& tensor : graph.tensors) {
    tensor.type.element = resolved(tensor, storage);
  }
  return graph;
}

/// Ready to run in float32; every tensor can be observed.
[[nodiscard]] inline Result<Program> float_program(const FloatNetwork& network) {
  return Program::create<PerTensor>(with_storage(network.graph, ElementType::float32), network.parameters(),
                                    {.fusion = no_fusion});
}

namespace detail {

[[nodiscard]] constexpr bool is_real(ElementType element) {
  return element == ElementType::activation || element == ElementType::float32 || is_quantized(element);
}

/// Stored numbers of a quantized type as integers.
[[nodiscard]] inline std::vector<std::int32_t> stored_integers(const TensorData& data, ElementType element) {
  return visit_quantized(element, [&]<class T>(T) {
    const std::span<const T> values = data.as<T>();
    return std::vector<std::int32_t>(values.begin(), values.end());
  });
}

[[nodiscard]] inline std::vector<float> copied(std::span<const float> values) {
  return {values.begin(), values.end()};
}

/// A filter or constant in real numbers; `axis` is that of a filter's scales.
[[nodiscard]] inline std::vector<float> real_values(const TensorInfo& info, const TensorData& data, int axis) {
  const ElementType element = info.type.element;
  if (!is_quantized(element)) return copied(data.as<float>());
  std::vector<float> result;
  const std::vector<std::int32_t> stored = stored_integers(data, element);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const float scale = data.scales.empty()       ? data.quantization.scale
                        : data.scales.size() == 1 ? data.scales[0]
                                                  : data.scales[filter_channel(info.type.shape, axis, i)];
    result.push_back(scale * static_cast<float>(stored[i] - data.quantization.zero_point));
  }
  return result;
}

[[nodiscard]] inline std::vector<float> real_bias(const Graph& graph, const Parameters& parameters,
                                                  const Node& node) {
  const auto inputs = graph.view().inputs_of(node);
  const TensorData& bias = parameters[inputs[2]];
  const ElementType input = graph.view().tensor(inputs[0]).type.element;
  if (input == ElementType::float32 || input == ElementType::activation) return copied(bias.as<float>());
  const std::span<const float> scales = parameters[inputs[1]].scales;
  return visit_quantized(input, [&]<class T>(T) {
    std::vector<float> result;
    const auto stored = bias.as<SumOf<T>>();
    for (std::size_t c = 0; c < stored.size(); ++c) {
      const double scale = static_cast<double>(parameters[inputs[0]].quantization.scale) *
                           static_cast<double>(scales[scales.size() == 1 ? 0 : c]);
      result.push_back(static_cast<float>(scale * static_cast<double>(stored[c])));
    }
    return result;
  });
}

/// The real numbers that a quantized activation can hold; empty for others.
[[nodiscard]] inline Range<float> stored_range(ElementType element, Quantization q) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (!is_quantized(element)) return {infinity, -infinity};
  return visit_quantized(element, [&]<class T>(T) -> Range<float> {
    return {::dlpu::detail::dequantize_value(std::numeric_limits<T>::min(), q),
            ::dlpu::detail::dequantize_value(std::numeric_limits<T>::max(), q)};
  });
}

/// Some files leave ReLU and ReLU6 to the end of the output's range. In real numbers they must be there.
inline void write_out_saturation(Node& node, Range<float> range) {
  const Activation fused = fused_activation(node.op);
  if (range.low > range.high || range.low < 0.0f || fused == Activation::relu6 || fused == Activation::relu_n1_to_1)
    return;
  const bool six = std::abs(range.high - 6.0f) < 0.03f;
  node.op = with_activation(node.op, six ? Activation::relu6 : Activation::relu);
}

/// Quantize and Dequantize change no real number: their outputs become their inputs, and they and their tensors go.
inline void remove_conversions(FloatNetwork& network) {
  const Graph& old = network.graph;
  const GraphView view = old.view();
  std::vector<std::int32_t> same(old.tensors.size()), number(old.tensors.size(), -1);
  for (std::size_t t = 0; t < same.size(); ++t) same[t] = static_cast<std::int32_t>(t);
  FloatNetwork result;
  const auto take = [&](std::int32_t tensor) {
    const auto t = static_cast<std::size_t>(same[static_cast<std::size_t>(tensor)]);
    if (number[t] < 0) {
      number[t] = static_cast<std::int32_t>(result.graph.tensors.size());
      result.graph.tensors.push_back(old.tensors[t]);
      result.values.push_back(std::move(network.values[t]));
      result.constants.push_back(std::move(network.constants[t]));
      result.ranges.push_back(network.ranges[t]);
    }
    return number[t];
  };
  const auto take_all = [&](std::span<const std::int32_t> tensors) {
    const EdgeRange range{static_cast<std::int32_t>(result.graph.edges.size()),
                          static_cast<std::int32_t>(tensors.size())};
    for (const std::int32_t tensor : tensors) result.graph.edges.push_back(take(tensor));
    return range;
  };
  for (const std::int32_t input : old.inputs) result.graph.inputs.push_back(take(input));
  for (const Node& node : old.nodes) {
    if (node.op.is<op::Quantize>() || node.op.is<op::Dequantize>()) {
      same[static_cast<std::size_t>(view.outputs_of(node)[0])] =
          same[static_cast<std::size_t>(view.inputs_of(node)[0])];
      continue;
    }
    Node kept = node;
    kept.inputs = take_all(view.inputs_of(node));
    kept.outputs = take_all(view.outputs_of(node));
    for (const std::int32_t output : view.outputs_of(node)) {
      result.graph.tensors[static_cast<std::size_t>(take(output))].producer =
          static_cast<std::int32_t>(result.graph.nodes.size());
    }
    result.graph.nodes.push_back(kept);
  }
  for (const std::int32_t output : old.outputs) result.graph.outputs.push_back(take(output));
  network = std::move(result);
}

}  // namespace detail

/// The float network of a graph and its numbers, stored as float32, int8, uint8 or int16 or, as in graphs composed in code, left
/// open and given in float32. Names stay views of whatever holds them. Where the source was quantized, the ranges of its
/// activations are kept, and a ReLU that was left to the end of a range is written out.
///
/// Errors name the tensor: NaN or infinite weights, a tensor of real numbers in a type that is none of these.
[[nodiscard]] inline Result<FloatNetwork> float_network(const Graph& graph, const Parameters& parameters) {
  if (graph.problem) return Error{std::string(graph.problem->sentence)};
  if (parameters.tensors().size() != graph.tensors.size()) {
    return Error{"quantization: the parameters are for a graph of " + std::to_string(parameters.tensors().size()) +
                 " tensors, this one has " + std::to_string(graph.tensors.size())};
  }
  FloatNetwork network{graph, {}, {}, {}};
  const std::size_t count = graph.tensors.size();
  network.values.resize(count);
  network.constants.resize(count);
  const GraphView view = graph.view();
  for (const Node& node : graph.nodes) {
    if (!::dlpu::detail::is_weighted(view, node)) continue;
    const std::int32_t filter = view.inputs_of(node)[1];
    network[filter] = detail::real_values(view.tensor(filter), parameters[filter], detail::channel_axis(node.op));
    network[view.inputs_of(node)[2]] = detail::real_bias(graph, parameters, node);
  }
  for (std::size_t t = 0; t < count; ++t) {
    TensorInfo& info = network.graph.tensors[t];
    const TensorData& data = parameters.tensors()[t];
    const bool activation = info.role == TensorRole::input || info.role == TensorRole::activation;
    network.ranges.push_back(activation ? detail::stored_range(info.type.element, data.quantization)
                                        : detail::stored_range(ElementType::float32, {}));
    if (info.role == TensorRole::constant && detail::is_real(info.type.element))
      network.values[t] = detail::real_values(info, data, 0);
    else if (info.role == TensorRole::constant)
      network.constants[t].assign(data.data.begin(), data.data.end());
    for (const float value : network.values[t]) {
      if (!std::isfinite(value))
        return Error{"quantization: the weights of " + to_string(info.name) + " contain NaN or infinity"};
    }
    if (info.role == TensorRole::bias)
      info.type.element = ElementType::int32;
    else if (detail::is_real(info.type.element))
      info.type.element = ElementType::activation;
  }
  for (Node& node : network.graph.nodes) {
    detail::write_out_saturation(node, network.ranges[static_cast<std::size_t>(view.outputs_of(node)[0])]);
  }
  detail::remove_conversions(network);
  return network;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

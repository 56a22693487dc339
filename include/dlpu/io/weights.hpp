#pragma once

/// Weights of a graph in .safetensors files.
///
/// Float weights, as training scripts write them, become `Parameters`, which a calibration takes; quantized ones are
/// saved for `NetworkWeights::from_safetensors`. Names and layouts are those of `dlpu/io/network_weights.hpp`.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dlpu/graph/constants.hpp"
#include "dlpu/io/network_weights.hpp"
#include "dlpu/io/safetensors_writer.hpp"
#include "dlpu/quantize/batch_norm.hpp"
#include "dlpu/quantize/quantize.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

namespace detail {

/// Folds a file's batch normalization into an operator's weights.
inline Result<void> fold_batch_norm(const Node& node, const SafeTensors& file, const Shape& filter_shape,
                                    std::span<float> filter, std::span<float> bias) {
  const std::string prefix = to_string(node.name) + ".batch_norm.";
  std::array<std::span<const float>, std::size(batch_norm_parts)> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part =
        file.finite_values(prefix + std::string(batch_norm_parts[i]), {static_cast<std::int32_t>(bias.size())});
    if (!part) return Error{part.error()};
    parts[i] = *part;
  }
  const auto [gamma, beta, mean, variance] = parts;
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (!(variance[c] + node.batch_norm_epsilon > 0.0f)) {
      return Error{file.subject(prefix + "variance") + " is not positive at channel " + std::to_string(c) +
                   "; a variance cannot be"};
    }
  }
  quantize::fold({gamma, beta, mean, variance, node.batch_norm_epsilon}, filter_shape,
                 quantize::detail::channel_axis(node.op), filter, bias);
  if (first_not_finite(filter) || first_not_finite(bias)) {
    return Error{
        file.file_name() + ": " + to_string(node.name) +
        ": weights with their batch normalization folded in are beyond float32; a variance is too small or a "
        "gamma too large"};
  }
  return {};
}

/// One operator's float weights, its batch normalization folded in.
inline Result<void> load_float_layer(const GraphView& graph, const Node& node, const SafeTensors& file,
                                     Parameters& parameters) {
  const auto inputs = graph.inputs_of(node);
  const std::string name = to_string(node.name);
  const Shape &filter_shape = graph.tensor(inputs[1]).type.shape, &bias_shape = graph.tensor(inputs[2]).type.shape;
  const auto weight = file.finite_values(name + ".weight", filter_shape);
  if (!weight) return Error{weight.error()};
  const std::span<float> filter = parameters.allocate<float>(weight->size());
  std::ranges::copy(*weight, filter.begin());
  const std::span<float> bias = parameters.allocate<float>(static_cast<std::size_t>(bias_shape.elements()));
  const bool normalized = has_batch_norm(file, name);
  if (normalized && node.batch_norm_epsilon < 0.0f) {
    return Error{file.file_name() + ": " + name +
                 " has a batch normalization, but the network has none there; build it with " +
                 "g.batch_norm or blocks::convolution"};
  }
  if (!normalized || file.find(name + ".bias")) {
    const auto stored = file.finite_values(name + ".bias", bias_shape);
    if (!stored) return Error{stored.error()};
    std::ranges::copy(*stored, bias.begin());
  }
  if (normalized) {
    if (auto folded = fold_batch_norm(node, file, filter_shape, filter, bias); !folded) return folded;
  }
  parameters[inputs[1]].data = std::as_bytes(filter);
  parameters[inputs[2]].data = std::as_bytes(bias);
  return {};
}

}  // namespace detail

/// The float weights of every weighted operator, batch normalizations folded in, and all constants. The result owns its
/// memory.
///
/// Errors name file and tensor: missing, of another shape or type, NaN or infinite before or after folding, a variance
/// that is not positive.
[[nodiscard]] inline Result<Parameters> load_float_weights(const GraphView& graph, const SafeTensors& file) {
  Parameters parameters(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    if (!detail::is_weighted(graph, node)) continue;
    if (const auto loaded = detail::load_float_layer(graph, node, file, parameters); !loaded) {
      return Error{loaded.error()};
    }
  }
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorInfo& info = graph.tensors[t];
    if (info.role != TensorRole::constant) continue;
    if (info.formula && !file.find(to_string(info.name))) continue;
    const auto constant = detail::read_constant(info, file, ElementType::float32);
    if (!constant) return Error{constant.error()};
    parameters[static_cast<std::int32_t>(t)].data = parameters.keep(*constant);
  }
  fill_constants(graph, parameters);
  return parameters;
}

/// The bytes of a .safetensors file with a quantized network's parameters, for `NetworkWeights::from_safetensors`.
template <QuantizationPolicy Policy>
[[nodiscard]] std::vector<std::byte> save_parameters(const GraphView& graph, const Parameters& parameters) {
  static_assert(Policy::quantized, "save_parameters: float weights are saved by whoever trained them");
  constexpr ElementType storage = element_type_of<typename Policy::Storage>;
  std::vector<SafeTensor> tensors;
  const auto add = [&](ElementType type, const Shape& shape, std::span<const std::byte> data, std::string name) {
    tensors.push_back({{type, shape, data}, std::move(name)});
  };
  for (const Node& node : graph.nodes) {
    if (!detail::is_weighted(graph, node)) continue;
    const auto inputs = graph.inputs_of(node);
    const std::string name = to_string(node.name);
    const TensorData &filter = parameters[inputs[1]], &bias = parameters[inputs[2]];
    add(filter_element(storage), graph.tensor(inputs[1]).type.shape, filter.data, name + ".weight");
    add(sum_element(storage), graph.tensor(inputs[2]).type.shape, bias.data, name + ".bias");
    add(ElementType::float32, {static_cast<std::int32_t>(filter.scales.size())}, std::as_bytes(filter.scales),
        name + ".weight.scale");
    add(ElementType::int32, {1}, std::as_bytes(std::span(&filter.quantization.zero_point, 1)),
        name + ".weight.zero_point");
  }
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorInfo& info = graph.tensors[t];
    if (info.role == TensorRole::constant) {
      add(resolved(info.type.element, storage), info.type.shape, parameters[static_cast<std::int32_t>(t)].data,
          to_string(info.name));
    }
    if (!detail::has_quantization(info)) continue;
    const Quantization& quantization = parameters[static_cast<std::int32_t>(t)].quantization;
    const std::string key = detail::quantization_key(graph.tensors[t]);
    add(ElementType::float32, {1}, std::as_bytes(std::span(&quantization.scale, 1)), key + ".scale");
    add(ElementType::int32, {1}, std::as_bytes(std::span(&quantization.zero_point, 1)), key + ".zero_point");
  }
  return write_safetensors(tensors);
}

}  // namespace io

}  // namespace dlpu::inline DLPU_ABI

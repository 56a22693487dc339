#pragma once

/// The weights of a network type from a .safetensors file.
///
/// Float weights, as training scripts write them, by operator name:
///     NAME.weight        filter: OHWI for Conv2D, [1, height, width, channels] depthwise, [units, inputs]
///     NAME.bias          [channels]; may be absent where there is a batch normalization, and then is zero
///     NAME.batch_norm.gamma, .beta, .mean, .variance    [channels]; folded into weight and bias
///     NAME                                              constants; may be absent where there is a formula
/// What may be absent must be there for `from_safetensors`, which owns no memory; `load_float_weights` fills it in.
/// Quantized weights, as `save_parameters` writes them, have
///     NAME.weight, NAME.bias                            as stored
///     NAME.weight.scale [1 or channels], NAME.weight.zero_point [1]
///     NAME.output.scale [1], NAME.output.zero_point [1] of every activation; `NAME.scale` of every input and constant
///     NAME                                              constants, as stored

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "dlpu/graph/placement.hpp"
#include "dlpu/graph/weights.hpp"
#include "dlpu/io/safetensors.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

namespace detail {

[[nodiscard]] inline bool is_weighted(const GraphView& graph, const Node& node) {
  return ::dlpu::detail::is_weighted(graph, node);
}
/// What the keys of an activation's quantization begin with.
[[nodiscard]] inline std::string quantization_key(const TensorInfo& info) {
  return to_string(info.name) + (info.role == TensorRole::activation ? ".output" : "");
}
[[nodiscard]] inline bool is_activation(const TensorInfo& info) {
  return info.role == TensorRole::input || info.role == TensorRole::activation;
}
/// Whether a tensor has a scale and a zero point of its own under a policy.
[[nodiscard]] inline bool has_quantization(const TensorInfo& info) {
  return (is_activation(info) || info.role == TensorRole::constant) && info.type.element == ElementType::activation;
}

inline constexpr std::string_view batch_norm_parts[] = {"gamma", "beta", "mean", "variance"};

/// Whether a file holds any part of a batch normalization.
[[nodiscard]] inline bool has_batch_norm(const SafeTensors& file, const std::string& name) {
  for (const std::string_view part : batch_norm_parts) {
    if (file.find(name + ".batch_norm." + std::string(part))) return true;
  }
  return false;
}

/// Whether a storage type has this number, as zero points need.
template <class Storage>
[[nodiscard]] constexpr bool stores(std::int32_t value) {
  return value >= std::numeric_limits<Storage>::min() && value <= std::numeric_limits<Storage>::max();
}

/// Scales of a tensor: finite and positive.
[[nodiscard]] inline Result<std::span<const float>> read_scales(const SafeTensors& file, const std::string& name,
                                                                const Shape& shape) {
  auto scales = file.finite_values(name, shape);
  if (!scales) return scales;
  for (std::size_t i = 0; i < scales->size(); ++i) {
    if (!((*scales)[i] > 0.0f)) {
      return Error{file.subject(name) + " is not positive at element " + std::to_string(i) +
                   "; a scale must be, so quantize the network again"};
    }
  }
  return scales;
}

/// The weights of one operator, as views of the file.
template <class Storage>
Result<void> read_quantized_layer(const GraphView& graph, const Node& node, const SafeTensors& file, bool per_channel,
                                  Parameters& parameters) {
  const auto inputs = graph.inputs_of(node);
  const std::string name = to_string(node.name), zero_point_name = name + ".weight.zero_point";
  const Shape& bias_shape = graph.tensor(inputs[2]).type.shape;
  const auto filter = file.values<FilterOf<Storage>>(name + ".weight", graph.tensor(inputs[1]).type.shape);
  if (!filter) return Error{filter.error()};
  const auto bias = file.values<SumOf<Storage>>(name + ".bias", bias_shape);
  if (!bias) return Error{bias.error()};
  const auto scales = read_scales(file, name + ".weight.scale", per_channel ? bias_shape : Shape{1});
  if (!scales) return Error{scales.error()};
  const auto zero_point = file.values<std::int32_t>(zero_point_name, {1});
  if (!zero_point) return Error{zero_point.error()};
  const bool may_be_shifted = !per_channel && !std::numeric_limits<Storage>::is_signed;
  if (!stores<FilterOf<Storage>>((*zero_point)[0]) || (!may_be_shifted && (*zero_point)[0] != 0)) {
    return Error{file.subject(zero_point_name) + " is " + std::to_string((*zero_point)[0]) +
                 "; it must be 0, for uint8 per tensor from 0 to 255"};
  }
  parameters[inputs[1]] = {{1.0f, (*zero_point)[0]}, *scales, std::as_bytes(*filter)};
  parameters[inputs[2]].data = std::as_bytes(*bias);
  return {};
}

/// Scale and zero point of an activation or a constant; `key` is `quantization_key`.
template <class Storage>
Result<Quantization> read_quantization(const SafeTensors& file, const std::string& key) {
  const std::string zero_point_name = key + ".zero_point";
  const auto scale = read_scales(file, key + ".scale", {1});
  if (!scale) return Error{scale.error()};
  const auto zero_point = file.values<std::int32_t>(zero_point_name, {1});
  if (!zero_point) return Error{zero_point.error()};
  if (!stores<Storage>((*zero_point)[0])) {
    return Error{file.subject(zero_point_name) + " is " + std::to_string((*zero_point)[0]) + ", which " +
                 std::string(to_string(element_type_of<Storage>)) +
                 " cannot hold; quantize the network for this policy"};
  }
  return Quantization{(*scale)[0], (*zero_point)[0]};
}

/// A constant of the network as the file stores it. A template, so that a unit that reads no file does not compile it.
template <class File>
Result<std::span<const std::byte>> read_constant(const TensorInfo& info, const File& file, ElementType storage) {
  const auto bytes = [](const auto& values) -> Result<std::span<const std::byte>> {
    if (!values) return Error{values.error()};
    return std::as_bytes(*values);
  };
  const std::string name = to_string(info.name);
  switch (resolved(info.type.element, storage)) {
    case ElementType::float32:
      return bytes(file.finite_values(name, info.type.shape));
    case ElementType::int8:
      return bytes(file.template values<std::int8_t>(name, info.type.shape));
    case ElementType::uint8:
      return bytes(file.template values<std::uint8_t>(name, info.type.shape));
    case ElementType::int16:
      return bytes(file.template values<std::int16_t>(name, info.type.shape));
    case ElementType::int32:
      return bytes(file.template values<std::int32_t>(name, info.type.shape));
    default:
      return Error{file.file_name() + ": the network's constant '" + name + "' has an element type that is not read"};
  }
}

/// Views of a file's quantized weights; the file's bytes must outlive the result.
template <class Policy>
Result<Parameters> read_quantized(const GraphView& graph, const SafeTensors& file) {
  Parameters parameters(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    if (!is_weighted(graph, node)) continue;
    const auto read =
        read_quantized_layer<typename Policy::Storage>(graph, node, file, Policy::per_channel, parameters);
    if (!read) return Error{read.error()};
  }
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].role == TensorRole::constant) {
      const auto read = read_constant(graph.tensors[t], file, element_type_of<typename Policy::Storage>);
      if (!read) return Error{read.error()};
      parameters[static_cast<std::int32_t>(t)].data = *read;
    }
    if (!has_quantization(graph.tensors[t])) continue;
    const auto quantization = read_quantization<typename Policy::Storage>(file, quantization_key(graph.tensors[t]));
    if (!quantization) return Error{quantization.error()};
    parameters[static_cast<std::int32_t>(t)].quantization = *quantization;
  }
  return parameters;
}

/// Views of a file's float weights; the file's bytes must outlive the result. What needs memory of its own is an error:
/// folding a batch normalization, and constants by formula that the file lacks.
template <class File>
Result<Parameters> read_float(const GraphView& graph, const File& file) {
  Parameters parameters(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    if (!is_weighted(graph, node)) continue;
    const auto inputs = graph.inputs_of(node);
    const std::string name = to_string(node.name);
    if (has_batch_norm(file, name)) {
      return Error{file.file_name() + ": " + name +
                   " has a batch normalization, and folding it needs memory of its own; use load_float_weights and "
                   "from_parameters"};
    }
    const auto filter = file.finite_values(name + ".weight", graph.tensor(inputs[1]).type.shape);
    if (!filter) return Error{filter.error()};
    const auto bias = file.finite_values(name + ".bias", graph.tensor(inputs[2]).type.shape);
    if (!bias) return Error{bias.error()};
    parameters[inputs[1]].data = std::as_bytes(*filter);
    parameters[inputs[2]].data = std::as_bytes(*bias);
  }
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorInfo& info = graph.tensors[t];
    if (info.role != TensorRole::constant) continue;
    if (info.formula && !file.find(to_string(info.name))) {
      return Error{file.subject(to_string(info.name)) +
                   " is missing, and computing it by its formula needs memory of its own; use load_float_weights and "
                   "from_parameters"};
    }
    const auto constant = read_constant(info, file, ElementType::float32);
    if (!constant) return Error{constant.error()};
    parameters[static_cast<std::int32_t>(t)].data = *constant;
  }
  return parameters;
}

}  // namespace detail

}  // namespace io

template <class Model, class Policy>
Result<NetworkWeights<Model, Policy>> NetworkWeights<Model, Policy>::from_safetensors(
    std::span<const std::byte> bytes, std::string_view file_name) {
  const auto file = io::SafeTensors::parse(bytes, file_name);
  if (!file) return Error{file.error()};
  const Result<Parameters> parameters = [&] {
    if constexpr (Policy::quantized)
      return io::detail::read_quantized<Policy>(graph, *file);
    else
      return io::detail::read_float(graph, *file);
  }();
  if (!parameters) return Error{parameters.error()};
  return from_parameters(*parameters);
}

}  // namespace dlpu::inline DLPU_ABI

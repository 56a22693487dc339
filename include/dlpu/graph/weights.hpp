#pragma once

/// The weights of a network type: for each weighted operator spans of exactly the right extent, for each tensor its
/// quantization. Nothing is owned: the numbers live in a file's bytes, a generated header or `Parameters`.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "dlpu/core/result.hpp"
#include "dlpu/core/tensor.hpp"
#include "dlpu/graph/graph_of.hpp"
#include "dlpu/graph/parameters.hpp"

namespace dlpu::inline DLPU_ABI {

/// A string as a template argument: `weights.layer<"block_2.expand">()`.
template <std::size_t N>
struct FixedString {
  char text[N];
  constexpr FixedString(const char (&literal)[N]) {  // implicit: a literal is the argument
    for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

/// The weights of one operator. `Filter` is its extents: OHWI for Conv2D, [1, height, width, channels] for
/// depthwise, [units, inputs] for fully connected. In float32 there are no scales.
template <class Policy, class FilterExtents, std::size_t Channels>
struct LayerWeights {
  static constexpr bool quantized = Policy::quantized;
  static constexpr std::size_t filter_count = FilterExtents{}.size(), channel_count = Channels;
  static constexpr std::size_t scale_count = !quantized ? 0 : Policy::per_channel ? Channels : 1;
  using Filter = FilterOf<typename Policy::Storage>;
  using Bias = SumOf<typename Policy::Storage>;

  std::span<const Filter, filter_count> filter;
  std::span<const Bias, Channels> bias;        ///< at scale input * filter
  std::span<const float, scale_count> scales;  ///< of the filter: one, or one per output channel
  std::int32_t zero_point = 0;                 ///< of the filter; 0 unless the storage is uint8
};

/// The numbers whose bytes, the lowest first, are a string literal: what generated headers are made of, because a
/// compiler reads a literal thirty times faster than a list of integers. The literal lies on `T`'s boundary.
template <class T, std::size_t N>
[[nodiscard]] std::span<const T, (N - 1) / sizeof(T)> numbers_in(const char (&literal)[N]) {
  static_assert((N - 1) % sizeof(T) == 0 && (sizeof(T) == 1 || std::endian::native == std::endian::little));
  return std::span<const T, (N - 1) / sizeof(T)>(reinterpret_cast<const T*>(literal), (N - 1) / sizeof(T));
}

namespace detail {

[[nodiscard]] constexpr bool is_weighted(const GraphView& graph, const Node& node) {
  return node.inputs.count == 3 && graph.tensor(graph.inputs_of(node)[1]).role == TensorRole::filter;
}
[[nodiscard]] constexpr std::size_t weighted_count(const GraphView& graph) {
  std::size_t count = 0;
  for (const Node& node : graph.nodes) count += is_weighted(graph, node) ? 1u : 0u;
  return count;
}

/// The numbers of a network's weighted operators, in order.
template <class Model>
inline constexpr auto weighted_nodes = [] {
  constexpr GraphView graph = graph_of<Model>.view();
  std::array<std::size_t, weighted_count(graph)> nodes{};
  std::size_t next = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (is_weighted(graph, graph.nodes[i])) nodes[next++] = i;
  }
  return nodes;
}();

/// The numbers of a network's constant tensors, in order.
template <class Model>
inline constexpr auto constant_tensors = [] {
  constexpr auto is_constant = [](const TensorInfo& tensor) { return tensor.role == TensorRole::constant; };
  constexpr GraphView graph = graph_of<Model>.view();
  std::array<std::size_t, static_cast<std::size_t>(std::ranges::count_if(graph.tensors, is_constant))> numbers{};
  std::size_t next = 0;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (is_constant(graph.tensors[t])) numbers[next++] = t;
  }
  return numbers;
}();

/// The C++ type of a tensor's elements.
template <ElementType Element>
struct element_of;
template <>
struct element_of<ElementType::float32> {
  using type = float;
};
template <>
struct element_of<ElementType::int8> {
  using type = std::int8_t;
};
template <>
struct element_of<ElementType::uint8> {
  using type = std::uint8_t;
};
template <>
struct element_of<ElementType::int16> {
  using type = std::int16_t;
};
template <>
struct element_of<ElementType::int32> {
  using type = std::int32_t;
};
template <>
struct element_of<ElementType::int64> {
  using type = std::int64_t;
};
template <>
struct element_of<ElementType::boolean> {
  using type = bool;
};

template <class Model, class Policy, std::size_t I>
struct constant_of {
  static constexpr std::size_t tensor = constant_tensors<Model>[I];
  static constexpr const TensorInfo& info = graph_of<Model>.tensors[tensor];
  using Element = typename element_of<resolved(info.type.element, element_type_of<typename Policy::Storage>)>::type;
  using type = std::span<const Element, static_cast<std::size_t>(info.type.shape.elements())>;
};
template <class Model, class Policy, class Sequence>
struct constants_of;
template <class Model, class Policy, std::size_t... I>
struct constants_of<Model, Policy, std::index_sequence<I...>> {
  using type = std::tuple<typename constant_of<Model, Policy, I>::type...>;
};

template <class Model, class Policy, std::size_t I>
struct layer_of {
  static constexpr GraphView graph = graph_of<Model>.view();
  static constexpr const Node& node = graph.nodes[weighted_nodes<Model>[I]];
  static constexpr std::int32_t filter = graph.inputs_of(node)[1], bias = graph.inputs_of(node)[2];
  struct FilterShape {
    static constexpr Shape shape = graph.tensor(filter).type.shape;
  };
  using type = LayerWeights<Policy, ExtentsOf<FilterShape>,
                            static_cast<std::size_t>(graph.tensor(bias).type.shape.elements())>;
};

template <class Model, class Policy, class Sequence>
struct layers_of;
template <class Model, class Policy, std::size_t... I>
struct layers_of<Model, Policy, std::index_sequence<I...>> {
  using type = std::tuple<typename layer_of<Model, Policy, I>::type...>;
};

}  // namespace detail

/// All weights of a network. Fill the members from arrays, where nothing can fail, or use one of the functions that
/// check.
template <class Model, class Policy>
struct NetworkWeights {
  static constexpr GraphView graph = graph_of<Model>.view();
  static constexpr std::size_t layer_count = detail::weighted_nodes<Model>.size();
  template <std::size_t I>
  using Layer = typename detail::layer_of<Model, Policy, I>::type;
  using Layers = typename detail::layers_of<Model, Policy, std::make_index_sequence<layer_count>>::type;
  using Activations = std::array<Quantization, graph.tensors.size()>;
  static constexpr std::size_t constant_count = detail::constant_tensors<Model>.size();
  using Constants = typename detail::constants_of<Model, Policy, std::make_index_sequence<constant_count>>::type;

  /// One entry per weighted operator, in the order of the graph.
  Layers layers;
  /// One entry per tensor of the graph; only activations and constants count, and in float32 none.
  Activations activations{};
  /// One entry per `constant` of the graph, in order.
  Constants constants;

  /// The weights of one operator by its name.
  template <FixedString OperatorName>
  [[nodiscard]] constexpr const auto& layer() const {
    constexpr std::size_t index = index_of(OperatorName.view());
    static_assert(index < layer_count, "no weighted operator of this network has this name");
    return std::get < index < layer_count ? index : 0 > (layers);
  }

  /// A view of parameters that live elsewhere, made for the same graph and policy. They must outlive it.
  [[nodiscard]] static Result<NetworkWeights> from_parameters(const Parameters& parameters);

  /// A view of a `.safetensors` file that `save_safetensors` wrote, or of float weights for a float network. The
  /// bytes must outlive it and start on an 8-byte boundary. Defined in `dlpu/io/network_weights.hpp`.
  [[nodiscard]] static Result<NetworkWeights> from_safetensors(std::span<const std::byte> bytes,
                                                               std::string_view file_name = "weights");

  /// The same as one entry per tensor, as kernels take it.
  [[nodiscard]] std::array<TensorData, graph.tensors.size()> tensor_data() const {
    std::array<TensorData, graph.tensors.size()> data{};
    for (std::size_t t = 0; t < data.size(); ++t) data[t].quantization = activations[t];
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (fill(std::get<I>(layers), data[detail::layer_of<Model, Policy, I>::filter],
            data[detail::layer_of<Model, Policy, I>::bias]),
       ...);
    }
    (std::make_index_sequence<layer_count>{});
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((data[detail::constant_of<Model, Policy, I>::tensor].data = std::as_bytes(std::get<I>(constants))), ...);
    }
    (std::make_index_sequence<constant_count>{});
    return data;
  }

 private:
  static constexpr std::size_t index_of(std::string_view name) {
    for (std::size_t i = 0; i < layer_count; ++i) {
      if (reads_as(graph.nodes[detail::weighted_nodes<Model>[i]].name, name)) return i;
    }
    return layer_count;
  }
  static void fill(const auto& layer, TensorData& filter, TensorData& bias) {
    filter.quantization.zero_point = layer.zero_point;
    filter.scales = layer.scales;
    filter.data = std::as_bytes(layer.filter);
    bias.data = std::as_bytes(layer.bias);
  }
};

namespace detail {

/// Why the parameters of one layer do not fit its type; empty where they do.
template <class Layer>
std::string layer_mismatch(const TensorData& filter, const TensorData& bias, const Name& name) {
  const auto complain = [&](std::string_view what, std::size_t has, std::size_t needs) {
    return to_string(name) + ": the " + std::string(what) + " has " + std::to_string(has) +
           " entries, this network needs " + std::to_string(needs) +
           "; quantize the weights for this network and policy";
  };
  const std::size_t filters = filter.data.size() / sizeof(typename Layer::Filter);
  const std::size_t biases = bias.data.size() / sizeof(typename Layer::Bias);
  if (filters != Layer::filter_count) return complain("filter", filters, Layer::filter_count);
  if (biases != Layer::channel_count) return complain("bias", biases, Layer::channel_count);
  if (filter.scales.size() != Layer::scale_count)
    return complain("filter scale", filter.scales.size(), Layer::scale_count);
  return {};
}

/// The same of a constant.
template <class Constant>
std::string constant_mismatch(const Parameters& parameters) {
  constexpr std::size_t needs = Constant::type::extent * sizeof(typename Constant::Element);
  const std::size_t has = parameters.tensors()[Constant::tensor].data.size();
  if (has == needs) return {};
  return to_string(Constant::info.name) + ": the constant has " + std::to_string(has) +
         " bytes, this network needs " + std::to_string(needs) +
         (Constant::info.formula ? "; use fill_constants on float weights, then quantize them"
                                 : "; give its data with the parameters");
}
template <class Constant>
typename Constant::type constant_from(const Parameters& parameters) {
  return typename Constant::type(parameters.tensors()[Constant::tensor].template as<typename Constant::Element>());
}

template <class Layer>
Layer layer_from(const TensorData& filter, const TensorData& bias) {
  return {std::span<const typename Layer::Filter, Layer::filter_count>(filter.as<typename Layer::Filter>()),
          std::span<const typename Layer::Bias, Layer::channel_count>(bias.as<typename Layer::Bias>()),
          std::span<const float, Layer::scale_count>(filter.scales), filter.quantization.zero_point};
}

}  // namespace detail

template <class Model, class Policy>
Result<NetworkWeights<Model, Policy>> NetworkWeights<Model, Policy>::from_parameters(const Parameters& parameters) {
  if (parameters.tensors().size() != graph.tensors.size()) {
    return Error{"weights: made for a graph of " + std::to_string(parameters.tensors().size()) +
                 " tensors, this network has " + std::to_string(graph.tensors.size())};
  }
  return [&]<std::size_t... I, std::size_t... C>(std::index_sequence<I...>, std::index_sequence<C...>)
      ->Result<NetworkWeights> {
    std::string mismatch;
    (void)((mismatch = detail::layer_mismatch<Layer<I>>(parameters[detail::layer_of<Model, Policy, I>::filter],
                                                        parameters[detail::layer_of<Model, Policy, I>::bias],
                                                        detail::layer_of<Model, Policy, I>::node.name),
            !mismatch.empty()) ||
           ...);
    (void)((mismatch = mismatch.empty() ? detail::constant_mismatch<detail::constant_of<Model, Policy, C>>(parameters)
                                        : mismatch,
            !mismatch.empty()) ||
           ...);
    if (!mismatch.empty()) return Error{mismatch};
    NetworkWeights weights{{detail::layer_from<Layer<I>>(parameters[detail::layer_of<Model, Policy, I>::filter],
                                                         parameters[detail::layer_of<Model, Policy, I>::bias])...},
                           {},
                           {detail::constant_from<detail::constant_of<Model, Policy, C>>(parameters)...}};
    for (std::size_t t = 0; t < weights.activations.size(); ++t) {
      weights.activations[t] = parameters[static_cast<std::int32_t>(t)].quantization;
    }
    return weights;
  }
  (std::make_index_sequence<layer_count>{}, std::make_index_sequence<constant_count>{});
}

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Weights of a network composed in code from the .tflite file of the same architecture.
///
///     const auto file = dlpu::io::open_tflite("mobilenet_v2.tflite");
///     const auto parameters = dlpu::io::parameters_from_tflite<dlpu::PerTensor>(graph.view(), *file);
///     const auto weights = Net::Weights::from_parameters(*parameters);   // of the file's bytes, which must stay
///
/// Layers are found by structure, from the inputs on: names do not matter, nor the order of operators in the file, nor
/// Reshape and Quantize between layers that only one of both has. Of equal layers with the same input, the file's first
/// is the network's first. Numbers and scales are the file's own, so that the network computes the file's bits where
/// both have the same operators.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "dlpu/graph/weights.hpp"
#include "dlpu/io/tflite.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

namespace detail {

/// Operators that only pass numbers on: a network or a file may lack them.
[[nodiscard]] constexpr bool passes_on(const Operator& op) {
  return op.is<op::Reshape>() || op.is<op::Quantize>();
}

/// Whether two operators compute the same on their shapes. Windows are compared as they lie, not as they are written.
[[nodiscard]] inline bool same_operator(const GraphView& a, const Node& x, const GraphView& b, const Node& y) {
  if (x.op.kind() != y.op.kind() || x.outputs.count != y.outputs.count) return false;
  if (a.output_type(x).shape.elements() != b.output_type(y).shape.elements()) return false;
  return visit(x.op, [&](const auto& first) {
    using Op = std::decay_t<decltype(first)>;
    const Op second = y.op.as<Op>();
    if constexpr (requires { first.activation; }) {
      if (first.activation != second.activation) return false;
    }
    if constexpr (requires { first.alpha; }) {
      if (first.alpha != second.alpha) return false;
    }
    if constexpr (requires { first.beta; }) {
      if (first.beta != second.beta) return false;
    }
    if constexpr (requires { first.half_pixel_centers; }) {
      if (first.half_pixel_centers != second.half_pixel_centers) return false;
      if (first.align_corners != second.align_corners) return false;
    }
    if constexpr (requires { first.geometry(Shape{}).pad_top; }) {
      auto window = first.geometry(a.input_type(x).shape), other = second.geometry(b.input_type(y).shape);
      if (window.output_height == 1 && window.output_width == 1) other.stride = window.stride;  // says nothing there
      return window == other;
    }
    return true;
  });
}

/// Walks a network and a file together.
class StructureMatch {
 public:
  StructureMatch(const GraphView& network, const TfliteModel& file)
      : network_(network),
        file_(file),
        view_(file.graph.view()),
        parameters_(network.tensors.size()),
        counterparts_(network.tensors.size(), -1),
        used_(view_.nodes.size()) {}

  [[nodiscard]] Result<Parameters> match() && {
    if (network_.inputs.size() != view_.inputs.size()) {
      return Error{"the network has " + std::to_string(network_.inputs.size()) + " inputs, the file " +
                   std::to_string(view_.inputs.size())};
    }
    for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
      if (network_.tensor(network_.inputs[i]).type.shape != view_.tensor(view_.inputs[i]).type.shape) {
        return Error{"input " + std::to_string(i) + " of the network is " +
                     to_string(network_.tensor(network_.inputs[i]).type.shape) + ", of the file " +
                     to_string(view_.tensor(view_.inputs[i]).type.shape)};
      }
      set(network_.inputs[i], view_.inputs[i]);
    }
    for (const Node& node : network_.nodes) {
      if (const std::string problem = match_node(node); !problem.empty()) return Error{problem};
    }
    for (std::size_t i = 0; i < view_.nodes.size(); ++i) {
      if (!used_[i] && !passes_on(view_.nodes[i].op)) {
        return Error{"the file has a layer that the network has not: " + title(view_, view_.nodes[i])};
      }
    }
    return std::move(parameters_);
  }

 private:
  void set(std::int32_t tensor, std::int32_t counterpart) {
    counterparts_[static_cast<std::size_t>(tensor)] = counterpart;
    parameters_[tensor] = file_.parameters[counterpart];
  }
  [[nodiscard]] std::int32_t counterpart(std::int32_t tensor) const {
    return counterparts_[static_cast<std::size_t>(tensor)];
  }
  [[nodiscard]] static bool is_given(const GraphView& graph, std::int32_t tensor) {
    const TensorRole role = graph.tensor(tensor).role;
    return role != TensorRole::activation && role != TensorRole::input;
  }
  [[nodiscard]] static std::string title(const GraphView& graph, const Node& node) {
    std::string text = std::string(name_of(node.op)) + " '" + to_string(node.name) + "'";
    const auto inputs = graph.inputs_of(node);
    if (inputs.size() > 1 && is_given(graph, inputs[1])) {
      text += " with weights " + to_string(graph.tensor(inputs[1]).type.shape);
    }
    return text + " to " + to_string(graph.output_type(node).shape);
  }

  /// Whether a tensor of the file holds what another does, passed on by none or more operators.
  [[nodiscard]] bool holds(std::int32_t tensor, std::int32_t what) const {
    while (tensor != what) {
      const std::int32_t producer = view_.tensor(tensor).producer;
      if (producer < 0) return false;
      const Node& node = view_.nodes[static_cast<std::size_t>(producer)];
      if (!passes_on(node.op)) return false;
      tensor = view_.inputs_of(node)[0];
    }
    return true;
  }

  /// Whether the file's node takes what the network's does; `taken` receives the file's tensors in the network's order.
  [[nodiscard]] bool takes_the_same(const Node& node, const Node& candidate, std::vector<std::int32_t>& taken) const {
    const auto inputs = network_.inputs_of(node), others = view_.inputs_of(candidate);
    if (inputs.size() != others.size()) return false;
    std::vector<std::int32_t> left(others.begin(), others.end());
    taken.clear();
    for (const std::int32_t input : inputs) {
      auto found = left.begin();
      if (is_given(network_, input)) {
        found = std::ranges::find_if(left, [&](std::int32_t other) {
          return is_given(view_, other) &&
                 network_.tensor(input).type.shape.elements() == view_.tensor(other).type.shape.elements() &&
                 (network_.tensor(input).role != TensorRole::filter ||
                  network_.tensor(input).type.shape == view_.tensor(other).type.shape);
        });
      } else {
        found = std::ranges::find_if(left, [&](std::int32_t other) { return holds(other, counterpart(input)); });
      }
      if (found == left.end()) return false;
      taken.push_back(*found);
      left.erase(found);
    }
    return true;
  }

  [[nodiscard]] std::string match_node(const Node& node) {
    std::vector<std::int32_t> taken;
    for (std::size_t i = 0; i < view_.nodes.size(); ++i) {
      const Node& candidate = view_.nodes[i];
      if (used_[i] || !same_operator(network_, node, view_, candidate) || !takes_the_same(node, candidate, taken)) {
        continue;
      }
      used_[i] = true;
      const auto inputs = network_.inputs_of(node), outputs = network_.outputs_of(node);
      for (std::size_t k = 0; k < inputs.size(); ++k) set(inputs[k], taken[k]);
      for (std::size_t k = 0; k < outputs.size(); ++k) set(outputs[k], view_.outputs_of(candidate)[k]);
      return {};
    }
    if (passes_on(node.op)) {  // the file has none here
      set(network_.outputs_of(node)[0], counterpart(network_.inputs_of(node)[0]));
      return {};
    }
    return "the network's layer " + title(network_, node) + " differs from the file, which has there: " + there(node);
  }

  /// Whether titles tell two operators apart by their names at most.
  [[nodiscard]] bool looks_like(const Node& node, const Node& other) const {
    return node.op.kind() == other.op.kind() && network_.output_type(node).shape == view_.output_type(other).shape;
  }

  /// What the file does with a network node's first input.
  [[nodiscard]] std::string there(const Node& node) const {
    std::string text;
    const std::int32_t first = counterpart(network_.inputs_of(node)[0]);
    for (std::size_t i = 0; i < view_.nodes.size(); ++i) {
      const bool takes = std::ranges::any_of(view_.inputs_of(view_.nodes[i]),
                                             [&](std::int32_t input) { return holds(input, first); });
      if (takes && !used_[i] && !passes_on(view_.nodes[i].op)) {
        text += (text.empty() ? "" : ", ") + title(view_, view_.nodes[i]);
        if (looks_like(node, view_.nodes[i])) text += " with other parameters (window, activation, alpha ...)";
      }
    }
    return text.empty() ? "nothing" : text;
  }

  const GraphView& network_;
  const TfliteModel& file_;
  GraphView view_;
  Parameters parameters_;
  std::vector<std::int32_t> counterparts_;  // of each tensor of the network, the file's
  std::vector<bool> used_;                  // each of the file's operators
};

/// Why the file's numbers are not stored as a policy stores them; empty where they are.
template <class Policy>
[[nodiscard]] std::string storage_problem(const GraphView& network, const TfliteModel& file,
                                          const Parameters& parameters) {
  constexpr ElementType storage = element_type_of<typename Policy::Storage>;
  for (const TensorInfo& tensor : file.graph.tensors) {
    const bool is_filter = tensor.role == TensorRole::filter;
    if (!is_filter && tensor.role != TensorRole::bias) continue;
    const ElementType expected = is_filter ? filter_element(storage) : sum_element(storage);
    if (tensor.type.element == expected) continue;
    return "the file stores the " + std::string(is_filter ? "filter" : "bias") + " of " +
           in_quotes(to_string(tensor.name)) + " as " + std::string(to_string(tensor.type.element)) +
           ", the policy as " + std::string(to_string(expected)) + "; take the policy that the file was made for";
  }
  if constexpr (Policy::quantized && !Policy::per_channel) {
    for (const Node& node : network.nodes) {
      if (!::dlpu::detail::is_weighted(network, node) || parameters[network.inputs_of(node)[1]].scales.size() <= 1)
        continue;
      return "the file's filters have a scale for each channel ('" + to_string(node.name) +
             "'); take a policy per channel";
    }
  }
  return {};
}

/// Gives layers with one scale as many as they have channels: what a policy per channel stores.
inline void repeat_scales(const GraphView& network, Parameters& parameters) {
  for (const Node& node : network.nodes) {
    if (!::dlpu::detail::is_weighted(network, node)) continue;
    TensorData& filter = parameters[network.inputs_of(node)[1]];
    const auto channels = static_cast<std::size_t>(network.input_type(node, 2).shape.elements());
    if (filter.scales.size() != 1 || channels == 1) continue;
    const std::span<float> scales = parameters.allocate<float>(channels);
    std::ranges::fill(scales, filter.scales[0]);
    filter.scales = scales;
  }
}

}  // namespace detail

/// The parameters of `network`, whose activations the policy stores, from a file of the same architecture. They are views
/// of the model, which must outlive them.
///
/// Errors name the first layer that differs, and what the file has there; or how the file stores numbers otherwise.
template <QuantizationPolicy Policy>
[[nodiscard]] Result<Parameters> parameters_from_tflite(const GraphView& network, const TfliteModel& file) {
  if (network.problem) return Error{std::string(network.problem->sentence)};
  Result<Parameters> parameters = detail::StructureMatch(network, file).match();
  if (!parameters) return Error{"weights from a .tflite file: " + parameters.error()};
  if (const std::string problem = detail::storage_problem<Policy>(network, file, *parameters); !problem.empty()) {
    return Error{"weights from a .tflite file: " + problem};
  }
  if constexpr (Policy::quantized && Policy::per_channel) detail::repeat_scales(network, *parameters);
  return parameters;
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

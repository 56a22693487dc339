#pragma once

/// What activations look like without running anything: mean and variance of each channel, carried through the graph as if
/// all channels were normal and independent of each other. Behind ReLU and ReLU6 that is a clipped normal (Nagel et al., 2019,
/// https://arxiv.org/abs/1906.04721, section 4.2 and appendix C; there mean and variance come from batch normalizations,
/// which a file has folded into its weights).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include "dlpu/quantize/channel_scaling.hpp"
#include "dlpu/quantize/layer_inputs.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

struct Moments {
  double mean = 0.0, variance = 0.0;
};

/// Of each channel of a tensor; empty where nothing is known.
using ChannelMoments = std::vector<Moments>;

/// The moments of a normal variable cut to a range, which may be infinite.
[[nodiscard]] inline Moments clipped_normal(Moments x, Range<double> range) {
  if (!(x.variance > 0.0)) return {std::clamp(x.mean, range.low, range.high), 0.0};
  const double deviation = std::sqrt(x.variance);
  struct End {
    double at, density, below;
  };
  const auto end = [&](double value) {
    const double z = (value - x.mean) / deviation;
    return End{std::isinf(value) ? 0.0 : z, std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi),
               0.5 * std::erfc(-z / std::numbers::sqrt2)};
  };
  const End low = end(range.low), high = end(range.high);
  const double inside = high.below - low.below;
  const double bottom = std::isinf(range.low) ? 0.0 : range.low, top = std::isinf(range.high) ? 0.0 : range.high;
  const double slope = low.density - high.density;
  const double mean = bottom * low.below + top * (1.0 - high.below) + x.mean * inside + deviation * slope;
  const double square = bottom * bottom * low.below + top * top * (1.0 - high.below) + x.mean * x.mean * inside +
                        2.0 * x.mean * deviation * slope +
                        x.variance * (inside + low.at * low.density - high.at * high.density);
  return {mean, std::max(0.0, square - mean * mean)};
}

namespace detail {

/// How often each tap of a kernel meets the input, not its padding.
[[nodiscard]] inline std::vector<double> tap_presence(const WindowGeometry& g) {
  const auto along = [](std::int32_t taps, std::int32_t step, std::int32_t stride, std::int32_t pad,
                        std::int32_t input, std::int32_t output) {
    std::vector<double> presence;
    for (std::int32_t tap = 0; tap < taps; ++tap) {
      double inside = 0.0;
      for (std::int32_t o = 0; o < output; ++o) {
        const std::int32_t at = o * stride + tap * step - pad;
        inside += at >= 0 && at < input ? 1.0 : 0.0;
      }
      presence.push_back(inside / output);
    }
    return presence;
  };
  std::vector<double> result;
  for (const double y :
       along(g.kernel.height, g.dilation.height, g.stride.height, g.pad_top, g.input_height, g.output_height)) {
    for (const double x :
         along(g.kernel.width, g.dilation.width, g.stride.width, g.pad_left, g.input_width, g.output_width))
      result.push_back(y * x);
  }
  return result;
}

/// The expected moments of a layer's windows, [windows, size]; empty where its input's are unknown.
[[nodiscard]] inline ChannelMoments window_moments(const GraphView& graph, const Node& node,
                                                   const ChannelMoments& input) {
  const LayerInputs layer = no_inputs(graph, node);
  if (layer.size == 0 || input.empty()) return {};
  const std::vector<double> presence = tap_presence(window_geometry_of(graph, node));
  ChannelMoments result(layer.windows * layer.size);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const bool depthwise = node.op.is<op::DepthwiseConv2d>();
    const Moments& x = input[depthwise ? i / layer.size : i % input.size()];
    const double present = presence[depthwise ? i % layer.size : i * presence.size() / layer.size];
    result[i] = {present * x.mean, present * (x.variance + (1.0 - present) * x.mean * x.mean)};
  }
  return result;
}

/// What a layer makes of its windows, before the activation. Neighbours of one channel are alike, so that the deviations of a
/// kernel's taps add up, with their signs; channels are independent, so that their variances do.
[[nodiscard]] inline ChannelMoments layer_moments(const FloatNetwork& network, const Node& node,
                                                  const ChannelMoments& windows) {
  const GraphView view = network.graph.view();
  const FilterLayout layout = filter_layout(view, node);
  const WindowGeometry g = window_geometry_of(view, node);
  const std::vector<float>&filter = network[view.inputs_of(node)[1]], &bias = network[view.inputs_of(node)[2]];
  const std::size_t channels = layout.size / static_cast<std::size_t>(g.kernel.height * g.kernel.width);
  ChannelMoments result(layout.channels);
  for (std::size_t c = 0; c < layout.channels; ++c) {
    result[c].mean = static_cast<double>(bias[c]);
    for (std::size_t channel = 0; channel < channels; ++channel) {
      double deviation = 0.0;
      for (std::size_t k = channel; k < layout.size; k += channels) {
        const auto weight = static_cast<double>(filter[layout.at(c, k)]);
        const Moments& x = windows[layout.window(c) * layout.size + k];
        result[c].mean += weight * x.mean;
        deviation += weight * std::sqrt(x.variance);
      }
      result[c].variance += deviation * deviation;
    }
  }
  return result;
}

/// What operators without weights make of moments; empty where that is not known.
[[nodiscard]] inline ChannelMoments passed_moments(const GraphView& graph, const Node& node,
                                                   const std::vector<ChannelMoments>& tensors) {
  const auto of = [&](std::int32_t tensor) -> const ChannelMoments& {
    return tensors[static_cast<std::size_t>(tensor)];
  };
  const auto inputs = graph.inputs_of(node);
  const ChannelMoments& first = of(inputs[0]);
  if (node.op.is<op::Reshape>() && !first.empty()) {
    ChannelMoments tiled(static_cast<std::size_t>(graph.output_type(node).shape.channels()));
    for (std::size_t c = 0; c < tiled.size(); ++c) tiled[c] = first[c % first.size()];
    return tiled.size() % first.size() == 0 ? tiled : ChannelMoments{};
  }
  if (!passes_channel_factors(graph, node)) return {};
  if (!node.op.is<op::Add>()) return first;
  const ChannelMoments& second = of(inputs[1]);
  ChannelMoments sum(std::min(first.size(), second.size()));
  for (std::size_t c = 0; c < sum.size(); ++c)
    sum[c] = {first[c].mean + second[c].mean, first[c].variance + second[c].variance};
  return sum;
}

}  // namespace detail

/// All values of a range alike, in each channel of a tensor.
[[nodiscard]] inline ChannelMoments uniform_moments(std::size_t channels, Range<float> range) {
  const double low = range.low, high = range.high;
  return ChannelMoments(channels, {0.5 * (low + high), (high - low) * (high - low) / 12.0});
}

/// What samples are in each of their channels.
[[nodiscard]] inline ChannelMoments observed_moments(std::size_t channels, std::span<const float> values) {
  ChannelMoments result(channels);
  const double each = static_cast<double>(channels) / static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    Moments& moments = result[i % channels];
    moments.mean += each * static_cast<double>(values[i]);
    moments.variance += each * static_cast<double>(values[i]) * static_cast<double>(values[i]);
  }
  for (Moments& channel : result) channel.variance = std::max(0.0, channel.variance - channel.mean * channel.mean);
  return result;
}

/// The expected moments of each weighted operator's windows, [windows, size], by node, from those of the network's input.
/// Empty where they are not known: behind operators that are no convolution, fully connected layer, addition, pool, mean,
/// padding or reshaping.
[[nodiscard]] inline std::vector<ChannelMoments> expected_inputs(const FloatNetwork& network,
                                                                 const ChannelMoments& input_moments) {
  const GraphView view = network.graph.view();
  std::vector<ChannelMoments> tensors(view.tensors.size()), windows(view.nodes.size());
  tensors[static_cast<std::size_t>(view.inputs[0])] = input_moments;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const Node& node = view.nodes[i];
    const auto input = static_cast<std::size_t>(view.inputs_of(node)[0]);
    windows[i] = detail::window_moments(view, node, tensors[input]);
    ChannelMoments made = windows[i].empty() ? detail::passed_moments(view, node, tensors)
                                             : detail::layer_moments(network, node, windows[i]);
    const Range<float> range = activation_range(detail::fused_activation(node.op));
    for (Moments& channel : made) channel = clipped_normal(channel, {range.low, range.high});
    tensors[static_cast<std::size_t>(view.outputs_of(node)[0])] = std::move(made);
  }
  return windows;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

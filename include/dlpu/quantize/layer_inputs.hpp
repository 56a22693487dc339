#pragma once

/// What the inputs of each weighted operator look like to its weights: mean and second moments of the windows that are
/// multiplied with the filter, over samples. From them follows, without running anything, how far changed weights move a
/// layer's output.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "dlpu/quantize/observe.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// Moments of a window of `size` values. A depthwise convolution has one window per channel, others have one in all.
struct LayerInputs {
  std::size_t size = 0, windows = 0;
  double count = 0.0;           ///< windows seen
  std::vector<float> sum;       ///< [windows, size]
  std::vector<float> products;  ///< [windows, size, size]: sums of x_i * x_j, for j <= i

  /// Takes in one window, or one of each channel.
  void add(std::span<const float> all) {
    count += 1.0;
    for (std::size_t w = 0; w < windows; ++w) {
      const float* x = all.data() + w * size;
      for (std::size_t i = 0; i < size; ++i) {
        const float value = x[i];
        sum[w * size + i] += value;
        if (value == 0.0f) continue;  // most of what ReLU leaves
        float* row = products.data() + (w * size + i) * size;
        for (std::size_t j = 0; j <= i; ++j) row[j] += value * x[j];
      }
    }
  }
  /// Takes in all that another one saw.
  void add(const LayerInputs& more) {
    count += more.count;
    for (std::size_t i = 0; i < more.sum.size(); ++i) sum[i] += more.sum[i];
    for (std::size_t i = 0; i < more.products.size(); ++i) products[i] += more.products[i];
  }
  [[nodiscard]] double mean(std::size_t window, std::size_t i) const {
    return static_cast<double>(sum[window * size + i]) / count;
  }
  /// Covariance of two values of a window.
  [[nodiscard]] double covariance(std::size_t window, std::size_t i, std::size_t j) const {
    const std::size_t row = std::max(i, j), column = std::min(i, j);
    return static_cast<double>(products[(window * size + row) * size + column]) / count -
           mean(window, i) * mean(window, j);
  }
};

namespace detail {

/// Where a filter's numbers for one window lie: element k of output channel c is filter[c * channel_step + k * step].
struct FilterLayout {
  std::size_t channels = 0, size = 0, channel_step = 0, step = 0;
  bool depthwise = false;
  [[nodiscard]] std::size_t at(std::size_t channel, std::size_t k) const { return channel * channel_step + k * step; }
  [[nodiscard]] std::size_t window(std::size_t channel) const { return depthwise ? channel : 0; }
};

[[nodiscard]] inline FilterLayout filter_layout(const GraphView& graph, const Node& node) {
  const Shape& shape = graph.input_type(node, 1).shape;
  const auto count = static_cast<std::size_t>(shape.elements());
  if (node.op.is<op::DepthwiseConv2d>()) {
    const auto channels = static_cast<std::size_t>(shape[3]);
    return {channels, count / channels, 1, channels, true};
  }
  const auto channels = static_cast<std::size_t>(shape[0]);
  return {channels, count / channels, count / channels, 1, false};
}

[[nodiscard]] inline WindowGeometry window_geometry_of(const GraphView& graph, const Node& node) {
  return visit(node.op, [&](const auto& any) {
    if constexpr (requires { any.geometry(Shape{}).taps(); })
      return WindowGeometry{any.geometry(graph.input_type(node).shape)};
    else
      return WindowGeometry{};
  });
}

/// The window of a convolution's input around one pixel of its output, `layout.size` values for each channel or in all,
/// padding as zeros.
inline void take_window(const WindowGeometry& g, bool depthwise, std::span<const float> input, std::size_t pixel,
                        std::vector<float>& window) {
  const auto channels = static_cast<std::size_t>(g.input_channels);
  const auto taps = static_cast<std::size_t>(g.kernel.height * g.kernel.width);
  window.resize(taps * channels);
  const auto width = static_cast<std::size_t>(g.output_width), height = static_cast<std::size_t>(g.output_height);
  const auto ox = static_cast<std::int32_t>(pixel % width);
  const auto oy = static_cast<std::int32_t>(pixel / width % height);
  const auto batch = static_cast<std::int32_t>(pixel / width / height);
  for (std::size_t tap = 0; tap < taps; ++tap) {
    const std::int32_t ky = static_cast<std::int32_t>(tap) / g.kernel.width,
                       kx = static_cast<std::int32_t>(tap) % g.kernel.width;
    const std::int32_t y = oy * g.stride.height + ky * g.dilation.height - g.pad_top;
    const std::int32_t x = ox * g.stride.width + kx * g.dilation.width - g.pad_left;
    const bool inside = y >= 0 && y < g.input_height && x >= 0 && x < g.input_width;
    const std::size_t at =
        inside ? static_cast<std::size_t>((batch * g.input_height + y) * g.input_width + x) * channels : 0;
    for (std::size_t c = 0; c < channels; ++c) {
      // A depthwise window is one channel's taps, others hold all channels of each tap.
      window[depthwise ? c * taps + tap : tap * channels + c] = inside ? input[at + c] : 0.0f;
    }
  }
}

/// The pixels of one sample's output that are looked at: about `count`, elsewhere in each sample.
template <class Use>
void visit_some_pixels(const WindowGeometry& g, std::size_t sample, std::size_t count, Use use) {
  const auto area = static_cast<std::size_t>(g.output_height) * static_cast<std::size_t>(g.output_width);
  const std::size_t stride = std::max<std::size_t>(1, area / count) | 1u;  // odd: visits all columns
  for (std::size_t pixel = sample % stride; pixel < static_cast<std::size_t>(g.batch) * area; pixel += stride)
    use(pixel);
}

struct LayerInputsVisitor {
  const Graph* graph;
  std::size_t windows_per_sample;
  std::vector<std::vector<std::size_t>> readers;  // weighted nodes that read a tensor
  std::vector<LayerInputs> layers;                // of each node
  std::vector<float> window;

  void operator()(std::size_t sample, std::int32_t tensor, std::span<const float> values) {
    const GraphView view = graph->view();
    for (const std::size_t node : readers[static_cast<std::size_t>(tensor)]) {
      const WindowGeometry g = window_geometry_of(view, view.nodes[node]);
      visit_some_pixels(g, sample, windows_per_sample, [&](std::size_t pixel) {
        take_window(g, view.nodes[node].op.is<op::DepthwiseConv2d>(), values, pixel, window);
        layers[node].add(window);
      });
    }
  }
};

/// Nothing seen yet; `size` 0 for operators that are none of Conv2D, DepthwiseConv2D and FullyConnected.
[[nodiscard]] inline LayerInputs no_inputs(const GraphView& graph, const Node& node) {
  LayerInputs layer;
  if (!::dlpu::detail::is_weighted(graph, node) || node.op.is<op::TransposeConv>()) return layer;
  const FilterLayout layout = filter_layout(graph, node);
  const bool multiplied =
      layout.depthwise && graph.input_type(node).shape.channels() != graph.output_type(node).shape.channels();
  if (multiplied) return layer;
  layer.size = layout.size;
  layer.windows = layout.depthwise ? layout.channels : 1;
  layer.sum.resize(layer.windows * layer.size);
  layer.products.resize(layer.windows * layer.size * layer.size);
  return layer;
}

}  // namespace detail

/// How many windows of each layer are looked at.
inline constexpr std::size_t usual_windows = 4096;

/// Moments of the inputs of Conv2D, DepthwiseConv2D and FullyConnected, by node; other nodes have `size` 0. About
/// `most_windows` windows of each layer are looked at.
[[nodiscard]] inline Result<std::vector<LayerInputs>> observe_layer_inputs(const FloatNetwork& network,
                                                                           const Samples& samples,
                                                                           std::size_t threads,
                                                                           std::size_t most_windows = usual_windows) {
  const GraphView view = network.graph.view();
  detail::LayerInputsVisitor empty{
      &network.graph, std::max<std::size_t>(1, most_windows / samples.count()), {}, {}, {}};
  empty.readers.resize(view.tensors.size());
  empty.layers.resize(view.nodes.size());
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    empty.layers[i] = detail::no_inputs(view, view.nodes[i]);
    if (empty.layers[i].size == 0) continue;
    empty.readers[static_cast<std::size_t>(view.inputs_of(view.nodes[i])[0])].push_back(i);
  }
  std::vector<detail::LayerInputsVisitor> visitors(threads, empty);
  if (const auto run = observe(network, samples, std::span(visitors)); !run) return Error{run.error()};
  std::vector<LayerInputs> result = std::move(visitors[0].layers);
  for (std::size_t v = 1; v < visitors.size(); ++v) {
    for (std::size_t n = 0; n < result.size(); ++n) result[n].add(visitors[v].layers[n]);
  }
  return result;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

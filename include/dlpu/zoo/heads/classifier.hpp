#pragma once

#include "dlpu/zoo/options.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::heads {

/// Averages over the image: `pool`, [1, 1, 1, channels] or, with Mean in front of a dense layer, [1, channels].
constexpr Value pooled(Builder& g, Value x, const Options& options) {
  if (options.pooling == Pooling::mean) {
    const bool image = options.last_layer == LastLayer::convolution;
    return g.mean(x, {.keep_dimensions = image ? 1 : 0}, "pool");
  }
  const Shape shape = g.shape(x);
  if (shape.rank != 4) return {};
  return g.average_pool2d(x, {.kernel = {shape[1], shape[2]}, .stride = {shape[1], shape[2]}}, "pool");
}

/// From averages to classes: `classifier`, `softmax` and where shapes ask for it `flatten`. [1, classes].
constexpr Value classes(Builder& g, Value x, const Options& options) {
  if (options.last_layer == LastLayer::convolution) {
    x = g.conv2d(x, {.filters = options.classes, .kernel = 1}, "classifier");
    x = g.reshape(x, {{1, options.classes}}, "flatten");
  } else {
    if (g.shape(x).rank == 4) x = g.reshape(x, {{1, g.shape(x).channels()}}, "flatten");
    x = g.fully_connected(x, {.units = options.classes}, "classifier");
  }
  return g.softmax(x, {}, "softmax");
}

/// The head of an image classifier over the backbone's last feature map.
constexpr Value classifier(Builder& g, Value x, const Options& options) {
  x = pooled(g, x, options);
  return classes(g, x, options);
}

}  // namespace zoo::heads
}  // namespace dlpu::inline DLPU_ABI

#pragma once

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::heads {

/// DeepLabV3's head (Chen et al., 2017, https://arxiv.org/abs/1706.05587) in the form that MobileNetV2 goes with
/// (Sandler et al., 2018, section 6.3): image pooling and a 1 x 1 convolution, no atrous branches. The class of every
/// pixel of the image, [1, size, size].
constexpr Value deeplab_v3(Builder& g, Value map, std::int32_t classes, std::int32_t image_size) {
  const Shape shape = g.shape(map);
  if (g.failed()) return {};
  const Size2D size{shape[1], shape[2]};
  const op::Conv2d to_256{.filters = 256, .kernel = 1, .activation = Activation::relu6};
  Value pooled = g.average_pool2d(map, {.kernel = size, .stride = size}, "image_pool");
  pooled = blocks::convolution(g, pooled, to_256, "image_pooling");
  pooled = g.resize_bilinear(pooled, {.size = size, .align_corners = 1}, "image_spread");
  const Value aspp = blocks::convolution(g, map, to_256, "aspp_0");
  Value x = g.concatenation({pooled, aspp}, {.axis = 3}, "concatenation");
  x = blocks::convolution(g, x, to_256, "concat_projection");
  x = g.conv2d(x, {.filters = classes, .kernel = 1}, "logits");
  x = g.resize_bilinear(x, {.size = image_size, .align_corners = 1}, "upsampled_logits");
  return g.arg_max(x, {.axis = -1}, "classes");
}

}  // namespace zoo::heads
}  // namespace dlpu::inline DLPU_ABI

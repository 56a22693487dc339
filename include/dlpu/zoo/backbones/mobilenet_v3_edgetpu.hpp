#pragma once

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::backbones {

/// MobileNetV3-EdgeTPU (https://github.com/tensorflow/models, research/slim/nets/mobilenet/mobilenet_v3.py,
/// V3_EDGETPU): regular convolutions where the image is large. The first block, whose expansion is 1, is a projection
/// alone there. The last convolution is not narrowed by widths below 100 (edge_tpu_075, there).
constexpr FeatureMaps mobilenet_v3_edgetpu(Builder& g, Value image, const BackboneOptions& options) {
  using enum BlockKind;
  constexpr BlockRow rows[] = {
      {fused, 1, 16},       {fused, 8, 32, 1, 2},        {fused, 4, 32, 3},           {fused, 8, 48, 1, 2},
      {fused, 4, 48, 3},    {inverted, 8, 96, 1, 2},     {inverted, 4, 96, 3},        {inverted, 8, 96, 1, 1, 3, 0},
      {inverted, 4, 96, 3}, {inverted, 8, 160, 1, 2, 5}, {inverted, 4, 160, 3, 1, 5}, {inverted, 8, 192}};
  Trunk trunk = begin_trunk(g, image, scaled(32, options.width_percent), Activation::relu6);
  add_blocks(g, trunk, rows, options);
  add_last_convolution(g, trunk, widened(1280, options.width_percent), options);
  return trunk.maps;
}

}  // namespace zoo::backbones
}  // namespace dlpu::inline DLPU_ABI

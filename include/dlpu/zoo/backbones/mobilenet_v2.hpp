#pragma once

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::backbones {

/// MobileNetV2 (Sandler et al., 2018, https://arxiv.org/abs/1801.04381): seventeen inverted residuals. The last
/// convolution is not narrowed by widths below 100.
constexpr FeatureMaps mobilenet_v2(Builder& g, Value image, const BackboneOptions& options) {
  constexpr BlockRow rows[] = {{.expansion = 1, .filters = 16},
                               {.filters = 24, .repeats = 2, .stride = 2},
                               {.filters = 32, .repeats = 3, .stride = 2},
                               {.filters = 64, .repeats = 4, .stride = 2},
                               {.filters = 96, .repeats = 3},
                               {.filters = 160, .repeats = 3, .stride = 2},
                               {.filters = 320}};
  Trunk trunk = begin_trunk(g, image, scaled(32, options.width_percent), Activation::relu6);
  add_blocks(g, trunk, rows, options);
  add_last_convolution(g, trunk, widened(1280, options.width_percent), options);
  return trunk.maps;
}

}  // namespace zoo::backbones
}  // namespace dlpu::inline DLPU_ABI

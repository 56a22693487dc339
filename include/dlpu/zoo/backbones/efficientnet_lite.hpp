#pragma once

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::backbones {

/// EfficientNet-Lite (https://github.com/tensorflow/tpu, models/official/efficientnet/lite): EfficientNet without
/// squeeze-and-excitation, with ReLU6. Neither the first convolution nor the last scales with the width, and neither the
/// first stage nor the last with the depth.
constexpr FeatureMaps efficientnet_lite(Builder& g, Value image, const BackboneOptions& options) {
  constexpr BlockRow rows[] = {{.expansion = 1, .filters = 16},
                               {.filters = 24, .repeats = 2, .stride = 2},
                               {.filters = 40, .repeats = 2, .stride = 2, .kernel = 5},
                               {.filters = 80, .repeats = 3, .stride = 2},
                               {.filters = 112, .repeats = 3, .kernel = 5},
                               {.filters = 192, .repeats = 4, .stride = 2, .kernel = 5},
                               {.filters = 320}};
  const std::span<const BlockRow> all(rows);
  BackboneOptions undeepened = options;
  undeepened.depth_percent = 100;
  Trunk trunk = begin_trunk(g, image, 32, Activation::relu6);
  add_blocks(g, trunk, all.first(1), undeepened);
  add_blocks(g, trunk, all.subspan(1, all.size() - 2), options);
  add_blocks(g, trunk, all.last(1), undeepened);
  add_last_convolution(g, trunk, 1280, options);
  return trunk.maps;
}

}  // namespace zoo::backbones
}  // namespace dlpu::inline DLPU_ABI

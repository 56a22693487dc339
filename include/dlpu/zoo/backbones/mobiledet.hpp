#pragma once

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::backbones {

/// MobileDet for the Edge TPU (Xiong et al., 2020, https://arxiv.org/abs/2004.14525;
/// https://github.com/tensorflow/models, research/object_detection/models/ssd_mobiledet_feature_extractor.py,
/// `mobiledet_edgetpu_backbone`). It has no convolution for a classifier.
constexpr FeatureMaps mobiledet(Builder& g, Value image, const BackboneOptions& options) {
  using enum BlockKind;
  constexpr BlockRow rows[] = {{.kind = tucker, .filters = 16},
                               {fused, 8, 16, 1, 2},
                               {fused, 4, 16},
                               {fused, 8, 16},
                               {fused, 4, 16},
                               {fused, 8, 40, 1, 2, 5},
                               {fused, 4, 40, 3},
                               {inverted, 8, 72, 1, 2},
                               {inverted, 8, 72},
                               {fused, 4, 72, 2},
                               {inverted, 8, 96, 2, 1, 5},
                               {inverted, 8, 96, 2},
                               {inverted, 8, 120, 1, 2, 5},
                               {inverted, 8, 120},
                               {inverted, 4, 120, 1, 1, 5},
                               {inverted, 8, 120},
                               {inverted, 8, 384, 1, 1, 5}};
  Trunk trunk = begin_trunk(g, image, scaled(32, options.width_percent), Activation::relu6);
  add_blocks(g, trunk, rows, options);
  trunk.maps.expanded16 = {};  // its SSD heads take the block's output
  return trunk.maps;
}

}  // namespace zoo::backbones
}  // namespace dlpu::inline DLPU_ABI

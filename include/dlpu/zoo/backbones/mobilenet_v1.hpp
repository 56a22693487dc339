#pragma once

#include <algorithm>

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::backbones {

/// MobileNetV1 (Howard et al., 2017, https://arxiv.org/abs/1704.04861): thirteen separable blocks. Its widths scale
/// without rounding, at least 1. The maps at strides 16 and 32 are those that SSD takes (TensorFlow Object Detection:
/// Conv2d_11 and Conv2d_13).
constexpr FeatureMaps mobilenet_v1(Builder& g, Value image, const BackboneOptions& options) {
  struct Stage {
    std::int32_t filters, repeats, stride;
  };
  constexpr Stage stages[] = {{64, 1, 1}, {128, 2, 2}, {256, 2, 2}, {512, 6, 2}, {1024, 2, 2}};
  const auto width = [&](std::int32_t filters) { return std::max(filters * options.width_percent / 100, 1); };
  Trunk trunk = begin_trunk(g, image, width(32), options.activation);
  for (const Stage& stage : stages) {
    const std::int32_t repeats = repeated(stage.repeats, options.depth_percent);
    for (std::int32_t i = 0; i < repeats && !g.failed(); ++i) {
      const std::int32_t wanted = i == 0 ? stage.stride : 1;
      const std::int32_t stride = trunk.stride < options.output_stride ? wanted : 1;
      trunk.stride *= stride;
      trunk.set(blocks::separable(
          g, trunk.x, {.filters = width(stage.filters), .stride = stride, .activation = options.activation}));
    }
  }
  return trunk.maps;
}

}  // namespace zoo::backbones
}  // namespace dlpu::inline DLPU_ABI

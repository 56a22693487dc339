#pragma once

#include <array>

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::backbones {

/// ResNet (He et al., 2015, https://arxiv.org/abs/1512.03385) with the blocks per stage that its name stands for.
/// Padding is TensorFlow's SAME.
constexpr FeatureMaps resnet(Builder& g, Value image, const BackboneOptions& options,
                             const std::array<std::int32_t, 4>& blocks_per_stage, bool bottleneck) {
  Trunk trunk;
  trunk.stride = 2;
  trunk.set(blocks::convolution(
      g, image,
      {.filters = scaled(64, options.width_percent), .kernel = 7, .stride = 2, .activation = Activation::relu},
      "stem"));
  trunk.stride = 4;
  trunk.set(g.max_pool2d(trunk.x, {.kernel = 3, .stride = 2, .padding = Padding::same}, "stem_pool"));
  std::int32_t filters = 64;
  for (std::size_t stage = 0; stage < blocks_per_stage.size(); ++stage, filters *= 2) {
    const std::int32_t repeats = repeated(blocks_per_stage[stage], options.depth_percent);
    for (std::int32_t i = 0; i < repeats && !g.failed(); ++i) {
      const std::int32_t stride = stage > 0 && i == 0 && trunk.stride < options.output_stride ? 2 : 1;
      const blocks::BasicResidual block{.filters = scaled(filters, options.width_percent), .stride = stride};
      trunk.stride *= stride;
      trunk.set(bottleneck ? blocks::bottleneck_residual(g, trunk.x, block)
                           : blocks::basic_residual(g, trunk.x, block));
    }
  }
  return trunk.maps;
}

constexpr FeatureMaps resnet18(Builder& g, Value image, const BackboneOptions& options) {
  return resnet(g, image, options, {2, 2, 2, 2}, false);
}
constexpr FeatureMaps resnet34(Builder& g, Value image, const BackboneOptions& options) {
  return resnet(g, image, options, {3, 4, 6, 3}, false);
}
constexpr FeatureMaps resnet50(Builder& g, Value image, const BackboneOptions& options) {
  return resnet(g, image, options, {3, 4, 6, 3}, true);
}

}  // namespace zoo::backbones
}  // namespace dlpu::inline DLPU_ABI

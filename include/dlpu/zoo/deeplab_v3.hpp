#pragma once

#include "dlpu/zoo/backbones/mobilenet_v2.hpp"
#include "dlpu/zoo/heads/deeplab_v3.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// DeepLabV3 over a backbone at output stride 16, for the 21 classes of PASCAL VOC on 513 x 513 pixels
/// (https://github.com/tensorflow/models, research/deeplab): the class of every pixel.
template <auto Backbone>
constexpr Value deeplab_v3(Builder& g, const Options& options) {
  const Options o = resolved(g, options, {.input = 513, .classes = 21});
  const Value x = image(g, o);
  BackboneOptions of_backbone = backbone_options(o);
  of_backbone.output_stride = 16;
  of_backbone.last_convolution = 0;
  const FeatureMaps maps = Backbone(g, x, of_backbone);
  g.require(maps.stride16.tensor >= 0, zoo_rule::FeatureMap::rule);
  return heads::deeplab_v3(g, maps.stride16, o.classes, o.input);
}

template <Options O = Options{}>
struct DeepLabV3MobileNetV2 : Described<deeplab_v3<backbones::mobilenet_v2>, O> {
  static constexpr std::string_view name = "deeplab_v3_mobilenet_v2";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

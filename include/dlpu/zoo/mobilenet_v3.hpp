#pragma once

#include "dlpu/zoo/backbones/mobilenet_v3.hpp"
#include "dlpu/zoo/backbones/mobilenet_v3_edgetpu.hpp"
#include "dlpu/zoo/image_classifier.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

namespace detail {
/// MobileNetV3 has one more convolution between the averages and the classifier. It is not narrowed by widths below 100.
template <auto Backbone>
constexpr Value mobilenet_v3(Builder& g, const Options& options, std::int32_t features) {
  Options o = resolved(g, options, {});
  const Value picture = image(g, o);
  const FeatureMaps maps = Backbone(g, picture, backbone_options(o));
  const LastLayer last_layer = o.last_layer;
  o.last_layer = LastLayer::convolution;  // the averages stay an image
  Value x = heads::pooled(g, maps.last(), o);
  o.last_layer = last_layer;
  const std::int32_t filters = o.width_percent > 100 ? scaled(features, o.width_percent) : features;
  x = g.conv2d(x, {.filters = filters, .kernel = 1}, "features");
  x = g.hard_swish(x, "features_swish");
  return heads::classes(g, x, o);
}
}  // namespace detail

constexpr Value mobilenet_v3_large(Builder& g, const Options& options) {
  return detail::mobilenet_v3<backbones::mobilenet_v3_large>(g, options, 1280);
}
constexpr Value mobilenet_v3_small(Builder& g, const Options& options) {
  return detail::mobilenet_v3<backbones::mobilenet_v3_small>(g, options, 1024);
}
constexpr Value mobilenet_v3_edgetpu(Builder& g, const Options& options) {
  return image_classifier<backbones::mobilenet_v3_edgetpu>(g, options, {});
}

template <Options O = Options{}>
struct MobileNetV3Large : Described<mobilenet_v3_large, O> {
  static constexpr std::string_view name = "mobilenet_v3_large";
};
template <Options O = Options{}>
struct MobileNetV3Small : Described<mobilenet_v3_small, O> {
  static constexpr std::string_view name = "mobilenet_v3_small";
};
template <Options O = Options{}>
struct MobileNetV3EdgeTpu : Described<mobilenet_v3_edgetpu, O> {
  static constexpr std::string_view name = "mobilenet_v3_edgetpu";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// SSD detectors over any backbone.
///
///     zoo::Ssd<zoo::backbones::resnet18, zoo::Options{.input = 300, .classes = 2}>
///     zoo::SsdLite<zoo::backbones::mobilenet_v2, zoo::Options{.input = 320, .classes = 80}>

#include "dlpu/zoo/backbones/mobiledet.hpp"
#include "dlpu/zoo/backbones/mobilenet_v2.hpp"
#include "dlpu/zoo/backbones/resnet.hpp"
#include "dlpu/zoo/heads/ssd.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

namespace detail {
/// COCO's 90 classes; the numbers of detections that the public files for cameras ask for.
inline constexpr Published published_ssd{.input = 300, .classes = 90, .max_detections = 20};
inline constexpr Published published_mobiledet{.input = 320, .classes = 90, .max_detections = 100};
}  // namespace detail

/// A backbone with an SSD head on six feature maps from stride 16 on.
template <auto Backbone, heads::SsdForm Form>
constexpr std::array<Value, 4> ssd_detector(Builder& g, const Options& options, const Published& from) {
  const Options o = resolved(g, options, from);
  g.require(o.input >= 33, zoo_rule::InputAbove32::rule);
  const Value x = image(g, o);
  const FeatureMaps maps = Backbone(g, x, backbone_options(o));
  return heads::ssd(
      g, maps,
      {.classes = o.classes, .max_detections = o.max_detections, .form = Form, .width_percent = o.width_percent});
}

template <auto Backbone>
constexpr std::array<Value, 4> ssd(Builder& g, const Options& options) {
  return ssd_detector<Backbone, heads::SsdForm::regular>(g, options, detail::published_ssd);
}
template <auto Backbone>
constexpr std::array<Value, 4> ssdlite(Builder& g, const Options& options) {
  return ssd_detector<Backbone, heads::SsdForm::separable>(g, options, detail::published_ssd);
}
constexpr std::array<Value, 4> ssdlite_mobiledet(Builder& g, const Options& options) {
  return ssd_detector<backbones::mobiledet, heads::SsdForm::separable>(g, options, detail::published_mobiledet);
}

template <auto Backbone, Options O = Options{}>
struct Ssd : Described<ssd<Backbone>, O> {};
template <auto Backbone, Options O = Options{}>
struct SsdLite : Described<ssdlite<Backbone>, O> {};

template <Options O = Options{}>
struct SsdMobileNetV2 : Described<ssd<backbones::mobilenet_v2>, O> {
  static constexpr std::string_view name = "ssd_mobilenet_v2";
};
template <Options O = Options{}>
struct SsdResNet18 : Described<ssd<backbones::resnet18>, O> {
  static constexpr std::string_view name = "ssd_resnet18";
};
template <Options O = Options{}>
struct SsdLiteMobileNetV2 : Described<ssdlite<backbones::mobilenet_v2>, O> {
  static constexpr std::string_view name = "ssdlite_mobilenet_v2";
};
template <Options O = Options{}>
struct SsdLiteMobileDet : Described<ssdlite_mobiledet, O> {
  static constexpr std::string_view name = "ssdlite_mobiledet";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

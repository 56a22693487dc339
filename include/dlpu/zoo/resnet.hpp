#pragma once

#include "dlpu/zoo/backbones/resnet.hpp"
#include "dlpu/zoo/image_classifier.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

namespace detail {
/// As https://github.com/pytorch/vision has them.
inline constexpr Published published_resnet{.classes = 1000, .last_layer = LastLayer::dense};
}  // namespace detail

constexpr Value resnet18(Builder& g, const Options& options) {
  return image_classifier<backbones::resnet18>(g, options, detail::published_resnet);
}
constexpr Value resnet34(Builder& g, const Options& options) {
  return image_classifier<backbones::resnet34>(g, options, detail::published_resnet);
}
constexpr Value resnet50(Builder& g, const Options& options) {
  return image_classifier<backbones::resnet50>(g, options, detail::published_resnet);
}

template <Options O = Options{}>
struct ResNet18 : Described<resnet18, O> {
  static constexpr std::string_view name = "resnet18";
};
template <Options O = Options{}>
struct ResNet34 : Described<resnet34, O> {
  static constexpr std::string_view name = "resnet34";
};
template <Options O = Options{}>
struct ResNet50 : Described<resnet50, O> {
  static constexpr std::string_view name = "resnet50";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

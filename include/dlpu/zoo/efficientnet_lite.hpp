#pragma once

#include <array>

#include "dlpu/zoo/backbones/efficientnet_lite.hpp"
#include "dlpu/zoo/image_classifier.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

namespace detail {
/// Width, depth and image of EfficientNet-Lite0 to 4 (efficientnet_lite_builder.py).
inline constexpr std::array<Published, 5> published_efficientnet_lite{
    {{.classes = 1000},
     {.depth_percent = 110, .input = 240, .classes = 1000},
     {.width_percent = 110, .depth_percent = 120, .input = 260, .classes = 1000},
     {.width_percent = 120, .depth_percent = 140, .input = 280, .classes = 1000},
     {.width_percent = 140, .depth_percent = 180, .input = 300, .classes = 1000}}};
}  // namespace detail

template <std::size_t Size>
constexpr Value efficientnet_lite(Builder& g, const Options& options) {
  return image_classifier<backbones::efficientnet_lite>(g, options, detail::published_efficientnet_lite[Size]);
}

template <Options O = Options{}>
struct EfficientNetLite0 : Described<efficientnet_lite<0>, O> {
  static constexpr std::string_view name = "efficientnet_lite0";
};
template <Options O = Options{}>
struct EfficientNetLite1 : Described<efficientnet_lite<1>, O> {
  static constexpr std::string_view name = "efficientnet_lite1";
};
template <Options O = Options{}>
struct EfficientNetLite2 : Described<efficientnet_lite<2>, O> {
  static constexpr std::string_view name = "efficientnet_lite2";
};
template <Options O = Options{}>
struct EfficientNetLite3 : Described<efficientnet_lite<3>, O> {
  static constexpr std::string_view name = "efficientnet_lite3";
};
template <Options O = Options{}>
struct EfficientNetLite4 : Described<efficientnet_lite<4>, O> {
  static constexpr std::string_view name = "efficientnet_lite4";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

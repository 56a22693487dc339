#pragma once

#include "dlpu/zoo/backbones/mobilenet_v2.hpp"
#include "dlpu/zoo/image_classifier.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

constexpr Value mobilenet_v2(Builder& g, const Options& options) {
  return image_classifier<backbones::mobilenet_v2>(g, options, {});
}
template <Options O = Options{}>
struct MobileNetV2 : Described<mobilenet_v2, O> {
  static constexpr std::string_view name = "mobilenet_v2";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

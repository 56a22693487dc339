#pragma once

#include "dlpu/zoo/backbones/mobilenet_v1.hpp"
#include "dlpu/zoo/image_classifier.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

constexpr Value mobilenet_v1(Builder& g, const Options& options) {
  return image_classifier<backbones::mobilenet_v1>(g, options, {});
}
template <Options O = Options{}>
struct MobileNetV1 : Described<mobilenet_v1, O> {
  static constexpr std::string_view name = "mobilenet_v1";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

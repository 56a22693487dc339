#pragma once

/// The image and speech networks of MLPerf Tiny (https://github.com/mlcommons/tiny). Width, depth, input and classes
/// scale as elsewhere; the shape of a spectrogram is fixed.

#include "dlpu/zoo/mobilenet_v1.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

namespace detail {
[[nodiscard]] constexpr Published tiny(std::int32_t width, std::int32_t input, std::int32_t classes) {
  return {.width_percent = width, .input = input, .classes = classes, .last_layer = LastLayer::dense};
}
}  // namespace detail

/// Keyword spotting on 49 x 10 spectrograms: one convolution, four separable blocks, twelve classes.
constexpr Value kws_dscnn(Builder& g, const Options& options) {
  const Options o = resolved(g, options, detail::tiny(100, 49, 12));
  g.require(o.input == 49 && o.channels == 3, zoo_rule::Spectrogram::rule);
  const std::int32_t filters = scaled(64, o.width_percent);
  Value x = g.input({1, 49, 10, 1});
  x = blocks::convolution(g, x, {.filters = filters, .kernel = {10, 4}, .stride = 2, .activation = Activation::relu},
                          "stem");
  for (std::int32_t i = 0; i < repeated(4, o.depth_percent) && !g.failed(); ++i) {
    x = blocks::separable(g, x, {.filters = filters, .activation = Activation::relu});
  }
  return heads::classifier(g, x, o);
}

/// ResNet-8 for 32 x 32 images (CIFAR-10): three stages of one basic block with 16, 32 and 64 channels.
constexpr Value resnet8(Builder& g, const Options& options) {
  const Options o = resolved(g, options, detail::tiny(100, 32, 10));
  const auto width = [&](std::int32_t filters) { return scaled(filters, o.width_percent); };
  Value x = image(g, o);
  x = blocks::convolution(g, x, {.filters = width(16), .kernel = 3, .activation = Activation::relu}, "stem");
  for (std::int32_t stage = 0; stage < 3; ++stage) {
    for (std::int32_t i = 0; i < repeated(1, o.depth_percent) && !g.failed(); ++i) {
      x = blocks::basic_residual(g, x, {.filters = width(16 << stage), .stride = stage > 0 && i == 0 ? 2 : 1});
    }
  }
  return heads::classifier(g, x, o);
}

/// Person or not on 96 x 96 images: MobileNetV1 at a quarter of its width, with ReLU.
constexpr Value vww_mobilenet_v1(Builder& g, const Options& options) {
  const Options o = resolved(g, options, detail::tiny(25, 96, 2));
  const Value x = image(g, o);
  BackboneOptions of_backbone = backbone_options(o);
  of_backbone.activation = Activation::relu;
  const FeatureMaps maps = backbones::mobilenet_v1(g, x, of_backbone);
  return heads::classifier(g, maps.last(), o);
}

struct KwsDscnn : Described<kws_dscnn, Options{}> {
  static constexpr std::string_view name = "kws_dscnn";
};
struct ResNet8 : Described<resnet8, Options{}> {
  static constexpr std::string_view name = "resnet8";
};
struct VwwMobileNetV1 : Described<vww_mobilenet_v1, Options{}> {
  static constexpr std::string_view name = "vww_mobilenet_v1";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

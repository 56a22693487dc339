#pragma once

#include "dlpu/graph/blocks.hpp"
#include "dlpu/zoo/heads/classifier.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// MobileNetV2 (Sandler et al., 2018, https://arxiv.org/abs/1801.04381) at half width for 32 x 32 images: the stem and
/// the stage of 32 filters keep the image's size, so that 4 x 4 pixels are left. `tools/train_cifar10.py` trains it and
/// writes its weights. Its input is (pixel - 128) / 128.
constexpr Value mobilenet_v2_cifar10(Builder& g, const Options& options) {
  struct Stage {
    std::int32_t expansion, filters, repeats, stride;
  };
  constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 1}, {6, 64, 4, 2},
                              {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  const Options o =
      resolved(g, options, {.width_percent = 50, .input = 32, .classes = 10, .last_layer = LastLayer::dense});
  const auto width = [&](std::int32_t filters) { return scaled(filters, o.width_percent); };
  Value x = image(g, o);
  x = blocks::convolution(g, x, {.filters = width(32), .kernel = 3, .activation = Activation::relu6}, "stem");
  for (const Stage& stage : stages) {
    for (std::int32_t i = 0; i < repeated(stage.repeats, o.depth_percent) && !g.failed(); ++i) {
      x = blocks::inverted_residual(
          g, x, {.filters = width(stage.filters), .expansion = stage.expansion, .stride = i == 0 ? stage.stride : 1});
    }
  }
  x = blocks::convolution(g, x, {.filters = width(1280), .kernel = 1, .activation = Activation::relu6}, "head");
  return heads::classifier(g, x, o);
}

struct MobileNetV2Cifar10 : Described<mobilenet_v2_cifar10, Options{}> {
  static constexpr std::string_view name = "mobilenet_v2_cifar10";
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

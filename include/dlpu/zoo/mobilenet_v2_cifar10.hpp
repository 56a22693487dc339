#pragma once

#include "dlpu/zoo/options.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// MobileNetV2 (Sandler et al., 2018) at half width for 32 x 32 images: two strides of the original are 1, so that 4 x 4
/// pixels are left. `tools/train_cifar10.py` trains it and writes its weights. Its input is
/// (pixel - 128) / 128.
struct MobileNetV2Cifar10 {
  static constexpr std::string_view name = "mobilenet_v2_cifar10";

  static constexpr auto build(auto& g) {
    struct Stage {
      std::int32_t expansion, filters, repeats, stride;
    };
    constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 1}, {6, 64, 4, 2},
                                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    constexpr std::int32_t width_percent = 50;
    auto x = g.input({1, 32, 32, 3});
    x = blocks::convolution(
        g, x, {.filters = scaled(32, width_percent), .kernel = 3, .activation = Activation::relu6}, "stem");
    for (const Stage& stage : stages) {
      for (std::int32_t i = 0; i < stage.repeats; ++i) {
        x = blocks::inverted_residual(g, x,
                                      {.filters = scaled(stage.filters, width_percent),
                                       .expansion = stage.expansion,
                                       .stride = i == 0 ? stage.stride : 1});
      }
    }
    x = blocks::convolution(g, x, {.filters = 640, .kernel = 1, .activation = Activation::relu6}, "head");
    return classifier(g, x, 10);
  }
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

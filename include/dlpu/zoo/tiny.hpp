#pragma once

/// The image and speech networks of MLPerf Tiny (https://github.com/mlcommons/tiny).

#include "dlpu/zoo/mobilenet_v1.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// Keyword spotting on 49 x 10 spectrograms: one convolution, four separable blocks, twelve classes.
struct KwsDscnn {
  static constexpr std::string_view name = "kws_dscnn";

  static constexpr auto build(auto& g) {
    auto x = g.input({1, 49, 10, 1});
    x = blocks::convolution(g, x, {.filters = 64, .kernel = {10, 4}, .stride = 2, .activation = Activation::relu},
                            "stem");
    for (int i = 0; i < 4; ++i) x = blocks::separable(g, x, {.filters = 64, .activation = Activation::relu});
    x = g.average_pool2d(x, {.kernel = {25, 5}, .stride = {25, 5}}, "pool");
    return g.softmax(g.fully_connected(x, {.units = 12}, "classifier"), {}, "softmax");
  }
};

/// ResNet-8 for 32 x 32 images (CIFAR-10): three basic blocks of 16, 32 and 64 channels.
struct ResNet8 {
  static constexpr std::string_view name = "resnet8";

  static constexpr auto build(auto& g) {
    auto x = g.input({1, 32, 32, 3});
    x = blocks::convolution(g, x, {.filters = 16, .kernel = 3, .activation = Activation::relu}, "stem");
    x = blocks::basic_residual(g, x, {.filters = 16});
    x = blocks::basic_residual(g, x, {.filters = 32, .stride = 2});
    x = blocks::basic_residual(g, x, {.filters = 64, .stride = 2});
    x = g.average_pool2d(x, {.kernel = 8, .stride = 8}, "pool");
    return g.softmax(g.fully_connected(x, {.units = 10}, "classifier"), {}, "softmax");
  }
};

/// Person or not on 96 x 96 images: MobileNetV1 at a quarter of its width.
struct VwwMobileNetV1 {
  static constexpr std::string_view name = "vww_mobilenet_v1";

  static constexpr auto build(auto& g) {
    return MobileNetV1<Options{.width_percent = 25, .input = 96, .classes = 2}>::build(g);
  }
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

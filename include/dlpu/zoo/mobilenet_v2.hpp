#pragma once

#include "dlpu/zoo/options.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// MobileNetV2 (Sandler et al., 2018, https://arxiv.org/abs/1801.04381): seventeen inverted residuals. The last
/// convolution is not narrowed by widths below 100.
template <Options O = Options{}>
struct MobileNetV2 {
  static constexpr std::string_view name = "mobilenet_v2";

  static constexpr auto build(auto& g) {
    struct Stage {
      std::int32_t expansion, filters, repeats, stride;
    };
    constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    auto x = g.input({1, O.input, O.input, O.channels});
    x = blocks::convolution(
        g, x, {.filters = scaled(32, O.width_percent), .kernel = 3, .stride = 2, .activation = Activation::relu6},
        "stem");
    for (const Stage& stage : stages) {
      for (std::int32_t i = 0; i < stage.repeats; ++i) {
        x = blocks::inverted_residual(g, x,
                                      {.filters = scaled(stage.filters, O.width_percent),
                                       .expansion = stage.expansion,
                                       .stride = i == 0 ? stage.stride : 1});
      }
    }
    constexpr std::int32_t last = O.width_percent > 100 ? scaled(1280, O.width_percent) : 1280;
    x = blocks::convolution(g, x, {.filters = last, .kernel = 1, .activation = Activation::relu6}, "head");
    return classifier(g, x, O.classes);
  }
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

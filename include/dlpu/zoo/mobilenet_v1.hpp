#pragma once

#include <algorithm>

#include "dlpu/zoo/options.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// MobileNetV1 (Howard et al., 2017, https://arxiv.org/abs/1704.04861): thirteen separable blocks. Its widths scale
/// without rounding, at least 1.
template <Options O = Options{}>
struct MobileNetV1 {
  static constexpr std::string_view name = "mobilenet_v1";

  static constexpr auto build(auto& g) {
    struct Stage {
      std::int32_t filters, stride;
    };
    constexpr Stage stages[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                                {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    constexpr auto width = [](std::int32_t filters) { return std::max(filters * O.width_percent / 100, 1); };
    auto x = g.input({1, O.input, O.input, O.channels});
    x = blocks::convolution(g, x, {.filters = width(32), .kernel = 3, .stride = 2, .activation = Activation::relu6},
                            "stem");
    for (const Stage stage : stages) {
      x = blocks::separable(g, x, {.filters = width(stage.filters), .stride = stage.stride});
    }
    return classifier(g, x, O.classes);
  }
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

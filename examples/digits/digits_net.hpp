#pragma once

/// A MobileNetV2-style network for 8 x 8 images of handwritten digits, composed in code. Its weights were trained by
/// `tools/train_digits.py`.

#include <dlpu/dlpu.hpp>

namespace digits {

/// Input: grey values 0 to 16, divided by 16. Output: the probabilities of the ten digits.
struct DigitsNet {
  static constexpr auto build(auto& g) {
    using namespace dlpu;
    auto x = g.input({1, 8, 8, 1});
    x = blocks::convolution(g, x, {.filters = 16, .kernel = 3, .activation = Activation::relu6}, "stem");
    x = blocks::inverted_residual(g, x, {.filters = 24, .expansion = 4});
    x = blocks::inverted_residual(g, x, {.filters = 24, .expansion = 4});
    x = blocks::inverted_residual(g, x, {.filters = 36, .expansion = 4, .stride = 2});
    x = blocks::inverted_residual(g, x, {.filters = 36, .expansion = 4});
    x = blocks::convolution(g, x, {.filters = 96, .kernel = 1, .activation = Activation::relu6}, "head");
    return g.softmax(g.fully_connected(g.mean(x), {.units = 10}, "classifier"));
  }
};

}  // namespace digits

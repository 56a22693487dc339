#pragma once

/// What the networks of the zoo can be scaled by.

#include <cstdint>

#include "dlpu/graph/blocks.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// Options of an image classifier, as a template argument: `zoo::MobileNetV2<zoo::Options{.classes = 2}>`.
struct Options {
  std::int32_t width_percent = 100;  ///< channels relative to the published network
  std::int32_t input = 224;          ///< height and width of the image
  std::int32_t channels = 3;         ///< of the image
  std::int32_t classes = 1001;       ///< ImageNet's thousand and "background", as TensorFlow's files have it
  friend constexpr bool operator==(const Options&, const Options&) = default;
};

/// Channels scaled by a width, to the nearest multiple of 8 that is not more than a tenth below (TensorFlow models,
/// `_make_divisible`).
[[nodiscard]] constexpr std::int32_t scaled(std::int32_t channels, std::int32_t width_percent) {
  const std::int32_t hundredths = channels * width_percent;
  std::int32_t result = (hundredths + 400) / 800 * 8;
  if (result < 8) result = 8;
  if (result * 1000 < hundredths * 9) result += 8;
  return result;
}

/// Mean over the image, a fully connected layer and Softmax: "classifier", "softmax".
constexpr Value classifier(Builder& g, Value x, std::int32_t classes) {
  return g.softmax(g.fully_connected(g.mean(x), {.units = classes}, "classifier"), {}, "softmax");
}

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

#pragma once

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// The forms of YOLOv5: as published, and as Axis' patches make it for its chips (axis-model-zoo, docs/yolov5.md).
enum class YoloForm : std::int32_t {
  general,  ///< SiLU, widths in multiples of 8
  artpec8,  ///< ReLU6, widths in multiples of 12, so that those that are halved inside are multiples of 6
  artpec9,  ///< ReLU6, widths in multiples of 16, a 5 x 5 stem
};

namespace yolov5 {

/// A published width under a width multiple.
[[nodiscard]] constexpr std::int32_t width(YoloForm form, std::int32_t channels, std::int32_t width_percent) {
  const std::int32_t multiple = form == YoloForm::general ? 8 : form == YoloForm::artpec8 ? 12 : 16;
  const std::int32_t hundredths = channels * width_percent;
  const std::int32_t groups = (hundredths + 100 * multiple - 1) / (100 * multiple);
  return (groups < 1 ? 1 : groups) * multiple;
}

/// Published repeats under a depth multiple, to the nearest, halves to even (`round` of Python), at least 1.
[[nodiscard]] constexpr std::int32_t depth(std::int32_t repeats, std::int32_t depth_percent) {
  const std::int32_t hundredths = repeats * depth_percent;
  std::int32_t whole = hundredths / 100;
  const std::int32_t rest = hundredths % 100;
  if (rest > 50 || (rest == 50 && whole % 2 != 0)) ++whole;
  return whole < 1 ? 1 : whole;
}

/// The convolution that everything is made of. Where it halves the image, the chips' forms pad by an operator of its
/// own, as TensorFlow's export does.
constexpr Value convolution(Builder& g, Value x, YoloForm form, std::int32_t filters, std::int32_t kernel,
                            std::int32_t stride, std::string_view name) {
  op::Conv2d op{.filters = filters, .kernel = kernel, .stride = stride};
  if (form != YoloForm::general) op.activation = Activation::relu6;
  const auto scope = g.scope(name);
  if (stride == 2) {
    const std::int32_t side = kernel == 6 ? 2 : 1;
    if (form == YoloForm::general) {
      op.padding = Padding::sides(side, side, side, side);
    } else {
      x = g.pad(x, {.before = {0, side, side, 0}, .after = {0, side, side, 0}}, "pad");
      op.padding = Padding::valid;
    }
  }
  x = blocks::convolution(g, x, op, "conv");
  if (form != YoloForm::general) return x;
  const Value gate = g.logistic(x, "sigmoid");
  return g.mul(x, gate, {}, "silu");
}

/// The block C3: two branches of half the width, `repeats` bottlenecks on one of them, joined by a 1 x 1 convolution.
constexpr Value c3(Builder& g, Value x, YoloForm form, std::int32_t filters, std::int32_t repeats, bool shortcut) {
  const auto scope = g.numbered_scope("c3");
  const std::int32_t half = filters / 2;
  Value a = convolution(g, x, form, half, 1, 1, "cv1");
  for (std::int32_t i = 0; i < repeats && !g.failed(); ++i) {
    const auto inner = g.scope("m", i);
    Value b = convolution(g, a, form, half, 1, 1, "cv1");
    b = convolution(g, b, form, half, 3, 1, "cv2");
    a = shortcut ? g.add(a, b, {}, "add") : b;
  }
  const Value b = convolution(g, x, form, half, 1, 1, "cv2");
  const Value joined = g.concatenation({a, b}, {.axis = 3}, "concatenation");
  return convolution(g, joined, form, filters, 1, 1, "cv3");
}

/// Spatial pyramid pooling: windows of 5, 9 and 13, each made of the one before.
constexpr Value sppf(Builder& g, Value x, YoloForm form, std::int32_t filters) {
  const auto scope = g.scope("sppf");
  const Value a = convolution(g, x, form, g.shape(x).channels() / 2, 1, 1, "cv1");
  const op::MaxPool2d pool{.kernel = 5, .padding = Padding::same};
  const Value b = g.max_pool2d(a, pool, "pool_5");
  const Value c = g.max_pool2d(b, pool, "pool_9");
  const Value d = g.max_pool2d(c, pool, "pool_13");
  const Value joined = g.concatenation({a, b, c, d}, {.axis = 3}, "concatenation");
  return convolution(g, joined, form, filters, 1, 1, "cv2");
}

}  // namespace yolov5

namespace backbones {

/// YOLOv5's CSP backbone, release 6.0 (https://github.com/ultralytics/yolov5, models/yolov5n.yaml). The options are its
/// width and depth multiples: 25 and 33 for n, 50 and 33 for s, 75 and 67 for m.
template <YoloForm Form>
constexpr FeatureMaps yolov5_csp(Builder& g, Value image, const BackboneOptions& options) {
  const auto scope = g.scope("backbone");
  const auto width = [&](std::int32_t channels) { return yolov5::width(Form, channels, options.width_percent); };
  Trunk trunk;
  trunk.stride = 2;
  trunk.set(yolov5::convolution(g, image, Form, width(64), Form == YoloForm::artpec9 ? 5 : 6, 2, "stem"));
  constexpr std::int32_t channels[] = {128, 256, 512, 1024}, repeats[] = {3, 6, 9, 3};
  constexpr std::string_view names[] = {"down_4", "down_8", "down_16", "down_32"};
  for (std::size_t i = 0; i < 4; ++i) {
    trunk.stride *= 2;
    const Value x = yolov5::convolution(g, trunk.x, Form, width(channels[i]), 3, 2, names[i]);
    trunk.set(yolov5::c3(g, x, Form, width(channels[i]), yolov5::depth(repeats[i], options.depth_percent), true));
  }
  trunk.set(yolov5::sppf(g, trunk.x, Form, width(1024)));
  return trunk.maps;
}

}  // namespace backbones
}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

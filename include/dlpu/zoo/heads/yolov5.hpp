#pragma once

#include <array>

#include "dlpu/zoo/backbones/yolov5_csp.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::heads {

/// YOLOv5's neck and decoder. The input must be a square image of a multiple of 32.
struct Yolov5 {
  YoloForm form = YoloForm::general;
  std::int32_t classes = 80;
  std::int32_t width_percent = 100, depth_percent = 100;  ///< the multiples of the backbone
  std::int32_t input = 640;                               ///< height and width of the image
};

namespace yolov5_detail {

/// Anchors in pixels at strides 8, 16 and 32 (models/yolov5n.yaml): width, height.
inline constexpr float anchors[3][6] = {
    {10, 13, 16, 30, 33, 23}, {30, 61, 62, 45, 59, 119}, {116, 90, 156, 198, 373, 326}};

constexpr float one_number(const Formula& formula, const Shape&, std::int64_t) {
  return formula.parameters[0];
}
/// [1, pixels, 1, 2]: column and row, half a pixel less; the parameter is the map's width.
constexpr float grid_number(const Formula& formula, const Shape&, std::int64_t index) {
  const auto width = static_cast<std::int64_t>(formula.parameters[0]);
  const std::int64_t pixel = index / 2;
  return static_cast<float>(index % 2 == 0 ? pixel % width : pixel / width) - 0.5f;
}
/// [1, 1, 3, 2]: four times the anchors' sizes, since a sigmoid squared is at most 1 and a box at most four anchors.
constexpr float anchor_number(const Formula& formula, const Shape&, std::int64_t index) {
  return 4.0f * formula.parameters[static_cast<std::size_t>(index)];
}

/// The first numbers, `count` of them from `begin`, of every anchor.
constexpr Value part(Builder& g, Value x, std::int32_t begin, std::int32_t count, std::string_view name) {
  return g.strided_slice(x, {.begin = {0, 0, 0, begin}, .end = {0, 0, 0, begin + count}, .stride = {0, 0, 0, 1}},
                         name);
}

/// One level: [1, pixels, 3, 5 + classes] to boxes and scores relative to the image, [1, 3 * pixels, 5 + classes]:
/// x, y = (2 sigmoid + column, row - 1/2) stride, width, height = (2 sigmoid)^2 anchor (models/yolo.py, `Detect`).
constexpr Value decode(Builder& g, Value x, const Yolov5& head, std::int32_t level) {
  const auto scope = g.scope("decode", level);
  const Shape shape = g.shape(x);
  if (g.failed()) return {};
  const std::int32_t side = shape[1], pixels = side * shape[2], numbers = 5 + head.classes;
  const auto stride = static_cast<float>(8 << level);
  const float* sizes = anchors[level];
  x = g.reshape(x, {{1, pixels, 3, numbers}}, "pixels");
  Value xy = part(g, x, 0, 2, "xy");
  xy = g.logistic(xy, "xy_sigmoid");
  const Value two = g.constant({1}, {one_number, {2.0f}}, "two");
  xy = g.mul(xy, two, {}, "xy_doubled");
  const Value grid = g.constant({1, pixels, 1, 2}, {grid_number, {static_cast<float>(side)}}, "grid");
  xy = g.add(xy, grid, {}, "xy_placed");
  const Value pixel = g.constant({1}, {one_number, {stride}}, "stride");
  xy = g.mul(xy, pixel, {}, "xy_pixels");
  const Value share = g.constant({1}, {one_number, {1.0f / static_cast<float>(head.input)}}, "share");
  xy = g.mul(xy, share, {}, "xy_relative");
  Value wh = part(g, x, 2, 2, "wh");
  wh = g.logistic(wh, "wh_sigmoid");
  wh = g.mul(wh, wh, {}, "wh_squared");
  const Value anchor = g.constant(
      {1, 1, 3, 2}, {anchor_number, {sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]}}, "anchors");
  wh = g.mul(wh, anchor, {}, "wh_pixels");
  wh = g.mul(wh, share, {}, "wh_relative");
  Value scores = part(g, x, 4, numbers - 4, "scores");
  scores = g.logistic(scores, "scores_sigmoid");
  scores = g.quantize(scores, {}, "scores_rescaled");  // boxes and scores share one scale
  const Value joined = g.concatenation({xy, wh, scores}, {.axis = 3}, "joined");
  return g.reshape(joined, {{1, pixels * 3, numbers}}, "boxes");
}

}  // namespace yolov5_detail

/// Boxes of all three levels, [1, boxes, 5 + classes]: centre x and y, width and height relative to the image, the
/// score of there being anything, and the classes' scores.
constexpr Value yolov5(Builder& g, const FeatureMaps& maps, const Yolov5& head) {
  const YoloForm form = head.form;
  const auto width = [&](std::int32_t channels) { return zoo::yolov5::width(form, channels, head.width_percent); };
  const std::int32_t repeats = zoo::yolov5::depth(3, head.depth_percent);
  g.require(maps.stride8.tensor >= 0 && maps.stride16.tensor >= 0 && maps.stride32.tensor >= 0,
            zoo_rule::FeatureMap::rule);
  const auto join = [&](Value x, Value other, std::int32_t channels, std::string_view name) {
    const Value joined = g.concatenation({x, other}, {.axis = 3}, name);
    return zoo::yolov5::c3(g, joined, form, width(channels), repeats, false);
  };
  const auto upsample = [&](Value x, std::string_view name) {
    const Shape shape = g.shape(x);
    if (g.failed()) return Value{};
    return g.resize_nearest_neighbor(x, {.size = {2 * shape[1], 2 * shape[2]}, .half_pixel_centers = 1}, name);
  };
  std::array<Value, 3> levels{};
  {
    const auto scope = g.scope("neck");
    const Value top = zoo::yolov5::convolution(g, maps.stride32, form, width(512), 1, 1, "top");
    Value x = upsample(top, "up_16");
    x = join(x, maps.stride16, 512, "join_16");
    const Value middle = zoo::yolov5::convolution(g, x, form, width(256), 1, 1, "middle");
    x = upsample(middle, "up_8");
    levels[0] = join(x, maps.stride8, 256, "join_8");
    x = zoo::yolov5::convolution(g, levels[0], form, width(256), 3, 2, "down_16");
    levels[1] = join(x, middle, 512, "rejoin_16");
    x = zoo::yolov5::convolution(g, levels[1], form, width(512), 3, 2, "down_32");
    levels[2] = join(x, top, 1024, "rejoin_32");
  }
  constexpr std::string_view names[] = {"detect_8", "detect_16", "detect_32"};
  for (std::size_t i = 0; i < 3; ++i) {
    levels[i] = g.conv2d(levels[i], {.filters = 3 * (5 + head.classes), .kernel = 1}, names[i]);
    levels[i] = yolov5_detail::decode(g, levels[i], head, static_cast<std::int32_t>(i));
  }
  return g.concatenation({levels[0], levels[1], levels[2]}, {.axis = 1}, "all_boxes");
}

}  // namespace zoo::heads
}  // namespace dlpu::inline DLPU_ABI

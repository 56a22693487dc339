#pragma once

#include <algorithm>
#include <array>

#include "dlpu/zoo/backbones/backbone.hpp"
#include "dlpu/zoo/heads/ssd_anchors.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::heads {

/// Regular: 1 x 1 convolutions on the feature maps (SSD with MobileNet, TensorFlow Object Detection); separable: a
/// depthwise 3 x 3 convolution in front of each (SSDLite, Sandler et al., 2018).
enum class SsdForm : std::int32_t { regular, separable };

struct Ssd {
  std::int32_t classes = 0;         ///< without the background; must be given
  std::int32_t max_detections = 0;  ///< must be given
  SsdForm form = SsdForm::regular;
  std::int32_t first_stride = 16;          ///< of the largest feature map that is looked at
  std::int32_t levels = 6;                 ///< feature maps; those behind stride 32 are made here
  float smallest = 0.2f, largest = 0.95f;  ///< of the anchors
  std::int32_t width_percent = 100;        ///< of the feature maps that are made here
  float score_threshold = 1e-8f, overlap_threshold = 0.6f;
};

/// A convolution from a feature map to the numbers of a pixel's anchors, brought to `shape`.
constexpr Value predict(Builder& g, Value map, const Ssd& head, std::int32_t filters, const Shape& shape,
                        std::string_view name, std::int32_t level) {
  const auto scope = g.scope(name, level);
  if (head.form == SsdForm::separable) {
    map = blocks::depthwise(g, map, {.kernel = 3, .activation = Activation::relu6}, "depthwise");
  }
  map = g.conv2d(map, {.filters = filters, .kernel = 1}, "predict");
  return g.reshape(map, {shape}, "reshape");
}

/// The next smaller feature map: half the channels, then a convolution of stride 2.
constexpr Value shrink(Builder& g, Value map, const Ssd& head, std::int32_t published_filters, std::int32_t level) {
  const auto scope = g.scope("extra", level);
  const std::int32_t filters = std::max(published_filters * head.width_percent / 100, 16);
  map = blocks::convolution(g, map,
                            {.filters = std::max(published_filters / 2 * head.width_percent / 100, 16),
                             .kernel = 1,
                             .activation = Activation::relu6},
                            "reduce");
  if (head.form == SsdForm::regular) {
    return blocks::convolution(
        g, map, {.filters = filters, .kernel = 3, .stride = 2, .activation = Activation::relu6}, "shrink");
  }
  map = blocks::depthwise(g, map, {.kernel = 3, .stride = 2, .activation = Activation::relu6}, "depthwise");
  return blocks::convolution(g, map, {.filters = filters, .kernel = 1, .activation = Activation::relu6}, "project");
}

/// SSD over any backbone: boxes [1, detections, 4], classes and scores [1, detections], their number [1], float32.
/// Names: `extra_N`, `boxes_N`, `classes_N`, `anchors`, `detections`.
constexpr std::array<Value, 4> ssd(Builder& g, const FeatureMaps& maps, const Ssd& head) {
  constexpr std::int32_t extra_filters[] = {512, 256, 256, 128}, max_levels = 8;
  std::array<Value, max_levels> boxes{}, classes{};
  SsdAnchors anchors{0, head.levels, head.smallest, head.largest};
  std::int32_t stride = head.first_stride, extra = 0;
  Value map{};
  for (std::int32_t level = 0; level < head.levels && !g.failed(); ++level, stride *= 2) {
    if (stride <= 32) {
      map = stride == 16 && maps.expanded16.tensor >= 0 ? maps.expanded16 : maps.at(stride);
      g.require(map.tensor >= 0, zoo_rule::FeatureMap::rule);
    } else {
      map = shrink(g, map, head, extra_filters[std::min(extra++, 3)], level);
    }
    if (g.failed()) break;
    if (level == 0) anchors.side = g.shape(map)[1];
    const std::int32_t count = SsdAnchors::per_pixel(level), labels = head.classes + 1;
    const auto i = static_cast<std::size_t>(level);
    boxes[i] = predict(g, map, head, count * 4, {1, -1, 1, 4}, "boxes", level);
    classes[i] = predict(g, map, head, count * labels, {1, -1, labels}, "classes", level);
  }
  g.require(head.max_detections >= 1 && (g.failed() || head.max_detections <= anchors.count()),
            zoo_rule::Detections::rule);
  if (g.failed()) return {};
  const auto levels = static_cast<std::size_t>(head.levels);
  const op::Concatenation along_anchors{.axis = 1};
  Value all_boxes = g.apply(along_anchors, std::span<const Value>(boxes).first(levels), "all_boxes");
  all_boxes = g.reshape(all_boxes, {{1, -1, 4}}, "squeezed_boxes");
  Value scores = g.apply(along_anchors, std::span<const Value>(classes).first(levels), "all_classes");
  scores = g.logistic(scores, "scores");
  // Only now: on a chip that stops at the first operator it lacks, all before this is accelerated.
  all_boxes = g.dequantize(all_boxes, {}, "real_boxes");
  scores = g.dequantize(scores, {}, "real_scores");
  const Value places = g.constant({anchors.count(), 4}, formula(anchors), "anchors", ElementType::float32);
  return g.detection_post_process(all_boxes, scores, places,
                                  {.classes = head.classes,
                                   .max_detections = head.max_detections,
                                   .score_threshold = head.score_threshold,
                                   .overlap_threshold = head.overlap_threshold},
                                  "detections");
}

}  // namespace zoo::heads
}  // namespace dlpu::inline DLPU_ABI

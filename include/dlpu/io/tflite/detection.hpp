#pragma once

/// The custom operator TFLite_Detection_PostProcess of .tflite files, whose options are a flexbuffer.

#include <cstdint>
#include <string_view>
#include <vector>

#include "dlpu/io/tflite/flex_map.hpp"
#include "dlpu/io/tflite/operator_reader.hpp"
#include "dlpu/ops/detection_post_process.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

/// The options; numbers that the file leaves out are 0, as in LiteRT, and then refused by the operator's rules.
inline op::DetectionPostProcess detection_options(const FlexMap& map) {
  const auto whole = [&](std::string_view name, double missing = 0.0) {
    const double value = map.number(name).value_or(missing);
    return value >= 0.0 && value <= 1e9 ? static_cast<std::int32_t>(value) : 0;
  };
  const auto real = [&](std::string_view name) { return static_cast<float>(map.number(name).value_or(0.0)); };
  return {.classes = whole("num_classes"),
          .max_detections = whole("max_detections"),
          .regular = whole("use_regular_nms"),
          .classes_per_detection = whole("max_classes_per_detection"),
          .detections_per_class = whole("detections_per_class", 100.0),
          .score_threshold = real("nms_score_threshold"),
          .overlap_threshold = real("nms_iou_threshold"),
          .y_scale = real("y_scale"),
          .x_scale = real("x_scale"),
          .height_scale = real("h_scale"),
          .width_scale = real("w_scale")};
}

}  // namespace detail

inline void read_detection_post_process(OperatorReader& reader) {
  if (!reader.expect(3, 3, 4)) return;
  const std::vector<std::uint8_t> bytes = reader.custom_options();
  const FlexMap options(bytes);
  if (!reader.require(options.valid(), "its options are no map of numbers; the file is damaged")) return;
  const op::DetectionPostProcess op = detail::detection_options(options);
  const std::int32_t boxes = reader.operand(0), scores = reader.operand(1), anchors = reader.operand(2);
  if (reader.failed() || !reader.require(op.capacity() > 0 && op.capacity() <= (1 << 30),
                                         op::DetectionPostProcess::NeedsCounts::rule.sentence)) {
    return;
  }
  const auto count = static_cast<std::int32_t>(op.capacity());
  reader.complete_output(0, {1, count, 4});
  reader.complete_output(1, {1, count});
  reader.complete_output(2, {1, count});
  reader.complete_output(3, {1});
  reader.emit(op, {boxes, scores, anchors});
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

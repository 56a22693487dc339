#pragma once

/// DetectionPostProcess into .tflite files: the custom operator TFLite_Detection_PostProcess, with a flexbuffer of
/// options.

#include <flatbuffers/flexbuffers.h>

#include <string>

#include "dlpu/io/tflite/writer/operator_writer.hpp"
#include "dlpu/ops/detection_post_process.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

inline void write_detection_post_process(OperatorWriter& writer, const op::DetectionPostProcess& op) {
  writer.require(writer.input_element() != ElementType::int8,
                 "LiteRT does not have this operator in int8; dequantize its inputs, or store uint8");
  if (writer.failed()) return;
  flexbuffers::Builder options;
  options.Map([&] {
    options.Int("max_detections", op.max_detections);
    options.Int("max_classes_per_detection", op.classes_per_detection);
    options.Int("detections_per_class", op.detections_per_class);
    options.Bool("use_regular_nms", op.regular != 0);
    options.Float("nms_score_threshold", op.score_threshold);
    options.Float("nms_iou_threshold", op.overlap_threshold);
    options.Int("num_classes", op.classes);
    options.Float("y_scale", op.y_scale);
    options.Float("x_scale", op.x_scale);
    options.Float("h_scale", op.height_scale);
    options.Float("w_scale", op.width_scale);
  });
  options.Finish();
  writer.emit_custom(std::string(op::DetectionPostProcess::name), options.GetBuffer());
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

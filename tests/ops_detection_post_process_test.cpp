/// DetectionPostProcess: shape rule, overlaps, and LiteRT's results: ties, none, more boxes than detections.

#include "dlpu/ops/detection_post_process.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "support/movement.hpp"

namespace dlpu::ops_detection_post_process_test {
namespace {

using op::DetectionPostProcess;

constexpr Inferred infer(const DetectionPostProcess& op, const Shape& boxes, const Shape& scores,
                         const Shape& anchors, ElementType type = ElementType::activation) {
  const std::array types{TensorType{boxes}, TensorType{scores, type}, TensorType{anchors}};
  return op.infer(types);
}

constexpr DetectionPostProcess ten{.classes = 3, .max_detections = 10};
static_assert(infer(ten, {1, 50, 4}, {1, 50, 4}, {50, 4}).outputs[0] == TensorType{{1, 10, 4}, ElementType::float32});
static_assert(infer(ten, {1, 50, 4}, {1, 50, 3}, {50, 4}).count == 4);
static_assert(infer({}, {1, 50, 4}, {1, 50, 3}, {50, 4}).problem == &DetectionPostProcess::NeedsCounts::rule);
static_assert(infer(ten, {1, 50, 3}, {1, 50, 3}, {50, 4}).problem == &DetectionPostProcess::InputShapes::rule);
static_assert(infer(ten, {1, 50, 4}, {1, 50, 5}, {50, 4}).problem == &DetectionPostProcess::InputShapes::rule);
static_assert(infer(ten, {1, 50, 4}, {1, 50, 3}, {49, 4}).problem == &DetectionPostProcess::InputShapes::rule);
static_assert(infer(ten, {2, 50, 4}, {2, 50, 3}, {50, 4}).problem == &DetectionPostProcess::InputShapes::rule);
static_assert(infer(ten, {1, 50, 4}, {1, 50, 3}, {50, 4}, ElementType::float32).problem ==
              &DetectionPostProcess::SameElement::rule);
static_assert(infer({.classes = 3, .max_detections = 10, .overlap_threshold = 0.0f}, {1, 5, 4}, {1, 5, 3}, {5, 4})
                  .problem == &DetectionPostProcess::Threshold::rule);
static_assert(infer({.classes = 3, .max_detections = 1 << 30, .classes_per_detection = 2}, {1, 5, 4}, {1, 5, 3},
                    {5, 4})
                  .problem == &DetectionPostProcess::Fits::rule);
static_assert(ten.infer({}).problem == &DetectionPostProcess::ThreeInputs::rule);

static_assert(reference::overlap({0, 0, 2, 2}, {0, 1, 2, 3}) == 2.0f / 6.0f);
static_assert(reference::overlap({0, 0, 2, 2}, {5, 5, 6, 6}) == 0.0f);
static_assert(reference::overlap({0, 0, 0, 2}, {0, 0, 0, 2}) == 0.0f);

template <class Storage>
void expect_detections(const golden::Case& c) {
  using Kernel = kernels::DetectionPostProcess<Storage>;
  const DetectionPostProcess op{.classes = c.option(4),
                                .max_detections = c.option(0),
                                .regular = c.option(3),
                                .classes_per_detection = c.option(1),
                                .detections_per_class = c.option(2),
                                .score_threshold = c.option_float(0),
                                .overlap_threshold = c.option_float(1),
                                .y_scale = c.option_float(2),
                                .x_scale = c.option_float(3),
                                .height_scale = c.option_float(4),
                                .width_scale = c.option_float(5)};
  golden::expect_shapes(op, c);
  std::array<typename Kernel::Parameters, 3> parameters{};
  if constexpr (Kernel::quantized) {
    for (std::size_t i = 0; i < 3; ++i) parameters[i] = c.quantization("input_" + std::to_string(i));
  }
  const Shape &boxes = c.shape("input_0"), &scores = c.shape("input_1");
  const Kernel kernel(op, boxes, scores, parameters[0], parameters[1], parameters[2]);
  AlignedBuffer scratch(Kernel::scratch_bytes(op, scores));
  const auto count = static_cast<std::size_t>(op.capacity());
  std::vector<float> found_boxes(4 * count, -1.0f), found_classes(count, -1.0f), found_scores(count, -1.0f), found(1);
  kernel.run(c.values<Storage>("input_0"), c.values<Storage>("input_1"), c.values<Storage>("input_2"), found_boxes,
             found_classes, found_scores, found[0], scratch.bytes());
  golden::expect_values(c.values<float>("output_0"), found_boxes);
  golden::expect_values(c.values<float>("output_1"), found_classes, 0.0f);
  golden::expect_values(c.values<float>("output_2"), found_scores, 0.0f);
  golden::expect_values(c.values<float>("output_3"), found, 0.0f);
}

TEST(DetectionPostProcess, EqualsLiteRT) {
  golden::for_each_case("detection_post_process", 40, []<class Storage>(const golden::Case& c) {
    if constexpr (!std::is_same_v<Storage, std::int32_t>) expect_detections<Storage>(c);
  });
}

}  // namespace
}  // namespace dlpu::ops_detection_post_process_test

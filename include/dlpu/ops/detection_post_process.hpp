#pragma once

/// DetectionPostProcess: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/reference/detection_post_process.hpp"
#include "dlpu/ops/shape_rule.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// The end of an SSD network, TensorFlow Lite's custom operator TFLite_Detection_PostProcess. Inputs: boxes relative to
/// their anchors [1, boxes, 4 or more], scores [1, boxes, classes, and one for the background where there is one] and
/// anchors [boxes, 4], all with y, x, height, width. Outputs, all float32: boxes [1, detections, 4] as top, left,
/// bottom, right; classes and scores [1, detections]; the number of detections [1].
struct DetectionPostProcess {
  static constexpr std::string_view name = "TFLite_Detection_PostProcess";

  std::int32_t classes = 0;         ///< without the background; must be given
  std::int32_t max_detections = 0;  ///< must be given
  std::int32_t regular = 0;  ///< not 0: suppression class by class; 0: the fast version, by each box's highest score
  std::int32_t classes_per_detection = 1;   ///< fast version: so many outputs for each box
  std::int32_t detections_per_class = 100;  ///< regular version: at most so many of one class
  float score_threshold = 0.0f;             ///< boxes with lower scores are none
  float overlap_threshold = 0.5f;           ///< boxes that share more (common over united area) are one; in (0, 1]
  float y_scale = 10.0f, x_scale = 10.0f, height_scale = 5.0f,
        width_scale = 5.0f;  ///< the boxes are divided by these

  DLPU_RULE(ThreeInputs, "DetectionPostProcess: there must be three inputs: boxes, scores and anchors", "");
  DLPU_RULE(NeedsCounts,
            "DetectionPostProcess: the numbers of classes, of detections, of classes per detection and of detections "
            "per class must be at least 1; give .classes and .max_detections",
            "");
  DLPU_RULE(InputShapes,
            "DetectionPostProcess: the inputs must be boxes [1, boxes, 4 or more], scores [1, boxes, classes or one "
            "more] and anchors [boxes, 4]",
            "");
  DLPU_RULE(SameElement, "DetectionPostProcess: boxes, scores and anchors must have one element type", "");
  DLPU_RULE(Threshold, "DetectionPostProcess: the overlap threshold must be above 0 and at most 1", "");
  DLPU_RULE(Fits, "DetectionPostProcess: there would be more than 2^30 detections", "");
  using rules = type_list<ThreeInputs, NeedsCounts, InputShapes, SameElement, Threshold, Fits>;

  /// How many detections the outputs have room for. LiteRT makes them so large in the regular version too.
  [[nodiscard]] constexpr std::int64_t capacity() const {
    return std::int64_t{max_detections} * classes_per_detection;
  }

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 3) return ThreeInputs::rule;
    if (classes < 1 || max_detections < 1 || classes_per_detection < 1 || detections_per_class < 1) {
      return NeedsCounts::rule;
    }
    const Shape &boxes = inputs[0].shape, &scores = inputs[1].shape, &anchors = inputs[2].shape;
    if (boxes.rank != 3 || scores.rank != 3 || anchors.rank != 2) return InputShapes::rule;
    const std::int32_t background = scores[2] - classes;
    if (boxes[0] != 1 || boxes[2] < 4 || scores[0] != 1 || scores[1] != boxes[1] || anchors[0] != boxes[1] ||
        anchors[1] != 4 || (background != 0 && background != 1)) {
      return InputShapes::rule;
    }
    if (inputs[0].element != inputs[1].element || inputs[0].element != inputs[2].element) return SameElement::rule;
    if (!(overlap_threshold > 0.0f && overlap_threshold <= 1.0f)) return Threshold::rule;
    if (capacity() > (1 << 30)) return Fits::rule;
    const auto count = static_cast<std::int32_t>(capacity());
    Inferred outputs;
    outputs.add({{1, count, 4}, ElementType::float32});
    outputs.add({{1, count}, ElementType::float32});
    outputs.add({{1, count}, ElementType::float32});
    outputs.add({{1}, ElementType::float32});
    return outputs;
  }
  [[nodiscard]] constexpr reference::DetectionParameters parameters(const Shape& scores) const {
    return {scores[1],
            classes,
            scores[2] - classes,
            max_detections,
            classes_per_detection,
            detections_per_class,
            score_threshold,
            overlap_threshold,
            {y_scale, x_scale, height_scale, width_scale}};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// DetectionPostProcess on one pair of shapes. `Storage` is float, int8 or uint8 (LiteRT: float and uint8). Outputs
/// behind the last detection are 0; in LiteRT's fast version they are what the memory held before.
template <class Storage>
class DetectionPostProcess {
 public:
  static constexpr bool quantized = !std::is_same_v<Storage, float>;
  using Parameters = std::conditional_t<quantized, Quantization, NoQuantization>;

  /// `boxes` [1, boxes, 4 or more] and `scores` are the inputs' shapes.
  constexpr DetectionPostProcess(const op::DetectionPostProcess& op, const Shape& boxes, const Shape& scores,
                                 Parameters box_parameters = {}, Parameters score_parameters = {},
                                 Parameters anchor_parameters = {})
      : parameters_(op.parameters(scores)),
        regular_(op.regular != 0),
        box_stride_(boxes[2]),
        capacity_(static_cast<std::size_t>(op.capacity())),
        boxes_(box_parameters),
        scores_(score_parameters),
        anchors_(anchor_parameters) {}

  /// Bytes that `run` needs beside its tensors, aligned to 64 bytes.
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const op::DetectionPostProcess& op, const Shape& scores) {
    const auto boxes = static_cast<std::size_t>(scores[1]), classes = static_cast<std::size_t>(op.classes);
    return align_up(boxes * sizeof(reference::Corners)) + 3 * align_up(boxes * sizeof(float)) +
           align_up(classes * sizeof(float)) +
           align_up(static_cast<std::size_t>(op.max_detections) * sizeof(reference::DetectionMemory::Found));
  }

  /// Row-major tensors; `count` receives the number of detections.
  void run(std::span<const Storage> boxes, std::span<const Storage> scores, std::span<const Storage> anchors,
           std::span<float> found_boxes, std::span<float> found_classes, std::span<float> found_scores, float& count,
           std::span<std::byte> scratch) const {
    const reference::DetectionParameters& p = parameters_;
    DLPU_ASSERT(found_boxes.size() >= 4 * capacity_ && found_classes.size() >= capacity_ &&
                found_scores.size() >= capacity_);
    std::fill_n(found_boxes.begin(), 4 * capacity_, 0.0f);
    std::fill_n(found_classes.begin(), capacity_, 0.0f);
    std::fill_n(found_scores.begin(), capacity_, 0.0f);
    const reference::DetectionMemory memory = divide(scratch);
    for (std::size_t i = 0; i < memory.corners.size(); ++i) {
      memory.corners[i] = reference::decode(box_at(boxes.data() + i * static_cast<std::size_t>(box_stride_), boxes_),
                                            box_at(anchors.data() + 4 * i, anchors_), p.scales);
    }
    const std::int64_t stride = p.classes + p.background;
    const auto score = [&, first = scores.data() + p.background](std::int32_t box, std::int32_t label) {
      return real(first[box * stride + label], scores_);
    };
    const reference::Detections output{reinterpret_cast<reference::Corners*>(found_boxes.data()),
                                       found_classes.data(), found_scores.data()};
    count = static_cast<float>(regular_ ? reference::detect_per_class(p, memory, score, output)
                                        : reference::detect_fast(p, memory, score, output));
  }

 private:
  static float real(Storage stored, [[maybe_unused]] Parameters parameters) {
    if constexpr (quantized)
      return ::dlpu::detail::dequantize_value<Storage>(stored, parameters);
    else
      return stored;
  }
  static reference::CentredBox box_at(const Storage* box, Parameters parameters) {
    return {real(box[0], parameters), real(box[1], parameters), real(box[2], parameters), real(box[3], parameters)};
  }
  template <class T>
  static std::span<T> take(std::span<std::byte>& memory, std::int32_t count) {
    const auto size = static_cast<std::size_t>(count);
    const std::span<T> taken(reinterpret_cast<T*>(memory.data()), size);
    memory = memory.subspan(align_up(size * sizeof(T)));
    return taken;
  }
  [[nodiscard]] reference::DetectionMemory divide(std::span<std::byte> scratch) const {
    const std::int32_t boxes = parameters_.boxes;
    reference::DetectionMemory memory;
    memory.corners = take<reference::Corners>(scratch, boxes);
    memory.scores = take<float>(scratch, boxes);
    memory.order = take<std::int32_t>(scratch, boxes);
    memory.selected = take<std::int32_t>(scratch, boxes);
    memory.ranked = take<std::int32_t>(scratch, parameters_.classes);
    memory.best = take<reference::DetectionMemory::Found>(scratch, parameters_.max_detections);
    return memory;
  }

  reference::DetectionParameters parameters_;
  bool regular_;
  std::int32_t box_stride_;
  std::size_t capacity_;
  Parameters boxes_, scores_, anchors_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

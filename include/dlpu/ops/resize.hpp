#pragma once

/// ResizeNearestNeighbor and ResizeBilinear: parameters, shape rules, and the kernels for callers that bring their own
/// buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/resize.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

namespace resize {
DLPU_RULE(NeedsSize, "Resize: the output's size is missing or below 1; give .size", "");
DLPU_RULE(NeedsImage, "Resize: the input must have four dimensions, NHWC, and at least one pixel", "");
using rules = type_list<NeedsSize, NeedsImage>;

/// The output of a resizing operator: they have the same fields.
template <class Op>
[[nodiscard]] constexpr Inferred infer(const Op& op, TensorTypes inputs) {
  const Shape& input = inputs[0].shape;
  if (below_one(op.size)) return NeedsSize::rule;
  if (input.rank != 4 || input[1] < 1 || input[2] < 1) return NeedsImage::rule;
  return TensorType{{input[0], op.size.height, op.size.width, input[3]}, inputs[0].element};
}
template <class Op>
[[nodiscard]] constexpr reference::ResizeGeometry geometry(const Op& op, const Shape& input) {
  return {input[0], input[3], {input[1], input[2]}, op.size, op.align_corners != 0, op.half_pixel_centers != 0};
}
}  // namespace resize

/// Each pixel of the output is the nearest one of the input. NHWC in, NHWC out.
struct ResizeNearestNeighbor {
  static constexpr std::string_view name = "RESIZE_NEAREST_NEIGHBOR";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  Size2D size = {};                     ///< of the output; must be given
  std::int32_t align_corners = 0;       ///< not 0: the centres of the corner pixels fall on one another
  std::int32_t half_pixel_centers = 0;  ///< not 0: a pixel's centre lies half a pixel inside

  using rules = resize::rules;

  [[nodiscard]] constexpr reference::ResizeGeometry geometry(const Shape& input) const {
    return resize::geometry(*this, input);
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return resize::infer(*this, inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// Each pixel of the output lies between four of the input. NHWC in, NHWC out.
struct ResizeBilinear {
  static constexpr std::string_view name = "RESIZE_BILINEAR";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  Size2D size = {};                     ///< of the output; must be given
  std::int32_t align_corners = 0;       ///< not 0: the centres of the corner pixels fall on one another
  std::int32_t half_pixel_centers = 0;  ///< not 0: a pixel's centre lies half a pixel inside

  DLPU_RULE(OneKind, "ResizeBilinear: align_corners and half_pixel_centers exclude one another", "");
  using rules = type_list<resize::NeedsSize, resize::NeedsImage, OneKind>;

  [[nodiscard]] constexpr reference::ResizeGeometry geometry(const Shape& input) const {
    return resize::geometry(*this, input);
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (align_corners && half_pixel_centers) return OneKind::rule;
    return resize::infer(*this, inputs);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {
namespace detail {

/// What both ways to resize keep.
template <class Storage>
class Resize {
 public:
  [[nodiscard]] constexpr const reference::ResizeGeometry& geometry() const { return geometry_; }

 protected:
  constexpr explicit Resize(const reference::ResizeGeometry& g) : geometry_(g) {}
  constexpr void check(std::span<const Storage> input, std::span<Storage> output) const {
    [[maybe_unused]] const auto elements = [this](Size2D size) {
      return static_cast<std::size_t>(std::int64_t{geometry_.batch} * size.height * size.width * geometry_.channels);
    };
    DLPU_ASSERT(input.size() >= elements(geometry_.input) && output.size() >= elements(geometry_.output));
    (void)input, (void)output;
  }

  reference::ResizeGeometry geometry_;
};

}  // namespace detail

/// ResizeNearestNeighbor on one shape. `Storage` is any element type.
template <class Storage>
class ResizeNearestNeighbor : public detail::Resize<Storage> {
 public:
  constexpr ResizeNearestNeighbor(const op::ResizeNearestNeighbor& op, const Shape& input)
      : detail::Resize<Storage>(op.geometry(input)) {}

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    this->check(input, output);
    reference::resize_nearest(this->geometry_, input.data(), output.data());
  }
};

/// ResizeBilinear on one shape. `Storage` is float, int8 or uint8; both sides have the same scale and zero point.
template <class Storage>
class ResizeBilinear : public detail::Resize<Storage> {
 public:
  constexpr ResizeBilinear(const op::ResizeBilinear& op, const Shape& input)
      : detail::Resize<Storage>(op.geometry(input)) {}

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    this->check(input, output);
    reference::resize_bilinear(this->geometry_, input.data(), output.data());
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Slice and StridedSlice: parameters, shape rules, and the kernels for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <string_view>

#include "dlpu/ops/strided_copy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// A box cut out of the input.
struct Slice {
  static constexpr std::string_view name = "SLICE";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::array<std::int32_t, Shape::max_rank> begin{};  ///< first element, for each dimension from the outermost
  std::array<std::int32_t, Shape::max_rank> size{};   ///< elements; 0 or -1: all from `begin` on

  DLPU_RULE(Inside, "Slice: the slice must lie inside the input and hold at least one element", "");
  DLPU_RULE(DimensionExists, "Slice: there are numbers for dimensions that the input does not have", "");
  using rules = type_list<Inside, DimensionExists>;

  /// Elements along one dimension of the output.
  [[nodiscard]] constexpr std::int32_t extent(const Shape& input, std::int32_t axis) const {
    const auto i = static_cast<std::size_t>(axis);
    return size[i] == 0 || size[i] == -1 ? input[axis] - begin[i] : size[i];
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    Shape output;
    for (std::int32_t axis = 0; axis < Shape::max_rank; ++axis) {
      const auto i = static_cast<std::size_t>(axis);
      if (axis >= input.rank) {
        if (begin[i] != 0 || size[i] > 1) return DimensionExists::rule;
        continue;
      }
      if (begin[i] < 0 || begin[i] >= input[axis]) return Inside::rule;
      const std::int32_t count = extent(input, axis);
      if (count < 1 || count > input[axis] - begin[i]) return Inside::rule;
      output.push_back(count);
    }
    return TensorType{output, inputs[0].element};
  }
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t) const {
    const auto steps = reference::steps_of(input);
    reference::StridedWalk walk;
    for (std::int32_t axis = 0; axis < input.rank; ++axis) {
      const auto i = static_cast<std::size_t>(axis);
      walk.push_back(extent(input, axis), steps[i]);
      walk.offset += steps[i] * begin[i];
    }
    return walk;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// Every so-manieth element of a box, as NumPy's `input[begin:end:stride]`. Numbers below 0 count from the dimension's
/// end, those beyond it stop there. Ellipsis and new axes, which TensorFlow has beside, are Reshape's work.
struct StridedSlice {
  static constexpr std::string_view name = "STRIDED_SLICE";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  // For each dimension from the outermost:
  std::array<std::int32_t, Shape::max_rank> begin{};   ///< first element
  std::array<std::int32_t, Shape::max_rank> end{};     ///< the element before which to stop
  std::array<std::int32_t, Shape::max_rank> stride{};  ///< may be negative; 0: the dimension is taken whole
  // One bit for each dimension, the lowest for the outermost:
  std::int32_t begin_mask = 0;        ///< begins at the dimension's beginning (its end where the stride is negative)
  std::int32_t end_mask = 0;          ///< goes on to the dimension's end
  std::int32_t shrink_axis_mask = 0;  ///< takes one element and drops the dimension

  DLPU_RULE(NotEmpty, "StridedSlice: the slice holds no element of the input", "");
  DLPU_RULE(ShrunkInside,
            "StridedSlice: the element of a dimension to be dropped is outside the input, or its stride "
            "is below 1",
            "");
  DLPU_RULE(DimensionExists, "StridedSlice: there are numbers for dimensions that the input does not have", "");
  DLPU_RULE(NeedsStride, "StridedSlice: a dimension has a begin or an end, but no stride; give .stride", "");
  using rules = type_list<NotEmpty, ShrunkInside, DimensionExists, NeedsStride>;

  /// First element and number of elements along one dimension.
  struct Part {
    std::int32_t first = 0, count = 0;
  };
  [[nodiscard]] constexpr Part part(const Shape& input, std::int32_t axis) const {
    const auto i = static_cast<std::size_t>(axis);
    const std::int64_t size = input[axis], step = stride[i];
    if (step == 0) return {0, input[axis]};
    // Where a slice may begin and end: from 0 to the size, or from the last element to before the first one.
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const auto clamped = [&](std::int64_t place) {
      if (place < 0) place += size;
      return place < low ? low : place > high ? high : place;
    };
    const bool from_start = bit(begin_mask, axis), to_end = bit(end_mask, axis);
    const std::int64_t first = from_start ? (step > 0 ? low : high) : clamped(begin[i]);
    if (bit(shrink_axis_mask, axis)) {
      return {static_cast<std::int32_t>(first), step > 0 && is_element(input, axis, begin[i], from_start) ? 1 : 0};
    }
    const std::int64_t last = to_end ? (step > 0 ? high : low) : clamped(end[i]);
    const std::int64_t distance = step > 0 ? last - first : first - last, pace = step > 0 ? step : -step;
    return {static_cast<std::int32_t>(first),
            distance <= 0 ? 0 : static_cast<std::int32_t>((distance + pace - 1) / pace)};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    Shape output;
    for (std::int32_t axis = 0; axis < Shape::max_rank; ++axis) {
      const auto i = static_cast<std::size_t>(axis);
      if (axis >= input.rank) {
        if (stride[i] != 0) return DimensionExists::rule;
        continue;
      }
      if (stride[i] == 0 && (begin[i] != 0 || end[i] != 0)) return NeedsStride::rule;
      const bool shrinks = stride[i] != 0 && bit(shrink_axis_mask, axis);
      const std::int32_t count = part(input, axis).count;
      if (count < 1) return shrinks ? ShrunkInside::rule : NotEmpty::rule;
      if (!shrinks) output.push_back(count);
    }
    return TensorType{output, inputs[0].element};
  }
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t) const {
    const auto steps = reference::steps_of(input);
    reference::StridedWalk walk;
    for (std::int32_t axis = 0; axis < input.rank; ++axis) {
      const auto i = static_cast<std::size_t>(axis);
      const auto [first, count] = part(input, axis);
      walk.push_back(count, steps[i] * (stride[i] == 0 ? 1 : stride[i]));
      walk.offset += steps[i] * first;
    }
    return walk;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }

 private:
  static constexpr bool bit(std::int32_t mask, std::int32_t axis) { return (mask >> axis & 1) != 0; }
  static constexpr bool is_element(const Shape& input, std::int32_t axis, std::int32_t place, bool from_start) {
    return input[axis] > 0 && (from_start || (place >= -input[axis] && place < input[axis]));
  }
};

}  // namespace op

namespace kernels {

template <class Storage>
using Slice = StridedCopy<op::Slice, Storage>;
template <class Storage>
using StridedSlice = StridedCopy<op::StridedSlice, Storage>;

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

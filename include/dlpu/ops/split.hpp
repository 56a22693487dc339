#pragma once

/// Split, SplitV and Unpack: one tensor becomes several. Parameters, shape rules, and the kernels for callers that
/// bring their own buffers.

#include <array>
#include <cstdint>
#include <string_view>

#include "dlpu/ops/strided_copy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {
namespace split {

/// The part of a tensor that begins at `first` along an axis and goes on for `count` elements.
[[nodiscard]] constexpr reference::StridedWalk part(const Shape& input, std::int32_t axis, std::int32_t first,
                                                    std::int32_t count) {
  const auto steps = reference::steps_of(input);
  reference::StridedWalk walk;
  for (std::int32_t d = 0; d < input.rank; ++d) {
    walk.push_back(d == axis ? count : input[d], steps[static_cast<std::size_t>(d)]);
  }
  walk.offset = steps[static_cast<std::size_t>(axis)] * first;
  return walk;
}
[[nodiscard]] constexpr std::int32_t from_outermost(std::int32_t axis, std::int32_t rank) {
  return axis < 0 ? axis + rank : axis;
}
[[nodiscard]] constexpr bool exists(std::int32_t axis, std::int32_t rank) {
  return axis >= -rank && axis < rank;
}

}  // namespace split

/// Equal parts along one axis.
struct Split {
  static constexpr std::string_view name = "SPLIT";
  static constexpr std::size_t max_outputs = Inferred::max_outputs;
  /// The outputs have the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::int32_t axis = -1;  ///< negative: from the innermost, -1
  std::int32_t parts = 0;  ///< one to eight; must be given

  DLPU_RULE(NeedsParts, "Split: the number of parts is missing or not from one to eight; give .parts", "");
  DLPU_RULE(AxisExists, "Split: the axis is outside the input's dimensions", "");
  DLPU_RULE(EqualParts, "Split: the dimension is not a multiple of the number of parts; use SplitV", "");
  using rules = type_list<NeedsParts, AxisExists, EqualParts>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    TensorType output = inputs[0];
    if (parts < 1 || parts > static_cast<std::int32_t>(max_outputs)) return NeedsParts::rule;
    if (!split::exists(axis, output.shape.rank)) return AxisExists::rule;
    std::int32_t& dim = output.shape[split::from_outermost(axis, output.shape.rank)];
    if (dim < parts || dim % parts != 0) return EqualParts::rule;
    dim /= parts;
    Inferred outputs;
    for (std::int32_t i = 0; i < parts; ++i) outputs.add(output);
    return outputs;
  }
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t part) const {
    const std::int32_t along = split::from_outermost(axis, input.rank), size = input[along] / parts;
    return split::part(input, along, part * size, size);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// Parts of given sizes along one axis.
struct SplitV {
  static constexpr std::string_view name = "SPLIT_V";
  static constexpr std::size_t max_outputs = Inferred::max_outputs;
  /// The outputs have the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::int32_t axis = -1;                         ///< negative: from the innermost, -1
  std::int32_t parts = 0;                         ///< one to eight; must be given
  std::array<std::int32_t, max_outputs> sizes{};  ///< of each part; one may be -1: what the others leave

  DLPU_RULE(NeedsParts, "SplitV: the number of parts is missing or not from one to eight; give .parts", "");
  DLPU_RULE(AxisExists, "SplitV: the axis is outside the input's dimensions", "");
  DLPU_RULE(SizesFit, "SplitV: every part must have at least one element, and all together the whole dimension", "");
  using rules = type_list<NeedsParts, AxisExists, SizesFit>;

  /// The size of one part of a dimension.
  [[nodiscard]] constexpr std::int64_t size(std::int32_t dim, std::int32_t part) const {
    const std::int32_t given = sizes[static_cast<std::size_t>(part)];
    if (given != -1) return given;
    std::int64_t rest = dim;
    for (std::int32_t i = 0; i < parts; ++i) rest -= i == part ? 0 : sizes[static_cast<std::size_t>(i)];
    return rest;
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    TensorType output = inputs[0];
    if (parts < 1 || parts > static_cast<std::int32_t>(max_outputs)) return NeedsParts::rule;
    if (!split::exists(axis, output.shape.rank)) return AxisExists::rule;
    const std::int32_t along = split::from_outermost(axis, output.shape.rank), dim = output.shape[along];
    std::int64_t total = 0;
    Inferred outputs;
    for (std::int32_t i = 0; i < parts; ++i) {
      const std::int64_t count = size(dim, i);
      if (count < 1 || count > dim) return SizesFit::rule;
      total += count;
      output.shape[along] = static_cast<std::int32_t>(count);
      outputs.add(output);
    }
    if (total != dim) return SizesFit::rule;
    return outputs;
  }
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t part) const {
    const std::int32_t along = split::from_outermost(axis, input.rank), dim = input[along];
    std::int64_t first = 0;
    for (std::int32_t i = 0; i < part; ++i) first += size(dim, i);
    return split::part(input, along, static_cast<std::int32_t>(first), static_cast<std::int32_t>(size(dim, part)));
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// One tensor for each element along an axis, without that axis.
struct Unpack {
  static constexpr std::string_view name = "UNPACK";
  static constexpr std::size_t max_outputs = Inferred::max_outputs;
  /// The outputs have the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::int32_t axis = 0;  ///< negative: from the innermost, -1

  DLPU_RULE(AxisExists, "Unpack: the axis is outside the input's dimensions", "");
  DLPU_RULE(FewParts, "Unpack: the dimension must have one to eight elements", "");
  using rules = type_list<AxisExists, FewParts>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (!split::exists(axis, input.rank)) return AxisExists::rule;
    const std::int32_t along = split::from_outermost(axis, input.rank);
    if (input[along] < 1 || input[along] > static_cast<std::int32_t>(max_outputs)) return FewParts::rule;
    TensorType output{{}, inputs[0].element};
    for (std::int32_t d = 0; d < input.rank; ++d) {
      if (d != along) output.shape.push_back(input[d]);
    }
    Inferred outputs;
    for (std::int32_t i = 0; i < input[along]; ++i) outputs.add(output);
    return outputs;
  }
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t part) const {
    return split::part(input, split::from_outermost(axis, input.rank), part, 1);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

template <class Storage>
using Split = StridedCopy<op::Split, Storage>;
template <class Storage>
using SplitV = StridedCopy<op::SplitV, Storage>;
template <class Storage>
using Unpack = StridedCopy<op::Unpack, Storage>;

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

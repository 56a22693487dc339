#pragma once

/// Transpose: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <string_view>

#include "dlpu/ops/strided_copy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// The dimensions in another order.
struct Transpose {
  static constexpr std::string_view name = "TRANSPOSE";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  /// For each dimension of the output the input's dimension that it is; must be given for every one.
  std::array<std::int32_t, Shape::max_rank> order{};

  DLPU_RULE(EachOnce, "Transpose: the order must name every dimension of the input once, counted from 0", "");
  using rules = type_list<EachOnce>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    Shape output;
    std::array<bool, Shape::max_rank> named{};
    for (std::int32_t d = 0; d < input.rank; ++d) {
      const std::int32_t from = order[static_cast<std::size_t>(d)];
      if (from < 0 || from >= input.rank || named[static_cast<std::size_t>(from)]) return EachOnce::rule;
      named[static_cast<std::size_t>(from)] = true;
      output.push_back(input[from]);
    }
    return TensorType{output, inputs[0].element};
  }
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t) const {
    const auto steps = reference::steps_of(input);
    reference::StridedWalk walk;
    for (std::int32_t d = 0; d < input.rank; ++d) {
      const std::int32_t from = order[static_cast<std::size_t>(d)];
      walk.push_back(input[from], steps[static_cast<std::size_t>(from)]);
    }
    return walk;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

template <class Storage>
using Transpose = StridedCopy<op::Transpose, Storage>;

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

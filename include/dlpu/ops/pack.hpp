#pragma once

/// Pack: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/concatenation.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// Up to sixteen tensors of one shape side by side along a new axis.
struct Pack {
  static constexpr std::string_view name = "PACK";
  static constexpr std::size_t max_inputs = 16;
  /// Inputs and output have one scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::int32_t axis = 0;  ///< of the output; negative: from the innermost, -1

  DLPU_RULE(NeedsInputs, "Pack: there must be one to sixteen inputs", "");
  DLPU_RULE(AxisExists, "Pack: the axis is outside the output's dimensions", "");
  DLPU_RULE(SameType, "Pack: the inputs must have one shape and one element type", "");
  DLPU_RULE(SixDimensions, "Pack: the output would have more than six dimensions", "");
  using rules = type_list<NeedsInputs, AxisExists, SameType, SixDimensions>;

  /// The axis counted from the outermost, in an output of inputs of `rank` dimensions.
  [[nodiscard]] constexpr std::int32_t axis_in(std::int32_t rank) const { return axis < 0 ? axis + rank + 1 : axis; }

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.empty() || inputs.size() > max_inputs) return NeedsInputs::rule;
    const Shape& input = inputs[0].shape;
    if (input.rank == Shape::max_rank) return SixDimensions::rule;
    const std::int32_t along = axis_in(input.rank);
    if (along < 0 || along > input.rank) return AxisExists::rule;
    for (const TensorType& other : inputs) {
      if (other != inputs[0]) return SameType::rule;
    }
    TensorType output{{}, inputs[0].element};
    for (std::int32_t d = 0; d <= input.rank; ++d) {
      if (d == along) output.shape.push_back(static_cast<std::int32_t>(inputs.size()));
      if (d < input.rank) output.shape.push_back(input[d]);
    }
    return output;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Pack of `count` inputs of one shape. `Storage` is any element type.
///
///     dlpu::kernels::Pack<std::uint8_t> pack{{.axis = 1}, {1, 10}, 2};
///     pack.run({{a, b}}, output);   // spans of the inputs
template <class Storage>
class Pack {
 public:
  constexpr Pack(const op::Pack& op, const Shape& input, std::size_t count) : count_(count) {
    DLPU_ASSERT(count > 0 && count <= op::Pack::max_inputs);
    const std::int32_t axis = op.axis_in(input.rank);
    for (std::int32_t d = 0; d < input.rank; ++d) (d < axis ? runs_ : run_) *= input[d];
  }

  /// Row-major tensors; the output must not overlap an input.
  constexpr void run(std::span<const std::span<const Storage>> inputs, std::span<Storage> output) const {
    const std::int64_t stride = run_ * static_cast<std::int64_t>(count_);
    DLPU_ASSERT(inputs.size() == count_ && output.size() >= static_cast<std::size_t>(runs_ * stride));
    for (std::size_t i = 0; i < count_; ++i) {
      DLPU_ASSERT(inputs[i].size() >= static_cast<std::size_t>(runs_ * run_));
      reference::concatenate({run_, static_cast<std::int64_t>(i) * run_}, runs_, stride, inputs[i].data(),
                             output.data());
    }
  }

 private:
  std::size_t count_;
  std::int64_t runs_ = 1, run_ = 1;  // pieces of each input, elements of a piece
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

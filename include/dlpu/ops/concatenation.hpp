#pragma once

/// Concatenation along any axis: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/reference/concatenation.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// Up to sixteen tensors side by side along one axis.
struct Concatenation {
  static constexpr std::string_view name = "CONCATENATION";
  using elements = stored_elements;
  static constexpr std::size_t max_inputs = 16;
  /// Inputs and output have one scale and zero point: LiteRT insists on it for int8. In uint8 files they may differ,
  /// then the kernel requantizes.
  static constexpr bool keeps_quantization = true;

  std::int32_t axis = -1;  ///< negative: from the innermost, -1

  DLPU_RULE(NeedsInputs, "Concatenation: there must be one to sixteen inputs", "");
  DLPU_RULE(AxisExists, "Concatenation: the axis is outside the inputs' dimensions", "");
  DLPU_RULE(SameElement, "Concatenation: the inputs must have one element type", "");
  DLPU_RULE(SameShape, "Concatenation: the inputs must have the same shape except along the axis", "");
  DLPU_RULE(Fits, "Concatenation: the output would have more than 2^31 - 1 elements along the axis", "");
  using rules = type_list<NeedsInputs, AxisExists, SameElement, SameShape, Fits>;

  /// The axis counted from the outermost.
  [[nodiscard]] constexpr std::int32_t axis_in(std::int32_t rank) const { return axis < 0 ? axis + rank : axis; }

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.empty() || inputs.size() > max_inputs) return NeedsInputs::rule;
    TensorType output = inputs[0];
    const std::int32_t along = axis_in(output.shape.rank);
    if (along < 0 || along >= output.shape.rank) return AxisExists::rule;
    for (const TensorType& input : inputs.subspan(1)) {
      if (input.element != output.element) return SameElement::rule;
      if (input.shape.rank != output.shape.rank) return SameShape::rule;
      for (std::int32_t i = 0; i < output.shape.rank; ++i) {
        if (i != along && input.shape[i] != output.shape[i]) return SameShape::rule;
        if (i != along) continue;
        if (input.shape[i] > std::numeric_limits<std::int32_t>::max() - output.shape[i]) return Fits::rule;
        output.shape[i] += input.shape[i];
      }
    }
    return output;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Concatenation of inputs of given shapes. `Storage` is float, int8 or uint8.
///
///     dlpu::kernels::Concatenation<std::uint8_t> join{{.axis = 3}, shapes, input_quantizations, output_quantization};
///     join.run({{a, b}}, output);   // spans of the inputs
template <class Storage>
class Concatenation {
 public:
  static constexpr bool quantized = !std::is_same_v<Storage, float>;
  using Parameters = std::conditional_t<quantized, Quantization, NoQuantization>;

  /// `parameters` holds those of each input, or nothing where all have the output's.
  constexpr Concatenation(const op::Concatenation& op, std::span<const Shape> inputs,
                          std::span<const Parameters> parameters = {}, Parameters output = {})
      : count_(inputs.size()), output_(output) {
    DLPU_ASSERT(count_ > 0 && count_ <= op::Concatenation::max_inputs);
    DLPU_ASSERT(parameters.empty() || parameters.size() == count_);
    const std::int32_t axis = op.axis_in(inputs[0].rank);
    for (std::int32_t i = 0; i < axis; ++i) runs_ *= inputs[0][i];
    for (std::size_t i = 0; i < count_; ++i) {
      std::int64_t run = 1;
      for (std::int32_t d = axis; d < inputs[i].rank; ++d) run *= inputs[i][d];
      parts_[i] = {run, output_stride_};
      output_stride_ += run;
      parameters_[i] = parameters.empty() ? output : parameters[i];
    }
  }

  /// Row-major tensors; the output must not overlap an input.
  constexpr void run(std::span<const std::span<const Storage>> inputs, std::span<Storage> output) const {
    DLPU_ASSERT(inputs.size() == count_ && output.size() >= static_cast<std::size_t>(runs_ * output_stride_));
    for (std::size_t i = 0; i < count_; ++i) {
      DLPU_ASSERT(inputs[i].size() >= static_cast<std::size_t>(runs_ * parts_[i].run));
      if constexpr (quantized) {
        if (parameters_[i] != output_) {
          reference::concatenate(parts_[i], runs_, output_stride_, inputs[i].data(), parameters_[i], output.data(),
                                 output_);
          continue;
        }
      }
      reference::concatenate(parts_[i], runs_, output_stride_, inputs[i].data(), output.data());
    }
  }

 private:
  std::size_t count_;
  std::int64_t runs_ = 1;           // pieces of each input
  std::int64_t output_stride_ = 0;  // elements from one piece of an input to its next
  Parameters output_;
  std::array<reference::ConcatenationPart, op::Concatenation::max_inputs> parts_{};
  std::array<Parameters, op::Concatenation::max_inputs> parameters_{};
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

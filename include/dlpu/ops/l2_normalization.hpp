#pragma once

/// L2Normalization along the innermost dimension: shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/l2_normalization.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// Each vector along the innermost dimension, divided by its length.
struct L2Normalization {
  static constexpr std::string_view name = "L2_NORMALIZATION";

  DLPU_RULE(OneInput, "L2Normalization: needs one input", "");
  DLPU_RULE(NeedsDimension, "L2Normalization: the input must have at least one dimension", "");
  using rules = type_list<OneInput, NeedsDimension>;

  /// The output's quantization, whatever the input's is: [-1, 1) in steps of 1/128.
  template <QuantizedStorage Storage>
  requires(sizeof(Storage) == 1) [[nodiscard]] static constexpr Quantization fixed_output() {
    return {1.0f / 128.0f, std::is_signed_v<Storage> ? 0 : 128};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 1) return OneInput::rule;
    if (inputs[0].shape.rank < 1) return NeedsDimension::rule;
    return inputs[0];
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// L2Normalization of one shape in int8 or uint8; the output is quantized as `op::L2Normalization::fixed_output` says.
/// No rounding policy takes part: this is one fixed-point algorithm.
///
///     dlpu::kernels::L2Normalization<std::int8_t> normalize{{1, 128}, input_q};
///     normalize.run(input, output);
template <class Element>
class L2Normalization {
 public:
  constexpr L2Normalization(const Shape& shape, Quantization input)
      : depth_(shape.channels()), rows_(depth_ == 0 ? 0 : shape.elements() / depth_), zero_point_(input.zero_point) {}

  /// Row-major; the spans may be the same.
  constexpr void run(std::span<const Element> input, std::span<Element> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(rows_ * depth_) && output.size() >= input.size());
    reference::l2_normalization(rows_, depth_, input.data(), zero_point_, output.data());
  }

 private:
  std::int64_t depth_, rows_;
  std::int32_t zero_point_;
};

/// L2Normalization in float32.
template <>
class L2Normalization<float> {
 public:
  constexpr explicit L2Normalization(const Shape& shape, Quantization = {})
      : depth_(shape.channels()), rows_(depth_ == 0 ? 0 : shape.elements() / depth_) {}

  void run(std::span<const float> input, std::span<float> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(rows_ * depth_) && output.size() >= input.size());
    reference::l2_normalization(rows_, depth_, input.data(), output.data());
  }

 private:
  std::int64_t depth_, rows_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Dequantize: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/dequantize.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// From stored numbers to float32. The shape stays.
struct Dequantize {
  static constexpr std::string_view name = "DEQUANTIZE";
  using elements = stored_elements;

  ElementType element = ElementType::float32;  ///< of the output

  DLPU_RULE(FloatOutput, "Dequantize: the output must be float32", "");
  DLPU_RULE(QuantizedInput,
            "Dequantize: the input must be int8, uint8, int16, or what the quantization policy stores", "");
  using rules = type_list<FloatOutput, QuantizedInput>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const ElementType from = inputs[0].element;
    if (element != ElementType::float32) return FloatOutput::rule;
    if (from != ElementType::activation && !is_quantized(from)) return QuantizedInput::rule;
    return TensorType{inputs[0].shape, element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Dequantize of any number of elements. `From` is int8, uint8 or int16.
template <QuantizedStorage From>
class Dequantize {
 public:
  constexpr explicit Dequantize(Quantization input) : input_(input) {}

  /// `output` has as many elements as `input`.
  constexpr void run(std::span<const From> input, std::span<float> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::dequantize(input, input_, output);
  }

 private:
  Quantization input_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

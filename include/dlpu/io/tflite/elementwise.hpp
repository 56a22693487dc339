#pragma once

/// ADD, RELU, RELU6, RELU_N1_TO_1, SOFTMAX, QUANTIZE and DEQUANTIZE of .tflite files.

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "dlpu/core/math.hpp"
#include "dlpu/io/tflite/float16.hpp"
#include "dlpu/io/tflite/operator_reader.hpp"
#include "dlpu/ops/add.hpp"
#include "dlpu/ops/dequantize.hpp"
#include "dlpu/ops/fixed_output.hpp"
#include "dlpu/ops/quantize.hpp"
#include "dlpu/ops/relu.hpp"
#include "dlpu/ops/softmax.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

inline void read_add(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_AddOptions);
  if (!reader.expect(2, 2)) return;
  const auto is_power_of_two = [](const FileTensor& tensor) {
    return math::is_power_of_two(tensor.quantization().scale);
  };
  reader.require(
      !reader.input(0).is(ElementType::int16) || !options.pot_scale_int16() ||
          !(is_power_of_two(reader.input(0)) && is_power_of_two(reader.input(1)) && is_power_of_two(reader.output())),
      "it adds int16 numbers in an older way for scales that are powers of two; convert the network anew");
  reader.emit(op::Add{reader.activation(options.fused_activation_function())},
              {reader.operand(0), reader.operand(1)});
}

template <Activation Function>
void read_relu(OperatorReader& reader) {
  if (!reader.expect(1, 1)) return;
  reader.emit(op::Relu{Function}, {reader.operand(0)});
}

namespace detail {

/// The output's quantization is not computed with where it is part of the operator: it must be that. LiteRT's tolerance
/// for Softmax.
template <class Op>
void require_fixed_output(
    OperatorReader& reader,
    std::string_view reason = "its output must have the scale and zero point that the operator fixes") {
  const FileTensor& output = reader.output();
  if (!output.per_tensor()) return;
  const std::optional<Quantization> fixed = fixed_output<Op>(*output.element());
  reader.require(fixed && std::abs(output.quantization().scale - fixed->scale) <= 0.001f * fixed->scale &&
                     output.quantization().zero_point == fixed->zero_point,
                 reason);
}

}  // namespace detail

inline void read_softmax(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_SoftmaxOptions);
  if (!reader.expect(1, 1)) return;
  const float beta = options.beta();
  reader.require(std::isfinite(beta) && beta >= 0.0f, "its beta must be a finite number that is not negative");
  detail::require_fixed_output<op::Softmax>(
      reader, "its output must have the scale 1/256 and the lowest number as zero point, in int16 1/32768 and 0");
  reader.emit(op::Softmax{beta}, {reader.operand(0)});
}

inline void read_quantize(OperatorReader& reader) {
  if (!reader.expect(1, 1)) return;
  const FileTensor& output = reader.output();
  if (!reader.require(output.per_tensor(), "its output must be int8, uint8 or int16 with one scale")) return;
  reader.emit(op::Quantize{*output.element()}, {reader.operand(0)});
}

namespace detail {

/// The float32 numbers that a constant stands for; it has a scale, or holds float16.
inline std::span<const float> dequantized(const FileTensor& tensor, Parameters& memory) {
  const std::span<float> values = memory.allocate<float>(static_cast<std::size_t>(tensor.shape.elements()));
  const Quantization quantization = tensor.quantization();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto number = [&](auto value) {
      std::memcpy(&value, tensor.data.data() + i * sizeof value, sizeof value);
      return value;
    };
    if (tensor.is(ElementType::float16)) {
      values[i] = float_from_half(number(std::uint16_t{}));
    } else {
      values[i] = visit_quantized(
          *tensor.element(), [&](auto zero) { return ::dlpu::detail::dequantize_value(number(zero), quantization); });
    }
  }
  return values;
}

}  // namespace detail

/// Of constants it happens here: weights in float16 or in 8 bits for a network in float32.
inline void read_dequantize(OperatorReader& reader) {
  if (!reader.expect(1, 1)) return;
  const FileTensor &input = reader.input(0), &output = reader.output();
  if (!input.constant || input.shape.elements() == 0) {
    reader.emit(op::Dequantize{}, {reader.operand(0)});
    return;
  }
  reader.require(input.is(ElementType::float16) || input.per_tensor(),
                 "its constant must be float16, or int8, uint8 or int16 with one scale");
  reader.require(output.is(ElementType::float32) && output.shape == input.shape,
                 "its output must be float32 in the shape of its input");
  if (!reader.failed()) reader.emit_constant(std::as_bytes(detail::dequantized(input, reader.parts().memory)));
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

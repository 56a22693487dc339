#pragma once

/// Add, Relu, Clamp, Softmax, L2Normalization, Quantize and Dequantize into .tflite files.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "dlpu/io/tflite/writer/data_movement.hpp"
#include "dlpu/ops/add.hpp"
#include "dlpu/ops/dequantize.hpp"
#include "dlpu/ops/fixed_output.hpp"
#include "dlpu/ops/l2_normalization.hpp"
#include "dlpu/ops/quantize.hpp"
#include "dlpu/ops/relu.hpp"
#include "dlpu/ops/softmax.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

inline void write_add(OperatorWriter& writer, const op::Add& op) {
  const std::int32_t first = writer.input(0), second = writer.input(1), output = writer.output();
  // Scales of 16-bit operands may be any, powers of two included; LiteRT's older way of adding these is another one.
  constexpr bool only_powers_of_two = false;
  const auto options = schema::CreateAddOptions(writer.builder(), static_cast<schema::FusedActivation>(op.activation),
                                                only_powers_of_two);
  writer.emit(schema::BuiltinOperator::ADD, writer.version(), {first, second}, output,
              schema::BuiltinOptions::AddOptions, options.Union());
}

inline void write_relu(OperatorWriter& writer, const op::Relu& op) {
  const std::int32_t input = writer.input(), output = writer.output();
  switch (op.activation) {
    case Activation::relu6:
      return writer.emit(schema::BuiltinOperator::RELU6, writer.version(), {input}, output);
    case Activation::relu_n1_to_1:
      return writer.emit(schema::BuiltinOperator::RELU_N1_TO_1, 1, {input}, output);
    case Activation::relu:
      return writer.emit(schema::BuiltinOperator::RELU, is_quantized(writer.input_element()) ? 2 : 1, {input},
                         output);
    case Activation::none:
      writer.fail("it is none of RELU, RELU6 and RELU_N1_TO_1");
  }
}

namespace detail {

/// Whether QUANTIZE and then a cut at stored bounds is the same as Clamp, for every number that can be stored. The two
/// round their multipliers differently, which rarely shows.
template <class Storage>
bool clamp_is_quantize_and_cut(const op::Clamp& op, Quantization input, Quantization output) {
  using Policy = BasicPerTensor<rounding::Reference, Storage>;
  std::array<Storage, 256> numbers{}, clamped{}, quantized{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<Storage>(std::numeric_limits<Storage>::min() + static_cast<std::int32_t>(i));
  }
  kernels::Clamp<Storage, Policy>(op, input, output).run(numbers, clamped);
  kernels::Quantize<Storage, Storage, Policy>(input, output).run(numbers, quantized);
  const Range<std::int32_t> range = quantized_range<Storage>(op.range(), output);
  for (Storage& number : quantized) number = static_cast<Storage>(range.clamp(number));
  return clamped == quantized;
}

/// One of the operators that together are a Clamp.
struct ClampStep {
  schema::BuiltinOperator code;
  std::string_view part;  ///< of the names of its constant, and of its result where another step follows
  float bound = 0.0f;
};

inline std::vector<ClampStep> clamp_steps(const OperatorWriter& writer, const op::Clamp& op) {
  std::vector<ClampStep> steps;
  if (is_quantized(writer.input_element()) && writer.input_quantization() != writer.output_quantization()) {
    steps.push_back({schema::BuiltinOperator::QUANTIZE, "quantized"});
  }
  if (std::isfinite(op.low)) steps.push_back({schema::BuiltinOperator::MAXIMUM, "low", op.low});
  if (std::isfinite(op.high)) steps.push_back({schema::BuiltinOperator::MINIMUM, "high", op.high});
  return steps;
}

}  // namespace detail

/// The format has no such operator: RELU, RELU6 or RELU_N1_TO_1 where the range is theirs, otherwise QUANTIZE (where the
/// output has another quantization), MAXIMUM and MINIMUM.
inline void write_clamp(OperatorWriter& writer, const op::Clamp& op) {
  for (const Activation activation : {Activation::relu, Activation::relu6, Activation::relu_n1_to_1}) {
    if (activation_range(activation) == op.range()) return write_relu(writer, {activation});
  }
  const Quantization from = writer.input_quantization(), to = writer.output_quantization();
  std::int32_t data = writer.input();
  const std::int32_t output = writer.output();
  if (writer.failed()) return;
  const ElementType element = writer.output_element();
  writer.require(
      (element != ElementType::int8 || detail::clamp_is_quantize_and_cut<std::int8_t>(op, from, to)) &&
          (element != ElementType::uint8 || detail::clamp_is_quantize_and_cut<std::uint8_t>(op, from, to)) &&
          (element != ElementType::int16 || from == to),
      "the format can only write it as QUANTIZE, MAXIMUM and MINIMUM, which with these scales round some "
      "numbers differently; give its input and output the same scale and zero point");
  const std::vector<detail::ClampStep> steps = detail::clamp_steps(writer, op);
  if (steps.empty()) detail::emit_reshape(writer);
  for (std::size_t i = 0; i < steps.size() && !writer.failed(); ++i) {
    const bool quantize = steps[i].code == schema::BuiltinOperator::QUANTIZE;
    std::vector<std::int32_t> inputs = {data};
    if (!quantize) inputs.push_back(writer.add_number(steps[i].part, steps[i].bound));
    data =
        i + 1 == steps.size() ? output : writer.add_intermediate(steps[i].part, writer.output_shape(), element, to);
    writer.emit(steps[i].code, quantize ? 1 : writer.version(), inputs, std::span(&data, 1));
  }
}

namespace detail {
/// Operators whose output has one quantization, whatever the input's is.
template <class Op>
void require_fixed_output(OperatorWriter& writer, std::string_view reason) {
  const ElementType element = writer.output_element();
  writer.require(!is_quantized(element) || fixed_output<Op>(element) == writer.output_quantization(), reason);
}
}  // namespace detail

inline void write_softmax(OperatorWriter& writer, const op::Softmax& op) {
  detail::require_fixed_output<op::Softmax>(
      writer, "its output must have the scale 1/256 and the lowest number as zero point, in int16 1/32768 and 0");
  const auto options = schema::CreateSoftmaxOptions(writer.builder(), op.beta);
  writer.emit(schema::BuiltinOperator::SOFTMAX, writer.version(), {writer.input()}, writer.output(),
              schema::BuiltinOptions::SoftmaxOptions, options.Union());
}

inline void write_l2_normalization(OperatorWriter& writer, const op::L2Normalization&) {
  detail::require_fixed_output<op::L2Normalization>(
      writer, "its output must have the scale 1/128 and the middle of its type as zero point");
  const auto options = schema::CreateL2NormOptions(writer.builder());
  writer.emit(schema::BuiltinOperator::L2_NORMALIZATION, writer.version(), {writer.input()}, writer.output(),
              schema::BuiltinOptions::L2NormOptions, options.Union());
}

/// A copy where nothing is quantized.
inline void write_quantize(OperatorWriter& writer, const op::Quantize&) {
  if (!is_quantized(writer.output_element())) return detail::emit_reshape(writer);
  const std::int32_t input = writer.input(), output = writer.output();
  writer.emit(schema::BuiltinOperator::QUANTIZE, 1, {input}, output);
}

/// A copy where nothing is quantized.
inline void write_dequantize(OperatorWriter& writer, const op::Dequantize&) {
  if (!is_quantized(writer.input_element())) return detail::emit_reshape(writer);
  const std::int32_t input = writer.input(), output = writer.output();
  writer.emit(schema::BuiltinOperator::DEQUANTIZE, writer.version(), {input}, output);
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Reshape, Concatenation and Pad into .tflite files.

#include <vector>

#include "dlpu/io/tflite/writer/operator_writer.hpp"
#include "dlpu/ops/concatenation.hpp"
#include "dlpu/ops/pad.hpp"
#include "dlpu/ops/reshape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

/// RESHAPE to the shape of the output, which for equal shapes is a copy.
inline void emit_reshape(OperatorWriter& writer) {
  const Shape& shape = writer.output_shape();
  const std::span<const std::int32_t> dims(shape.dims.data(), static_cast<std::size_t>(shape.rank));
  const std::int32_t input = writer.input(), output = writer.output();
  auto& builder = writer.builder();
  const auto options = schema::CreateReshapeOptions(builder, builder.CreateVector(dims.data(), dims.size()));
  std::vector<std::int32_t> inputs = {input};
  // A constant without elements would count as data that nobody gives, so a scalar's shape is in the options alone.
  if (shape.rank > 0) inputs.push_back(writer.add_integers("shape", {shape.rank}, dims));
  writer.emit(schema::BuiltinOperator::RESHAPE, 1, inputs, std::span(&output, 1),
              schema::BuiltinOptions::ReshapeOptions, options.Union());
}

}  // namespace detail

inline void write_reshape(OperatorWriter& writer, const op::Reshape&) {
  writer.require_same_quantization();
  detail::emit_reshape(writer);
}

inline void write_concatenation(OperatorWriter& writer, const op::Concatenation& op) {
  for (std::size_t i = 0; i < writer.inputs(); ++i) {
    writer.require(writer.input_element(i) == ElementType::uint8 || !is_quantized(writer.input_element(i)) ||
                       writer.input_quantization(i) == writer.output_quantization(),
                   "its int8 or int16 inputs and output must have the same scale and zero point");
  }
  const std::vector<std::int32_t> inputs = writer.all_inputs();
  const std::int32_t output = writer.output();
  const auto options = schema::CreateConcatenationOptions(writer.builder(), op.axis_in(writer.output_shape().rank));
  writer.emit(schema::BuiltinOperator::CONCATENATION, writer.version(), inputs, std::span(&output, 1),
              schema::BuiltinOptions::ConcatenationOptions, options.Union());
}

/// PAD for zeros, PADV2 for any other number.
inline void write_pad(OperatorWriter& writer, const op::Pad& op) {
  constexpr std::int32_t most_dimensions = 5;  // of LiteRT's kernel
  const std::int32_t rank = writer.input_shape().rank;
  writer.require(rank <= most_dimensions, "its input has more than 5 dimensions, which LiteRT does not pad");
  writer.require_same_quantization();
  const std::int32_t input = writer.input(), output = writer.output();
  if (writer.failed()) return;
  std::vector<std::int32_t> paddings;
  for (std::size_t i = 0; i < static_cast<std::size_t>(rank); ++i) {
    paddings.push_back(op.before[i]);
    paddings.push_back(op.after[i]);
  }
  const std::int32_t sides = writer.add_integers("paddings", {rank, 2}, paddings);
  const std::int32_t version = rank > 4 ? 4 : writer.version();
  if (op.value == 0.0f) {
    writer.emit(schema::BuiltinOperator::PAD, version, {input, sides}, output);
  } else {
    const std::int32_t value = writer.add_number("value", op.value);
    writer.emit(schema::BuiltinOperator::PADV2, version, {input, sides, value}, output);
  }
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// RESHAPE, SQUEEZE, EXPAND_DIMS, CONCATENATION, PAD and PADV2 of .tflite files.

#include <vector>

#include "dlpu/io/tflite/operator_reader.hpp"
#include "dlpu/ops/concatenation.hpp"
#include "dlpu/ops/pad.hpp"
#include "dlpu/ops/reshape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

inline Shape shape_from(OperatorReader& reader, std::span<const std::int32_t> dims) {
  Shape shape;
  for (const std::int32_t dim : dims) {
    if (!reader.require(shape.rank < Shape::max_rank, "its output has more than 6 dimensions")) break;
    shape.push_back(dim);
  }
  return shape;
}

}  // namespace detail

/// The new shape is the second input where there is one, otherwise an option.
inline void read_reshape(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_ReshapeOptions);
  if (!reader.expect(1, 2)) return;
  std::vector<std::int32_t> dims =
      reader.has_input(1) ? reader.integers(1, "its new shape") : values_of(options.new_shape());
  if (dims.size() == 1 && dims[0] == 0) dims.clear();  // how old files write a scalar
  reader.emit(op::Reshape{detail::shape_from(reader, dims)}, {reader.operand(0)});
}

/// Takes out the dimensions of size 1 that the options name, or all of them where they name none.
inline void read_squeeze(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_SqueezeOptions);
  if (!reader.expect(1, 1)) return;
  const std::vector<std::int32_t> named = values_of(options.squeeze_dims());
  const Shape& input = reader.input(0).shape;
  std::array<bool, Shape::max_rank> taken_out{};
  for (const std::int32_t axis : named) {
    const std::int32_t from_outermost = axis < 0 ? axis + input.rank : axis;
    if (!reader.require(from_outermost >= 0 && from_outermost < input.rank && input[from_outermost] == 1,
                        "it squeezes a dimension that is not there or not 1")) {
      return;
    }
    taken_out[static_cast<std::size_t>(from_outermost)] = true;
  }
  Shape shape;
  for (std::int32_t i = 0; i < input.rank; ++i) {
    if (named.empty() ? input[i] != 1 : !taken_out[static_cast<std::size_t>(i)]) shape.push_back(input[i]);
  }
  reader.emit(op::Reshape{shape}, {reader.operand(0)});
}

inline void read_expand_dims(OperatorReader& reader) {
  if (!reader.expect(2, 2)) return;
  const std::vector<std::int32_t> axes = reader.integers(1, "its axis");
  const Shape& input = reader.input(0).shape;
  if (!reader.require(
          axes.size() == 1 && axes[0] >= -input.rank - 1 && axes[0] <= input.rank && input.rank < Shape::max_rank,
          "its axis must be one number within its output's dimensions, at most 6")) {
    return;
  }
  const std::int32_t at = axes[0] < 0 ? axes[0] + input.rank + 1 : axes[0];
  Shape shape;
  for (std::int32_t i = 0; i <= input.rank; ++i) {
    if (i == at) shape.push_back(1);
    if (i < input.rank) shape.push_back(input[i]);
  }
  reader.emit(op::Reshape{shape}, {reader.operand(0)});
}

inline void read_concatenation(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_ConcatenationOptions);
  if (!reader.expect(1, op::Concatenation::max_inputs)) return;
  reader.require(options.fused_activation_function() == schema::FusedActivation::NONE,
                 "it has a fused activation, which LiteRT refuses too");
  std::vector<std::int32_t> operands;
  for (std::size_t i = 0; i < reader.inputs(); ++i) {
    operands.push_back(reader.operand(i));
    if (reader.failed()) return;
    reader.require(
        reader.input(i).is(ElementType::uint8) || reader.input(i).quantization() == reader.output().quantization(),
        "its int8 or int16 inputs must have the scale and zero point of its output");
  }
  reader.emit(op::Concatenation{options.axis()}, operands);
}

namespace detail {

/// The real number of PADV2's third operand.
inline float pad_value(OperatorReader& reader) {
  const FileTensor &value = reader.input(2), &output = reader.output();
  if (!reader.require(value.constant && value.shape.elements() == 1 && value.type == output.type,
                      "its value must be one number of its output's type that is known before running")) {
    return 0.0f;
  }
  if (value.is(ElementType::float32)) {
    float number = 0.0f;
    std::memcpy(&number, value.data.data(), sizeof(number));
    return number;
  }
  if (!reader.require(output.per_tensor() && value.per_tensor() && value.quantization() == output.quantization(),
                      "its value must have the scale and zero point of its output")) {
    return 0.0f;
  }
  return visit_quantized(*value.element(), [&](auto stored) {
    std::memcpy(&stored, value.data.data(), sizeof stored);
    return ::dlpu::detail::dequantize_value(stored, value.quantization());
  });
}

}  // namespace detail

/// PAD and PADV2: the second operand holds a pair (before, after) for each dimension.
inline void read_pad(OperatorReader& reader) {
  if (!reader.expect(2, 3)) return;
  const std::vector<std::int32_t> paddings = reader.integers(1, "its paddings");
  const Shape& input = reader.input(0).shape;
  if (!reader.require(paddings.size() == 2 * static_cast<std::size_t>(input.rank),
                      "its paddings must be a pair for each dimension")) {
    return;
  }
  op::Pad op;
  for (std::size_t i = 0; i < static_cast<std::size_t>(input.rank); ++i) {
    op.before[i] = paddings[2 * i];
    op.after[i] = paddings[2 * i + 1];
  }
  if (reader.has_input(2)) op.value = detail::pad_value(reader);
  reader.emit(op, {reader.operand(0)});
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

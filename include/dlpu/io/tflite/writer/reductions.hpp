#pragma once

/// Pools, reductions along axes, ArgMax and ArgMin into .tflite files.

#include <limits>

#include "dlpu/io/tflite/writer/windows.hpp"
#include "dlpu/ops/arg_min_max.hpp"
#include "dlpu/ops/mean.hpp"
#include "dlpu/ops/pool2d.hpp"
#include "dlpu/ops/reduce.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

template <class Op>
void emit_pool_2d(OperatorWriter& writer, schema::BuiltinOperator code, const Op& op, const FilePadding& padding) {
  writer.require_same_quantization();
  const std::int32_t output = writer.output();
  if (writer.failed()) return;
  const auto options =
      schema::CreatePool2DOptions(writer.builder(), padding.mode, op.stride.width, op.stride.height, op.kernel.width,
                                  op.kernel.height, static_cast<schema::FusedActivation>(op.activation));
  writer.emit(code, writer.version(), {padding.input}, output, schema::BuiltinOptions::Pool2DOptions,
              options.Union());
}

}  // namespace detail

/// Padding does not count in the mean, so a border of zeros is no way to write it.
inline void write_average_pool_2d(OperatorWriter& writer, const op::AveragePool2d& op) {
  const FilePadding padding = detail::named_padding(writer, op);
  writer.require(!padding.around_input, "its padding is neither SAME nor VALID, and the format has no other");
  detail::emit_pool_2d(writer, schema::BuiltinOperator::AVERAGE_POOL_2D, op, padding);
}

/// Where the padding is neither SAME nor VALID, a PADV2 operator puts the lowest number around the input.
inline void write_max_pool_2d(OperatorWriter& writer, const op::MaxPool2d& op) {
  FilePadding padding = detail::named_padding(writer, op);
  if (padding.around_input && !writer.failed()) {
    constexpr float never_a_maximum = std::numeric_limits<float>::lowest();
    const std::int32_t sides = detail::add_paddings(writer, op.padding);
    const std::int32_t lowest = writer.add_number("border", never_a_maximum);
    padding.input = detail::add_padded(writer, op.padding);
    writer.emit(schema::BuiltinOperator::PADV2, writer.version(), {writer.input(), sides, lowest}, padding.input);
  }
  detail::emit_pool_2d(writer, schema::BuiltinOperator::MAX_POOL_2D, op, padding);
}

namespace detail {
inline void emit_reduction(OperatorWriter& writer, schema::BuiltinOperator code, const Axes& axes, bool keeps) {
  const std::span<const std::int32_t> values(axes.values.data(), static_cast<std::size_t>(axes.count));
  const std::int32_t input = writer.input(), constant = writer.add_integers("axes", {axes.count}, values);
  const std::int32_t output = writer.output();
  const auto options = schema::CreateReducerOptions(writer.builder(), keeps);
  writer.emit(code, writer.version(), {input, constant}, output, schema::BuiltinOptions::ReducerOptions,
              options.Union());
}
}  // namespace detail

inline void write_mean(OperatorWriter& writer, const op::Mean& op) {
  detail::emit_reduction(writer, schema::BuiltinOperator::MEAN, op.axes, op.keep_dimensions != 0);
}
/// In int8 the file is right and LiteRT's reference kernel is not: it takes the stored numbers for uint8.
inline void write_sum(OperatorWriter& writer, const op::Sum& op) {
  detail::emit_reduction(writer, schema::BuiltinOperator::SUM, op.axes, op.keep_dimensions != 0);
}
inline void write_reduce_max(OperatorWriter& writer, const op::ReduceMax& op) {
  writer.require_same_quantization();
  detail::emit_reduction(writer, schema::BuiltinOperator::REDUCE_MAX, op.axes, op.keep_dimensions != 0);
}
inline void write_reduce_min(OperatorWriter& writer, const op::ReduceMin& op) {
  writer.require_same_quantization();
  detail::emit_reduction(writer, schema::BuiltinOperator::REDUCE_MIN, op.axes, op.keep_dimensions != 0);
}

namespace detail {
inline void emit_arg(OperatorWriter& writer, schema::BuiltinOperator code, std::int32_t axis,
                     schema::BuiltinOptions options_type, OperatorWriter::Options options) {
  const std::int32_t version = writer.input_element() == ElementType::boolean ? 3 : writer.version();
  const std::int32_t input = writer.input(), constant = writer.add_integers("axis", {}, {&axis, 1});
  writer.emit(code, version, {input, constant}, writer.output(), options_type, options);
}
}  // namespace detail

inline void write_arg_max(OperatorWriter& writer, const op::ArgMax& op) {
  const auto options = schema::CreateArgMaxOptions(writer.builder(), file_type(op.element));
  detail::emit_arg(writer, schema::BuiltinOperator::ARG_MAX, op.axis, schema::BuiltinOptions::ArgMaxOptions,
                   options.Union());
}
inline void write_arg_min(OperatorWriter& writer, const op::ArgMin& op) {
  const auto options = schema::CreateArgMinOptions(writer.builder(), file_type(op.element));
  detail::emit_arg(writer, schema::BuiltinOperator::ARG_MIN, op.axis, schema::BuiltinOptions::ArgMinOptions,
                   options.Union());
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

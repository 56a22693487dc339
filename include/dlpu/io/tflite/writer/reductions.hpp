#pragma once

/// AveragePool2D, MaxPool2D and Mean into .tflite files.

#include <limits>

#include "dlpu/io/tflite/writer/windows.hpp"
#include "dlpu/ops/mean.hpp"
#include "dlpu/ops/pool2d.hpp"

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

inline void write_mean(OperatorWriter& writer, const op::Mean& op) {
  const std::span<const std::int32_t> axes(op.axes.values.data(), static_cast<std::size_t>(op.axes.count));
  const std::int32_t input = writer.input(), constant = writer.add_integers("axes", {op.axes.count}, axes);
  const std::int32_t output = writer.output();
  const auto options = schema::CreateReducerOptions(writer.builder(), op.keep_dimensions != 0);
  writer.emit(schema::BuiltinOperator::MEAN, writer.version(), {input, constant}, output,
              schema::BuiltinOptions::ReducerOptions, options.Union());
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

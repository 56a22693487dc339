#pragma once

/// Padding of windows in .tflite files, which know SAME and VALID only.

#include <array>

#include "dlpu/io/tflite/writer/operator_writer.hpp"
#include "dlpu/kernels/window.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

/// SAME or VALID, and the operand that it is for.
struct FilePadding {
  schema::PaddingMode mode = schema::PaddingMode::VALID;
  std::int32_t input = -1;
  bool around_input = false;  ///< neither fits: the input needs a border of its own first
};

namespace detail {

/// SAME or VALID where the window of `op` takes the same places with it.
template <class Op>
[[nodiscard]] FilePadding named_padding(OperatorWriter& writer, Op op) {
  const auto places = [&](const Padding& padding) {
    op.padding = padding;
    const WindowGeometry g = op.geometry(writer.input_shape());
    return std::array{g.output_height, g.output_width, g.pad_top, g.pad_left};
  };
  const auto wanted = places(op.padding);
  if (wanted == places(Padding::valid)) return {schema::PaddingMode::VALID, writer.input(), false};
  if (wanted == places(Padding::same)) return {schema::PaddingMode::SAME, writer.input(), false};
  return {schema::PaddingMode::VALID, -1, true};
}

/// The sides of a window's padding as a constant [4, 2], rows (before, after).
inline std::int32_t add_paddings(OperatorWriter& writer, const Padding& padding) {
  writer.require(padding.top >= 0 && padding.bottom >= 0 && padding.left >= 0 && padding.right >= 0,
                 "its padding must not be negative");
  const std::array<std::int32_t, 8> sides = {0, 0, padding.top, padding.bottom, padding.left, padding.right, 0, 0};
  return writer.add_integers("paddings", {4, 2}, sides);
}
/// The input with its border, computed before the window slides.
inline std::int32_t add_padded(OperatorWriter& writer, const Padding& padding) {
  const Shape& input = writer.input_shape();
  const Shape shape = {input[0], padding.top + input[1] + padding.bottom, padding.left + input[2] + padding.right,
                       input[3]};
  return writer.add_intermediate("padded", shape, writer.input_element(), writer.input_quantization());
}

}  // namespace detail

/// How a convolution's padding is written. Where neither SAME nor VALID means the same, a PAD operator puts zeros around
/// the input.
template <class Op>
[[nodiscard]] FilePadding convolution_padding(OperatorWriter& writer, const Op& op) {
  FilePadding padding = detail::named_padding(writer, op);
  if (!padding.around_input || writer.failed()) return padding;
  const std::int32_t sides = detail::add_paddings(writer, op.padding);
  if (writer.failed()) return padding;
  padding.input = detail::add_padded(writer, op.padding);
  writer.emit(schema::BuiltinOperator::PAD, writer.version(), {writer.input(), sides}, padding.input);
  return padding;
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

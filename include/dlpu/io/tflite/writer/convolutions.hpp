#pragma once

/// Conv2D, DepthwiseConv2D, TransposeConv, FullyConnected and BatchMatMul into .tflite files.

#include <cmath>

#include "dlpu/io/tflite/writer/windows.hpp"
#include "dlpu/ops/batch_matmul.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "dlpu/ops/fully_connected.hpp"
#include "dlpu/ops/transpose_conv.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

inline void check_data(OperatorWriter& writer, std::size_t i, std::string_view what) {
  const std::size_t bytes = writer.input_data(i).data.size();
  const std::size_t needed =
      static_cast<std::size_t>(writer.input_shape(i).elements()) * element_bytes(writer.input_element(i));
  if (bytes == needed) return;
  writer.fail("its " + std::string(what) + " has " + std::to_string(bytes) + " bytes of data, but its shape " +
              to_string(writer.input_shape(i)) + " of " + std::string(to_string(writer.input_element(i))) +
              " needs " + std::to_string(needed) + (bytes == 0 ? "; give the network's weights" : ""));
}

/// Filters have one scale or one per output channel, and a zero point in uint8 only.
inline void check_scales(OperatorWriter& writer, std::int32_t channel_axis) {
  const TensorData& filter = writer.input_data(1);
  const ElementType element = writer.input_element(1);
  const auto channels = static_cast<std::size_t>(writer.input_shape(1)[channel_axis]);
  if (filter.scales.size() != 1 && filter.scales.size() != channels) {
    writer.fail("its filter has " + std::to_string(filter.scales.size()) + " scales; it needs one, or " +
                std::to_string(channels) + ", one per output channel");
  }
  writer.require(
      filter.scales.size() == 1 || element == ElementType::int8,
      "its uint8 filter has a scale per channel, which the format does not have; store int8 or use one scale");
  for (const float scale : filter.scales) {
    writer.require(scale > 0.0f && std::isfinite(scale), "its filter's scales must be positive and finite");
  }
  const std::int32_t zero_point = filter.quantization.zero_point;
  writer.require(element == ElementType::int8 ? zero_point == 0 : zero_point >= 0 && zero_point <= 255,
                 "its filter's zero point must be 0 in int8, and from 0 to 255 in uint8");
}

/// The filter as a constant. Scales per channel lie along `channel_axis`.
inline std::int32_t add_filter(OperatorWriter& writer, std::int32_t channel_axis) {
  check_data(writer, 1, "filter");
  const bool quantized = is_quantized(writer.input_element(1));
  if (quantized) check_scales(writer, channel_axis);
  if (writer.failed()) return -1;
  const TensorData& filter = writer.input_data(1);
  return writer.add("weight", {{},
                               writer.input_shape(1),
                               writer.input_element(1),
                               quantized ? filter.scales : std::span<const float>{},
                               quantized ? filter.quantization.zero_point : 0,
                               filter.scales.size() > 1 ? channel_axis : 0,
                               filter.data});
}

/// The bias as a constant at the scale that it is added at, input scale * filter scale.
inline std::int32_t add_bias(OperatorWriter& writer) {
  const ElementType element = sum_element(writer.input_element(0));
  check_data(writer, 2, "bias");
  if (writer.failed()) return -1;
  std::vector<float> scales;
  if (element != ElementType::float32) {
    for (const float scale : writer.input_data(1).scales) {
      scales.push_back(writer.input_quantization(0).scale * scale);
    }
  }
  return writer.add("bias", {{}, writer.input_shape(2), element, scales, 0, 0, writer.input_data(2).data});
}

/// Whether the filter is int8 for float32 images, which LiteRT quantizes when they arrive.
inline bool is_hybrid(const OperatorWriter& writer) {
  return writer.input_element(0) == ElementType::float32 && writer.input_element(1) == ElementType::int8;
}

/// Filter and bias behind an operand that is already in the file.
inline std::array<std::int32_t, 3> weighted_operands(OperatorWriter& writer, std::int32_t data,
                                                     std::int32_t channel_axis) {
  writer.require(writer.inputs() == 3, "it has no filter and bias");
  if (writer.failed()) return {};
  writer.require(filter_element(writer.input_element(0)) == writer.input_element(1) || is_hybrid(writer),
                 "its filter must have the element type of its input, or int8 where that is int16");
  const std::int32_t filter = add_filter(writer, channel_axis);
  return {data, filter, writer.failed() ? -1 : add_bias(writer)};
}

inline schema::FusedActivation fused(Activation activation) {
  return static_cast<schema::FusedActivation>(activation);
}

}  // namespace detail

inline void write_conv_2d(OperatorWriter& writer, const op::Conv2d& op) {
  const FilePadding padding = convolution_padding(writer, op);
  const auto operands = detail::weighted_operands(writer, padding.input, op::Conv2d::filter_channel_axis);
  if (writer.failed()) return;
  const bool hybrid = detail::is_hybrid(writer);
  writer.require(!hybrid || writer.input_data(1).scales.size() == 1,
                 "its int8 filter has a scale per channel, but its input is float32");
  const auto options =
      schema::CreateConv2DOptions(writer.builder(), padding.mode, op.stride.width, op.stride.height,
                                  detail::fused(op.activation), op.dilation.width, op.dilation.height);
  const std::int32_t version = hybrid ? 2 : writer.is_signed() ? 3 : 1;
  writer.emit(schema::BuiltinOperator::CONV_2D, version, operands, writer.all_outputs(),
              schema::BuiltinOptions::Conv2DOptions, options.Union());
}

inline void write_depthwise_conv_2d(OperatorWriter& writer, const op::DepthwiseConv2d& op) {
  const FilePadding padding = convolution_padding(writer, op);
  const auto operands = detail::weighted_operands(writer, padding.input, op::DepthwiseConv2d::filter_channel_axis);
  if (writer.failed()) return;
  writer.require(!detail::is_hybrid(writer), "its filter is int8, but its input is float32");
  const auto options = schema::CreateDepthwiseConv2DOptions(
      writer.builder(), padding.mode, op.stride.width, op.stride.height, op.multiplier, detail::fused(op.activation),
      op.dilation.width, op.dilation.height);
  const std::int32_t version = writer.is_signed() ? 3 : op.dilation == Size2D(1) ? 1 : 2;
  writer.emit(schema::BuiltinOperator::DEPTHWISE_CONV_2D, version, operands, writer.all_outputs(),
              schema::BuiltinOptions::DepthwiseConv2DOptions, options.Union());
}

inline void write_fully_connected(OperatorWriter& writer, const op::FullyConnected& op) {
  const auto operands = detail::weighted_operands(writer, writer.input(), op::FullyConnected::filter_channel_axis);
  if (writer.failed()) return;
  writer.require(!detail::is_hybrid(writer), "its filter is int8, but its input is float32");
  const bool keeps = op.keep_dimensions != 0;
  const auto options = schema::CreateFullyConnectedOptions(writer.builder(), detail::fused(op.activation),
                                                           schema::WeightsFormat::DEFAULT, keeps);
  const std::int32_t version = keeps ? 5 : writer.is_signed() ? 4 : 1;
  writer.emit(schema::BuiltinOperator::FULLY_CONNECTED, version, operands, writer.all_outputs(),
              schema::BuiltinOptions::FullyConnectedOptions, options.Union());
}

/// In the file the output's shape is the first operand, and the filter stands before the data.
inline void write_transpose_conv(OperatorWriter& writer, const op::TransposeConv& op) {
  const auto operands = detail::weighted_operands(writer, writer.input(), op::TransposeConv::filter_channel_axis);
  if (writer.failed()) return;
  writer.require(!detail::is_hybrid(writer), "its filter is int8, but its input is float32");
  const Shape& shape = writer.output_shape();
  const std::int32_t output_shape = writer.add_integers("output_shape", {4}, std::span(shape.dims).first(4));
  const auto mode = op.padding.kind == Padding::Kind::valid ? schema::PaddingMode::VALID : schema::PaddingMode::SAME;
  const auto options = schema::CreateTransposeConvOptions(writer.builder(), mode, op.stride.width, op.stride.height,
                                                          detail::fused(op.activation));
  const std::array inputs = {output_shape, operands[1], operands[0], operands[2]};
  writer.emit(schema::BuiltinOperator::TRANSPOSE_CONV, op.activation == Activation::none ? 3 : 4, inputs,
              writer.all_outputs(), schema::BuiltinOptions::TransposeConvOptions, options.Union());
}

inline void write_batch_matmul(OperatorWriter& writer, const op::BatchMatMul& op) {
  writer.require(writer.input_element() != ElementType::uint8,
                 "LiteRT does not have this operator in uint8; store int8");
  const auto options =
      schema::CreateBatchMatMulOptions(writer.builder(), op.transpose_first != 0, op.transpose_second != 0);
  writer.emit(schema::BuiltinOperator::BATCH_MATMUL, writer.version(), writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::BatchMatMulOptions, options.Union());
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

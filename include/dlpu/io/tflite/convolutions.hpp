#pragma once

/// CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED of .tflite files.

#include <cmath>

#include "dlpu/io/tflite/operator_reader.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "dlpu/ops/fully_connected.hpp"
#include "dlpu/ops/transpose_conv.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

/// The operands of a weighted operator in the graph; -1 once something is wrong.
struct WeightedOperands {
  std::int32_t data = -1, filter = -1, bias = -1;
};

/// Which inputs of the file's operator these are.
struct WeightedInputs {
  std::size_t data = 0, filter = 1, bias = 2;
};

/// Weights in int8 for float32 images, which LiteRT quantizes when they arrive.
inline bool is_hybrid(const FileTensor& input, const FileTensor& filter) {
  return input.is(ElementType::float32) && filter.is(ElementType::int8);
}

inline void check_filter(OperatorReader& reader, WeightedInputs in, std::int32_t channel_axis) {
  const FileTensor &input = reader.input(in.data), &filter = reader.input(in.filter);
  reader.require(filter.constant && filter.shape.elements() > 0, "its filter must be known before running");
  if (!input.element() || filter.element() != filter_element(*input.element())) {
    if (!is_hybrid(input, filter)) {
      reader.fail("its filter is " + filter.type_name() + " and its input " + input.type_name() +
                  "; they must have the same type, or int8 and int16");
    }
  }
  if (filter.is(ElementType::float32)) return;
  reader.require(!filter.scales.empty(), "its filter has no scale");
  if (filter.scales.size() > 1) {
    reader.require(filter.is(ElementType::int8), "its uint8 filter has a scale per channel; only int8 filters may");
    reader.require(filter.axis == channel_axis, "its filter's scales do not lie along the output channels");
  }
  if (filter.is(ElementType::int8)) {
    for (const std::int64_t zero_point : filter.zero_points) {
      reader.require(zero_point == 0, "its int8 filter has a zero point other than 0");
    }
  }
}

inline void check_bias(OperatorReader& reader, WeightedInputs in, std::int32_t channels) {
  const FileTensor &input = reader.input(in.data), &filter = reader.input(in.filter), &bias = reader.input(in.bias);
  const ElementType expected = sum_element(*input.element());
  reader.require(bias.constant, "its bias must be known before running");
  if (!bias.is(expected)) {
    reader.fail("its bias is " + bias.type_name() + ", but must be " + std::string(to_string(expected)));
  }
  // Some writers give the bias the shape of the output.
  reader.require(bias.shape.elements() == channels && bias.shape.channels() == channels,
                 "its bias does not have one element per output channel");
  if (reader.failed() || input.scales.size() != 1 || filter.scales.size() != 1 || bias.scales.size() != 1) return;
  // The kernels add the bias at input scale * filter scale; LiteRT allows an error of 0.02 steps of the output.
  const double product = static_cast<double>(input.scales[0] * filter.scales[0]);
  const double output_scale = static_cast<double>(reader.output().quantization().scale);
  reader.require(std::abs(product - static_cast<double>(bias.scales[0])) / output_scale <= 0.02,
                 "its bias has another scale than the product of its input's and its filter's");
}

/// A tensor for a bias that the file leaves out: zeros.
inline TensorData zero_bias(ModelParts& parts, std::int32_t channels, ElementType element) {
  const std::size_t bytes = static_cast<std::size_t>(channels) * element_bytes(element);
  return {{}, {}, parts.memory.allocate<std::byte>(bytes)};
}

/// Checks filter and bias and puts them into the graph. `channel_axis` is that of the filter's output channels.
inline WeightedOperands weighted_operands(OperatorReader& reader, const Shape& filter_shape,
                                          std::int32_t channel_axis, WeightedInputs in) {
  const std::int32_t data = reader.operand(in.data);
  if (reader.failed()) return {};
  const FileTensor& filter = reader.input(in.filter);
  if (filter.shape != filter_shape) {
    reader.fail("its filter has the shape " + to_string(filter.shape) + ", but this input needs " +
                to_string(filter_shape));
  }
  check_filter(reader, in, channel_axis);
  const std::int32_t channels = reader.failed() ? 0 : filter_shape[channel_axis];
  if (reader.has_input(in.bias)) check_bias(reader, in, channels);
  if (reader.failed()) return {};
  ModelParts& parts = reader.parts();
  const bool quantized = !filter.is(ElementType::float32);
  const std::span<const float> scales = parts.memory.keep(std::span<const float>(filter.scales));
  const std::int32_t zero_point = quantized ? static_cast<std::int32_t>(filter.zero_points[0]) : 0;
  const std::int32_t filter_tensor =
      reader.add_tensor({reader.name(), {filter.shape, *filter.element()}, TensorRole::filter},
                        {{1.0f, zero_point}, scales, parts.aligned(filter.data)}, reader.input_number(in.filter));
  const ElementType bias_type = sum_element(*reader.input(in.data).element());
  const bool has_bias = reader.has_input(in.bias);
  const std::int32_t bias_tensor =
      reader.add_tensor({reader.name(), {{channels}, bias_type}, TensorRole::bias},
                        has_bias ? TensorData{{}, {}, parts.aligned(reader.input(in.bias).data)}
                                 : zero_bias(parts, channels, bias_type),
                        has_bias ? reader.input_number(in.bias) : -1);
  return {data, filter_tensor, bias_tensor};
}

template <class Op>
void emit_weighted(OperatorReader& reader, const Op& op, WeightedInputs in = {}) {
  const Shape filter_shape = reader.failed() ? Shape{} : op.filter_shape(reader.input(in.data).shape);
  const WeightedOperands operands = weighted_operands(reader, filter_shape, Op::filter_channel_axis, in);
  reader.emit(op, {operands.data, operands.filter, operands.bias});
}

}  // namespace detail

inline void read_conv_2d(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_Conv2DOptions);
  if (!reader.expect(2, 3)) return;
  const Shape &input = reader.input(0).shape, &filter = reader.input(1).shape;
  if (!reader.require_image(0) || !reader.require(filter.rank == 4, "its filter must have four dimensions")) return;
  if (!reader.require(filter[3] > 0 && (filter[3] == input[3] || input[3] % filter[3] != 0),
                      "it is a grouped convolution; split its input")) {
    return;
  }
  reader.require(!detail::is_hybrid(reader.input(0), reader.input(1)) || reader.input(1).scales.size() == 1,
                 "its int8 filter has a scale per channel, but its input is float32; quantize the whole network");
  const op::Conv2d op{
      .filters = filter[0],
      .kernel = reader.size(filter[1], filter[2], "its kernel"),
      .stride = reader.size(options.stride_h(), options.stride_w(), "its stride"),
      .dilation = reader.size(options.dilation_h_factor(), options.dilation_w_factor(), "its dilation"),
      .padding = reader.padding(options.padding()),
      .activation = reader.activation(options.fused_activation_function()),
  };
  detail::emit_weighted(reader, op);
}

inline void read_depthwise_conv_2d(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_DepthwiseConv2DOptions);
  if (!reader.expect(2, 3)) return;
  const Shape &input = reader.input(0).shape, &filter = reader.input(1).shape;
  if (!reader.require_image(0) || !reader.require(filter.rank == 4, "its filter must have four dimensions")) return;
  if (!reader.require(input[3] > 0 && filter[3] > 0 && filter[3] % input[3] == 0,
                      "its filter's channels are no multiple of its input's")) {
    return;
  }
  reader.require(!detail::is_hybrid(reader.input(0), reader.input(1)),
                 "its filter is int8, but its input is float32; quantize the whole network");
  const op::DepthwiseConv2d op{
      .multiplier = filter[3] / input[3],
      .kernel = reader.size(filter[1], filter[2], "its kernel"),
      .stride = reader.size(options.stride_h(), options.stride_w(), "its stride"),
      .dilation = reader.size(options.dilation_h_factor(), options.dilation_w_factor(), "its dilation"),
      .padding = reader.padding(options.padding()),
      .activation = reader.activation(options.fused_activation_function()),
  };
  detail::emit_weighted(reader, op);
}

/// The output's shape is the first input, the filter the second, the data the third.
inline void read_transpose_conv(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_TransposeConvOptions);
  if (!reader.expect(3, 4)) return;
  const Shape& filter = reader.input(1).shape;
  const std::vector<std::int32_t> output = reader.integers(0, "its output's shape");
  if (!reader.require_image(2) || !reader.require(filter.rank == 4, "its filter must have four dimensions") ||
      !reader.require(output.size() == 4, "its output's shape must have four dimensions")) {
    return;
  }
  reader.require(!detail::is_hybrid(reader.input(2), reader.input(1)),
                 "its filter is int8, but its input is float32; quantize the whole network");
  const op::TransposeConv op{
      .filters = filter[0],
      .kernel = reader.size(filter[1], filter[2], "its kernel"),
      .stride = reader.size(options.stride_h(), options.stride_w(), "its stride"),
      .padding = reader.padding(options.padding()),
      .activation = reader.activation(options.fused_activation_function()),
      .output = reader.size(output[1], output[2], "its output's size"),
  };
  detail::emit_weighted(reader, op, {.data = 2, .filter = 1, .bias = 3});
}

inline void read_fully_connected(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_FullyConnectedOptions);
  if (!reader.expect(2, 3)) return;
  const Shape& filter = reader.input(1).shape;
  reader.require(options.weights_format() == schema::WeightsFormat::DEFAULT, "its weights are shuffled");
  if (!reader.require(filter.rank == 2 && filter[0] > 0 && filter[1] > 0, "its filter must have two dimensions"))
    return;
  reader.require(!detail::is_hybrid(reader.input(0), reader.input(1)),
                 "its filter is int8, but its input is float32; quantize the whole network");
  // Rows are as long as the filter's, whatever the input's shape is.
  detail::emit_weighted(reader, op::FullyConnected{
                                    .units = filter[0],
                                    .activation = reader.activation(options.fused_activation_function()),
                                    .keep_dimensions = options.keep_num_dims() ? 1 : 0,
                                    .inputs = filter[1],
                                });
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Which operators of .tflite files dlpu reads, and with which function. A new one is a function in a file beside this
/// one and a line here.

#include <string>

#include "dlpu/io/tflite/convolutions.hpp"
#include "dlpu/io/tflite/data_movement.hpp"
#include "dlpu/io/tflite/elementwise.hpp"
#include "dlpu/io/tflite/reductions.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

struct OperatorEntry {
  schema::BuiltinOperator code;
  void (*read)(OperatorReader&);
};

inline constexpr OperatorEntry operator_table[] = {
    {schema::BuiltinOperator::ADD, &read_add},
    {schema::BuiltinOperator::AVERAGE_POOL_2D, &read_pool_2d<op::AveragePool2d>},
    {schema::BuiltinOperator::CONCATENATION, &read_concatenation},
    {schema::BuiltinOperator::CONV_2D, &read_conv_2d},
    {schema::BuiltinOperator::DEPTHWISE_CONV_2D, &read_depthwise_conv_2d},
    {schema::BuiltinOperator::DEQUANTIZE, &read_dequantize},
    {schema::BuiltinOperator::EXPAND_DIMS, &read_expand_dims},
    {schema::BuiltinOperator::FULLY_CONNECTED, &read_fully_connected},
    {schema::BuiltinOperator::MAX_POOL_2D, &read_pool_2d<op::MaxPool2d>},
    {schema::BuiltinOperator::MEAN, &read_mean},
    {schema::BuiltinOperator::PAD, &read_pad},
    {schema::BuiltinOperator::PADV2, &read_pad},
    {schema::BuiltinOperator::QUANTIZE, &read_quantize},
    {schema::BuiltinOperator::RELU, &read_relu<Activation::relu>},
    {schema::BuiltinOperator::RELU6, &read_relu<Activation::relu6>},
    {schema::BuiltinOperator::RELU_N1_TO_1, &read_relu<Activation::relu_n1_to_1>},
    {schema::BuiltinOperator::RESHAPE, &read_reshape},
    {schema::BuiltinOperator::SOFTMAX, &read_softmax},
    {schema::BuiltinOperator::SQUEEZE, &read_squeeze},
};

/// The function for an operator; null where dlpu does not have it.
[[nodiscard]] constexpr auto find_operator(schema::BuiltinOperator code) -> void (*)(OperatorReader&) {
  for (const OperatorEntry& entry : operator_table) {
    if (entry.code == code) return entry.read;
  }
  return nullptr;
}

/// "CONV_2D"; for custom operators "CUSTOM" and their own name.
[[nodiscard]] inline std::string operator_name(schema::BuiltinOperator code, std::string_view custom_name) {
  if (code == schema::BuiltinOperator::CUSTOM) return "CUSTOM " + quoted(custom_name);
  const char* name = schema::EnumNameBuiltinOperator(code);
  return *name ? name : "operator code " + std::to_string(static_cast<std::int32_t>(code));
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Which operators of .tflite files dlpu reads, and with which function. A new one is a function in a file beside this
/// one and a line here.

#include <string>

#include "dlpu/io/tflite/convolutions.hpp"
#include "dlpu/io/tflite/data_movement.hpp"
#include "dlpu/io/tflite/detection.hpp"
#include "dlpu/io/tflite/elementwise.hpp"
#include "dlpu/io/tflite/functions.hpp"
#include "dlpu/io/tflite/movement.hpp"
#include "dlpu/io/tflite/reductions.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

struct OperatorEntry {
  schema::BuiltinOperator code;
  void (*read)(OperatorReader&);
};

inline constexpr OperatorEntry operator_table[] = {
    {schema::BuiltinOperator::ABS, &read_plain<op::Abs>},
    {schema::BuiltinOperator::ADD, &read_add},
    {schema::BuiltinOperator::ARG_MAX, &read_arg_extreme<op::ArgMax>},
    {schema::BuiltinOperator::ARG_MIN, &read_arg_extreme<op::ArgMin>},
    {schema::BuiltinOperator::AVERAGE_POOL_2D, &read_pool_2d<op::AveragePool2d>},
    {schema::BuiltinOperator::BATCH_MATMUL, &read_batch_matmul},
    {schema::BuiltinOperator::BATCH_TO_SPACE_ND, &read_space_batch<op::BatchToSpaceNd>},
    {schema::BuiltinOperator::CAST, &read_cast},
    {schema::BuiltinOperator::CONCATENATION, &read_concatenation},
    {schema::BuiltinOperator::CONV_2D, &read_conv_2d},
    {schema::BuiltinOperator::DEPTHWISE_CONV_2D, &read_depthwise_conv_2d},
    {schema::BuiltinOperator::DEPTH_TO_SPACE, &read_depth_to_space},
    {schema::BuiltinOperator::DEQUANTIZE, &read_dequantize},
    {schema::BuiltinOperator::DIV, &read_arithmetic<op::Div, &schema::Operator::builtin_options_as_DivOptions>},
    {schema::BuiltinOperator::ELU, &read_plain<op::Elu>},
    {schema::BuiltinOperator::EQUAL, &read_plain<op::Equal>},
    {schema::BuiltinOperator::EXP, &read_plain<op::Exp>},
    {schema::BuiltinOperator::EXPAND_DIMS, &read_expand_dims},
    {schema::BuiltinOperator::FULLY_CONNECTED, &read_fully_connected},
    {schema::BuiltinOperator::GATHER, &read_gather},
    {schema::BuiltinOperator::GREATER, &read_plain<op::Greater>},
    {schema::BuiltinOperator::GREATER_EQUAL, &read_plain<op::GreaterEqual>},
    {schema::BuiltinOperator::HARD_SWISH, &read_plain<op::HardSwish>},
    {schema::BuiltinOperator::L2_NORMALIZATION, &read_l2_normalization},
    {schema::BuiltinOperator::LEAKY_RELU, &read_leaky_relu},
    {schema::BuiltinOperator::LESS, &read_plain<op::Less>},
    {schema::BuiltinOperator::LESS_EQUAL, &read_plain<op::LessEqual>},
    {schema::BuiltinOperator::LOG, &read_plain<op::Log>},
    {schema::BuiltinOperator::LOGICAL_AND, &read_plain<op::LogicalAnd>},
    {schema::BuiltinOperator::LOGICAL_NOT, &read_plain<op::LogicalNot>},
    {schema::BuiltinOperator::LOGICAL_OR, &read_plain<op::LogicalOr>},
    {schema::BuiltinOperator::LOGISTIC, &read_plain<op::Logistic>},
    {schema::BuiltinOperator::MAXIMUM, &read_plain<op::Maximum>},
    {schema::BuiltinOperator::MAX_POOL_2D, &read_pool_2d<op::MaxPool2d>},
    {schema::BuiltinOperator::MEAN, &read_mean},
    {schema::BuiltinOperator::MINIMUM, &read_plain<op::Minimum>},
    {schema::BuiltinOperator::MIRROR_PAD, &read_mirror_pad},
    {schema::BuiltinOperator::MUL, &read_arithmetic<op::Mul, &schema::Operator::builtin_options_as_MulOptions>},
    {schema::BuiltinOperator::NEG, &read_plain<op::Neg>},
    {schema::BuiltinOperator::NOT_EQUAL, &read_plain<op::NotEqual>},
    {schema::BuiltinOperator::PACK, &read_pack},
    {schema::BuiltinOperator::PAD, &read_pad},
    {schema::BuiltinOperator::PADV2, &read_pad},
    {schema::BuiltinOperator::PRELU, &read_plain<op::PRelu>},
    {schema::BuiltinOperator::QUANTIZE, &read_quantize},
    {schema::BuiltinOperator::REDUCE_MAX, &read_reduce<op::ReduceMax>},
    {schema::BuiltinOperator::REDUCE_MIN, &read_reduce<op::ReduceMin>},
    {schema::BuiltinOperator::RELU, &read_relu<Activation::relu>},
    {schema::BuiltinOperator::RELU6, &read_relu<Activation::relu6>},
    {schema::BuiltinOperator::RELU_N1_TO_1, &read_relu<Activation::relu_n1_to_1>},
    {schema::BuiltinOperator::RESHAPE, &read_reshape},
    {schema::BuiltinOperator::RESIZE_BILINEAR, &read_resize_bilinear},
    {schema::BuiltinOperator::RESIZE_NEAREST_NEIGHBOR, &read_resize_nearest_neighbor},
    {schema::BuiltinOperator::RSQRT, &read_plain<op::Rsqrt>},
    {schema::BuiltinOperator::SLICE, &read_slice},
    {schema::BuiltinOperator::SOFTMAX, &read_softmax},
    {schema::BuiltinOperator::SPACE_TO_BATCH_ND, &read_space_batch<op::SpaceToBatchNd>},
    {schema::BuiltinOperator::SPACE_TO_DEPTH, &read_space_to_depth},
    {schema::BuiltinOperator::SPLIT, &read_split},
    {schema::BuiltinOperator::SPLIT_V, &read_split_v},
    {schema::BuiltinOperator::SQRT, &read_plain<op::Sqrt>},
    {schema::BuiltinOperator::SQUARE, &read_plain<op::Square>},
    {schema::BuiltinOperator::SQUEEZE, &read_squeeze},
    {schema::BuiltinOperator::STRIDED_SLICE, &read_strided_slice},
    {schema::BuiltinOperator::SUB, &read_arithmetic<op::Sub, &schema::Operator::builtin_options_as_SubOptions>},
    {schema::BuiltinOperator::SUM, &read_reduce<op::Sum>},
    {schema::BuiltinOperator::TANH, &read_plain<op::Tanh>},
    {schema::BuiltinOperator::TRANSPOSE, &read_transpose},
    {schema::BuiltinOperator::TRANSPOSE_CONV, &read_transpose_conv},
    {schema::BuiltinOperator::UNPACK, &read_unpack},
};

/// The function for an operator; null where dlpu does not have it. Custom operators have names.
[[nodiscard]] constexpr auto find_operator(schema::BuiltinOperator code, std::string_view custom_name)
    -> void (*)(OperatorReader&) {
  if (code == schema::BuiltinOperator::CUSTOM) {
    return custom_name == op::DetectionPostProcess::name ? &read_detection_post_process : nullptr;
  }
  for (const OperatorEntry& entry : operator_table) {
    if (entry.code == code) return entry.read;
  }
  return nullptr;
}

/// "CONV_2D"; for custom operators "CUSTOM" and their own name.
[[nodiscard]] inline std::string operator_name(schema::BuiltinOperator code, std::string_view custom_name) {
  if (code == schema::BuiltinOperator::CUSTOM) return "CUSTOM " + in_quotes(custom_name);
  const char* name = schema::EnumNameBuiltinOperator(code);
  return *name ? name : "operator code " + std::to_string(static_cast<std::int32_t>(code));
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

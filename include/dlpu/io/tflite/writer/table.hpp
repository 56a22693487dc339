#pragma once

/// Which operators dlpu writes into .tflite files, and with which function. A new one is a function in a file beside this
/// one and a line here; the same operator has its line in the table of the reader.

#include "dlpu/graph/operator.hpp"
#include "dlpu/io/tflite/writer/convolutions.hpp"
#include "dlpu/io/tflite/writer/data_movement.hpp"
#include "dlpu/io/tflite/writer/detection.hpp"
#include "dlpu/io/tflite/writer/elementwise.hpp"
#include "dlpu/io/tflite/writer/functions.hpp"
#include "dlpu/io/tflite/writer/movement.hpp"
#include "dlpu/io/tflite/writer/reductions.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

struct WriterEntry {
  std::int32_t kind;  ///< `Operator::kind`
  void (*write)(OperatorWriter&, const Operator&);
};

namespace detail {
template <class Op, void (*Write)(OperatorWriter&, const Op&)>
inline constexpr WriterEntry writer_of = {
    ::dlpu::detail::operator_index<Op>,
    [](OperatorWriter& writer, const Operator& any) { Write(writer, any.as<Op>()); }};
}  // namespace detail

inline constexpr WriterEntry writer_table[] = {
    detail::writer_of<op::Abs, &write_plain>,
    detail::writer_of<op::Add, &write_add>,
    detail::writer_of<op::ArgMax, &write_arg_max>,
    detail::writer_of<op::ArgMin, &write_arg_min>,
    detail::writer_of<op::AveragePool2d, &write_average_pool_2d>,
    detail::writer_of<op::BatchMatMul, &write_batch_matmul>,
    detail::writer_of<op::BatchToSpaceNd, &write_batch_to_space_nd>,
    detail::writer_of<op::Cast, &write_cast>,
    detail::writer_of<op::Clamp, &write_clamp>,
    detail::writer_of<op::Concatenation, &write_concatenation>,
    detail::writer_of<op::Conv2d, &write_conv_2d>,
    detail::writer_of<op::DepthToSpace, &write_depth_to_space>,
    detail::writer_of<op::DepthwiseConv2d, &write_depthwise_conv_2d>,
    detail::writer_of<op::Dequantize, &write_dequantize>,
    detail::writer_of<op::DetectionPostProcess, &write_detection_post_process>,
    detail::writer_of<op::Div, &write_div>,
    detail::writer_of<op::Elu, &write_plain>,
    detail::writer_of<op::Equal, &write_plain>,
    detail::writer_of<op::Exp, &write_plain>,
    detail::writer_of<op::FullyConnected, &write_fully_connected>,
    detail::writer_of<op::Gather, &write_gather>,
    detail::writer_of<op::Greater, &write_plain>,
    detail::writer_of<op::GreaterEqual, &write_plain>,
    detail::writer_of<op::HardSwish, &write_plain>,
    detail::writer_of<op::L2Normalization, &write_l2_normalization>,
    detail::writer_of<op::LeakyRelu, &write_leaky_relu>,
    detail::writer_of<op::Less, &write_plain>,
    detail::writer_of<op::LessEqual, &write_plain>,
    detail::writer_of<op::Log, &write_plain>,
    detail::writer_of<op::LogicalAnd, &write_plain>,
    detail::writer_of<op::LogicalNot, &write_plain>,
    detail::writer_of<op::LogicalOr, &write_plain>,
    detail::writer_of<op::Logistic, &write_plain>,
    detail::writer_of<op::MaxPool2d, &write_max_pool_2d>,
    detail::writer_of<op::Maximum, &write_maximum>,
    detail::writer_of<op::Mean, &write_mean>,
    detail::writer_of<op::Minimum, &write_minimum>,
    detail::writer_of<op::MirrorPad, &write_mirror_pad>,
    detail::writer_of<op::Mul, &write_mul>,
    detail::writer_of<op::Neg, &write_plain>,
    detail::writer_of<op::NotEqual, &write_plain>,
    detail::writer_of<op::PRelu, &write_plain>,
    detail::writer_of<op::Pack, &write_pack>,
    detail::writer_of<op::Pad, &write_pad>,
    detail::writer_of<op::Quantize, &write_quantize>,
    detail::writer_of<op::ReduceMax, &write_reduce_max>,
    detail::writer_of<op::ReduceMin, &write_reduce_min>,
    detail::writer_of<op::Relu, &write_relu>,
    detail::writer_of<op::Reshape, &write_reshape>,
    detail::writer_of<op::ResizeBilinear, &write_resize_bilinear>,
    detail::writer_of<op::ResizeNearestNeighbor, &write_resize_nearest_neighbor>,
    detail::writer_of<op::Rsqrt, &write_plain>,
    detail::writer_of<op::Slice, &write_slice>,
    detail::writer_of<op::Softmax, &write_softmax>,
    detail::writer_of<op::SpaceToBatchNd, &write_space_to_batch_nd>,
    detail::writer_of<op::SpaceToDepth, &write_space_to_depth>,
    detail::writer_of<op::Split, &write_split>,
    detail::writer_of<op::SplitV, &write_split_v>,
    detail::writer_of<op::Sqrt, &write_plain>,
    detail::writer_of<op::Square, &write_plain>,
    detail::writer_of<op::StridedSlice, &write_strided_slice>,
    detail::writer_of<op::Sub, &write_sub>,
    detail::writer_of<op::Sum, &write_sum>,
    detail::writer_of<op::Tanh, &write_plain>,
    detail::writer_of<op::Transpose, &write_transpose>,
    detail::writer_of<op::TransposeConv, &write_transpose_conv>,
    detail::writer_of<op::Unpack, &write_unpack>,
};

/// The function for an operator; null where dlpu does not write it.
[[nodiscard]] constexpr auto find_writer(const Operator& op) -> void (*)(OperatorWriter&, const Operator&) {
  for (const WriterEntry& entry : writer_table) {
    if (entry.kind == op.kind()) return entry.write;
  }
  return nullptr;
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

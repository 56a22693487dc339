#pragma once

/// Which operators dlpu writes into .tflite files, and with which function. A new one is a function in a file beside this
/// one and a line here; the same operator has its line in the table of the reader.

#include "dlpu/graph/operator.hpp"
#include "dlpu/io/tflite/writer/convolutions.hpp"
#include "dlpu/io/tflite/writer/data_movement.hpp"
#include "dlpu/io/tflite/writer/elementwise.hpp"
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
    ::dlpu::detail::index_in<Op, Operators>::value,
    [](OperatorWriter& writer, const Operator& any) { Write(writer, any.as<Op>()); }};
}  // namespace detail

inline constexpr WriterEntry writer_table[] = {
    detail::writer_of<op::Add, &write_add>,
    detail::writer_of<op::AveragePool2d, &write_average_pool_2d>,
    detail::writer_of<op::Clamp, &write_clamp>,
    detail::writer_of<op::Concatenation, &write_concatenation>,
    detail::writer_of<op::Conv2d, &write_conv_2d>,
    detail::writer_of<op::DepthwiseConv2d, &write_depthwise_conv_2d>,
    detail::writer_of<op::Dequantize, &write_dequantize>,
    detail::writer_of<op::FullyConnected, &write_fully_connected>,
    detail::writer_of<op::MaxPool2d, &write_max_pool_2d>,
    detail::writer_of<op::Mean, &write_mean>,
    detail::writer_of<op::Pad, &write_pad>,
    detail::writer_of<op::Quantize, &write_quantize>,
    detail::writer_of<op::Relu, &write_relu>,
    detail::writer_of<op::Reshape, &write_reshape>,
    detail::writer_of<op::Softmax, &write_softmax>,
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

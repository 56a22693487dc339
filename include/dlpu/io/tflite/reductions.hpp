#pragma once

/// AVERAGE_POOL_2D, MAX_POOL_2D and MEAN of .tflite files.

#include <cmath>

#include "dlpu/io/tflite/operator_reader.hpp"
#include "dlpu/ops/mean.hpp"
#include "dlpu/ops/pool2d.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

/// Some kernels pass stored numbers on, so both sides must mean the same by them. LiteRT's tolerance.
inline void require_same_quantization(OperatorReader& reader, const FileTensor& a, const FileTensor& b) {
  const Quantization first = a.quantization(), second = b.quantization();
  reader.require(std::abs(first.scale - second.scale) <= 1e-6f && first.zero_point == second.zero_point,
                 "its input and output must have the same scale and zero point");
}

inline Axes axes_from(OperatorReader& reader, std::span<const std::int32_t> values, std::int32_t rank) {
  Axes axes;
  for (const std::int32_t axis : values) {
    if (!reader.require(axis >= -rank && axis < rank, "an axis is outside its input's dimensions")) break;
    const std::int32_t from_outermost = axis < 0 ? axis + rank : axis;
    if (!axes.contains(from_outermost, rank)) axes.push_back(from_outermost);  // at most `rank` different ones
  }
  return axes;
}

}  // namespace detail

/// AVERAGE_POOL_2D and MAX_POOL_2D; `Op` is their operator here.
template <class Op>
void read_pool_2d(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_Pool2DOptions);
  if (!reader.expect(1, 1)) return;
  reader.require_image(0);
  detail::require_same_quantization(reader, reader.input(0), reader.output());
  const Op op{
      .kernel = reader.size(options.filter_height(), options.filter_width(), "its window"),
      .stride = reader.size(options.stride_h(), options.stride_w(), "its stride"),
      .padding = reader.padding(options.padding()),
      .activation = reader.activation(options.fused_activation_function()),
  };
  reader.emit(op, {reader.operand(0)});
}

inline void read_mean(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_ReducerOptions);
  if (!reader.expect(2, 2)) return;
  op::Mean op{.keep_dimensions = options.keep_dims() ? 1 : 0};
  op.axes = detail::axes_from(reader, reader.integers(1, "its axes"), reader.input(0).shape.rank);
  reader.emit(op, {reader.operand(0)});
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

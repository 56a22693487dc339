#pragma once

/// Slices, splits, transpositions, blocks of space, depth or batch, MirrorPad, Gather and resizing into .tflite files.

#include <array>
#include <vector>

#include "dlpu/io/tflite/writer/operator_writer.hpp"
#include "dlpu/ops/gather.hpp"
#include "dlpu/ops/mirror_pad.hpp"
#include "dlpu/ops/pack.hpp"
#include "dlpu/ops/resize.hpp"
#include "dlpu/ops/slice.hpp"
#include "dlpu/ops/space_batch.hpp"
#include "dlpu/ops/space_depth.hpp"
#include "dlpu/ops/split.hpp"
#include "dlpu/ops/transpose.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

using PerDimension = std::array<std::int32_t, Shape::max_rank>;

/// One number for each dimension of the input as a constant.
inline std::int32_t add_per_dimension(OperatorWriter& writer, std::string_view part, const PerDimension& values) {
  const std::int32_t rank = writer.input_shape().rank;
  return writer.add_integers(part, {rank}, std::span(values).first(static_cast<std::size_t>(rank)));
}
inline std::int32_t add_single(OperatorWriter& writer, std::string_view part, std::int32_t value) {
  return writer.add_integers(part, {}, {&value, 1});
}
/// Stored numbers are passed on, so all inputs and outputs must mean the same by them.
inline void require_one_quantization(OperatorWriter& writer) {
  for (std::size_t i = 0; i < writer.inputs(); ++i) writer.require_same_quantization(i);
  for (std::size_t i = 1; i < writer.outputs(); ++i) {
    writer.require(
        !is_quantized(writer.output_element()) || writer.output_quantization(i) == writer.output_quantization(),
        "its outputs must have the same scale and zero point");
  }
}

}  // namespace detail

inline void write_slice(OperatorWriter& writer, const op::Slice& op) {
  constexpr std::int32_t most_dimensions = 5;  // of LiteRT's kernel
  const std::int32_t rank = writer.input_shape().rank;
  writer.require(rank <= most_dimensions, "its input has more than 5 dimensions, which LiteRT does not slice");
  detail::require_one_quantization(writer);
  detail::PerDimension sizes{};
  for (std::int32_t d = 0; d < rank; ++d) sizes[static_cast<std::size_t>(d)] = writer.output_shape()[d];
  const std::int32_t input = writer.input(), begin = detail::add_per_dimension(writer, "begin", op.begin);
  const std::int32_t size = detail::add_per_dimension(writer, "size", sizes);
  writer.emit(schema::BuiltinOperator::SLICE, rank > 4 ? 5 : writer.version(), {input, begin, size}, writer.output());
}

/// Dimensions that are taken whole have no stride in the graph; in the file they run from 0 to their size.
inline void write_strided_slice(OperatorWriter& writer, const op::StridedSlice& given) {
  constexpr std::int32_t most_dimensions = 5;  // of LiteRT's kernel
  const std::int32_t rank = writer.input_shape().rank;
  writer.require(rank <= most_dimensions, "its input has more than 5 dimensions, which LiteRT does not slice");
  detail::require_one_quantization(writer);
  op::StridedSlice op = given;
  std::int32_t sliced = 0;  // a bit for each dimension, as in the masks
  for (std::int32_t d = 0; d < rank; ++d) {
    const auto i = static_cast<std::size_t>(d);
    if (op.stride[i] != 0)
      sliced |= 1 << d;
    else {
      op.end[i] = writer.input_shape()[d];
      op.stride[i] = 1;
    }
  }
  const std::int32_t input = writer.input(), begin = detail::add_per_dimension(writer, "begin", op.begin);
  const std::int32_t end = detail::add_per_dimension(writer, "end", op.end);
  const std::int32_t stride = detail::add_per_dimension(writer, "stride", op.stride), output = writer.output();
  const auto options = schema::CreateStridedSliceOptions(writer.builder(), op.begin_mask & sliced,
                                                         op.end_mask & sliced, 0, 0, op.shrink_axis_mask & sliced);
  writer.emit(schema::BuiltinOperator::STRIDED_SLICE, rank > 4 ? 4 : writer.version(), {input, begin, end, stride},
              output, schema::BuiltinOptions::StridedSliceOptions, options.Union());
}

/// In the file the axis is the first operand.
inline void write_split(OperatorWriter& writer, const op::Split& op) {
  detail::require_one_quantization(writer);
  const std::array inputs = {detail::add_single(writer, "axis", op.axis), writer.input()};
  const std::vector<std::int32_t> outputs = writer.all_outputs();
  const auto options = schema::CreateSplitOptions(writer.builder(), op.parts);
  writer.emit(schema::BuiltinOperator::SPLIT, writer.version(), inputs, outputs, schema::BuiltinOptions::SplitOptions,
              options.Union());
}

inline void write_split_v(OperatorWriter& writer, const op::SplitV& op) {
  detail::require_one_quantization(writer);
  const std::span<const std::int32_t> sizes = std::span(op.sizes).first(writer.outputs());
  const std::array inputs = {writer.input(), writer.add_integers("sizes", {op.parts}, sizes),
                             detail::add_single(writer, "axis", op.axis)};
  const std::vector<std::int32_t> outputs = writer.all_outputs();
  const auto options = schema::CreateSplitVOptions(writer.builder(), op.parts);
  writer.emit(schema::BuiltinOperator::SPLIT_V, writer.version(), inputs, outputs,
              schema::BuiltinOptions::SplitVOptions, options.Union());
}

inline void write_unpack(OperatorWriter& writer, const op::Unpack& op) {
  detail::require_one_quantization(writer);
  const auto options =
      schema::CreateUnpackOptions(writer.builder(), static_cast<std::int32_t>(writer.outputs()), op.axis);
  const std::int32_t version = is_quantized(writer.input_element()) ? 2 : 1;
  writer.emit(schema::BuiltinOperator::UNPACK, version, writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::UnpackOptions, options.Union());
}

inline void write_pack(OperatorWriter& writer, const op::Pack& op) {
  detail::require_one_quantization(writer);
  const auto options =
      schema::CreatePackOptions(writer.builder(), static_cast<std::int32_t>(writer.inputs()), op.axis);
  writer.emit(schema::BuiltinOperator::PACK, writer.version(), writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::PackOptions, options.Union());
}

inline void write_transpose(OperatorWriter& writer, const op::Transpose& op) {
  detail::require_one_quantization(writer);
  const std::int32_t rank = writer.input_shape().rank;
  const std::int32_t input = writer.input(), order = detail::add_per_dimension(writer, "order", op.order);
  const std::int32_t version = rank > 5 ? 6 : rank > 4 ? 4 : writer.version();
  writer.emit(schema::BuiltinOperator::TRANSPOSE, version, {input, order}, writer.output());
}

inline void write_gather(OperatorWriter& writer, const op::Gather& op) {
  writer.require_same_quantization();
  const std::int32_t batch = op.batch_in(writer.input_shape(1));
  const auto options = schema::CreateGatherOptions(writer.builder(), op.axis_in(writer.input_shape()), batch);
  writer.emit(schema::BuiltinOperator::GATHER, batch != 0 ? 5 : writer.version(), writer.all_inputs(),
              writer.all_outputs(), schema::BuiltinOptions::GatherOptions, options.Union());
}

inline void write_mirror_pad(OperatorWriter& writer, const op::MirrorPad& op) {
  detail::require_one_quantization(writer);
  const std::int32_t rank = writer.input_shape().rank;
  std::vector<std::int32_t> paddings;
  for (std::size_t i = 0; i < static_cast<std::size_t>(rank); ++i) {
    paddings.push_back(op.before[i]);
    paddings.push_back(op.after[i]);
  }
  const std::int32_t input = writer.input(), sides = writer.add_integers("paddings", {rank, 2}, paddings);
  const std::int32_t output = writer.output();
  const auto mode = op.mirror == Mirror::reflect ? schema::MirrorPadMode::REFLECT : schema::MirrorPadMode::SYMMETRIC;
  const auto options = schema::CreateMirrorPadOptions(writer.builder(), mode);
  writer.emit(schema::BuiltinOperator::MIRROR_PAD, writer.version(), {input, sides}, output,
              schema::BuiltinOptions::MirrorPadOptions, options.Union());
}

inline void write_space_to_depth(OperatorWriter& writer, const op::SpaceToDepth& op) {
  detail::require_one_quantization(writer);
  const auto options = schema::CreateSpaceToDepthOptions(writer.builder(), op.block);
  writer.emit(schema::BuiltinOperator::SPACE_TO_DEPTH, writer.version(), writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::SpaceToDepthOptions, options.Union());
}
/// The first version has int8 too, and LiteRT's reference kernels are registered for no other.
inline void write_depth_to_space(OperatorWriter& writer, const op::DepthToSpace& op) {
  detail::require_one_quantization(writer);
  const auto options = schema::CreateDepthToSpaceOptions(writer.builder(), op.block);
  writer.emit(schema::BuiltinOperator::DEPTH_TO_SPACE, 1, writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::DepthToSpaceOptions, options.Union());
}

namespace detail {
/// `sides`: the paddings or crops.
inline void emit_space_batch(OperatorWriter& writer, schema::BuiltinOperator code, Size2D block, const Sides& sides,
                             std::string_view part) {
  require_one_quantization(writer);
  const std::array block_sizes = {block.height, block.width};
  const std::array side_sizes = {sides.top, sides.bottom, sides.left, sides.right};
  const std::int32_t input = writer.input(), first = writer.add_integers("block", {2}, block_sizes);
  const std::int32_t second = writer.add_integers(part, {2, 2}, side_sizes);
  writer.emit(code, writer.version(), {input, first, second}, writer.output());
}
}  // namespace detail

inline void write_space_to_batch_nd(OperatorWriter& writer, const op::SpaceToBatchNd& op) {
  detail::emit_space_batch(writer, schema::BuiltinOperator::SPACE_TO_BATCH_ND, op.block, op.padding, "paddings");
}
inline void write_batch_to_space_nd(OperatorWriter& writer, const op::BatchToSpaceNd& op) {
  detail::emit_space_batch(writer, schema::BuiltinOperator::BATCH_TO_SPACE_ND, op.block, op.crop, "crops");
}

namespace detail {
inline void emit_resize(OperatorWriter& writer, schema::BuiltinOperator code, std::int32_t version, Size2D size,
                        schema::BuiltinOptions options_type, OperatorWriter::Options options) {
  require_one_quantization(writer);
  const std::array sizes = {size.height, size.width};
  const std::int32_t input = writer.input(), constant = writer.add_integers("size", {2}, sizes);
  writer.emit(code, version, {input, constant}, writer.output(), options_type, options);
}
}  // namespace detail

inline void write_resize_nearest_neighbor(OperatorWriter& writer, const op::ResizeNearestNeighbor& op) {
  const bool corners = op.align_corners != 0, centers = op.half_pixel_centers != 0;
  const auto options = schema::CreateResizeNearestNeighborOptions(writer.builder(), corners, centers);
  detail::emit_resize(writer, schema::BuiltinOperator::RESIZE_NEAREST_NEIGHBOR,
                      corners || centers ? 3 : writer.version(), op.size,
                      schema::BuiltinOptions::ResizeNearestNeighborOptions, options.Union());
}
inline void write_resize_bilinear(OperatorWriter& writer, const op::ResizeBilinear& op) {
  const bool corners = op.align_corners != 0, centers = op.half_pixel_centers != 0;
  const auto options = schema::CreateResizeBilinearOptions(writer.builder(), corners, centers);
  detail::emit_resize(writer, schema::BuiltinOperator::RESIZE_BILINEAR, centers ? 3 : writer.version(), op.size,
                      schema::BuiltinOptions::ResizeBilinearOptions, options.Union());
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

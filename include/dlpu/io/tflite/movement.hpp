#pragma once

/// Slices, splits, transpositions, blocks of space, depth or batch, MirrorPad, Gather and resizing of .tflite files.

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "dlpu/io/tflite/operator_reader.hpp"
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

/// An input of integers, one for each dimension of the data or, with `some`, for the outermost ones.
inline PerDimension per_dimension(OperatorReader& reader, std::size_t i, std::int32_t rank, const std::string& what,
                                  bool some = false) {
  const std::vector<std::int32_t> values = reader.integers(i, what);
  const auto most = static_cast<std::size_t>(rank);
  PerDimension result{};
  if (reader.require(values.size() == most || (some && values.size() < most),
                     what + " must have a number for each dimension of its input")) {
    std::ranges::copy(values, result.begin());
  }
  return result;
}
/// The only number of an input of integers.
inline std::int32_t single(OperatorReader& reader, std::size_t i, const std::string& what) {
  const std::vector<std::int32_t> values = reader.integers(i, what);
  return reader.require(values.size() == 1, what + " must be one number") ? values[0] : 0;
}
/// Two or four numbers for height and width.
template <std::size_t N>
std::array<std::int32_t, N> plane(OperatorReader& reader, std::size_t i, const std::string& what) {
  const std::vector<std::int32_t> values = reader.integers(i, what);
  std::array<std::int32_t, N> result{};
  if (reader.require(values.size() == N, what + " must be of height and width")) {
    std::ranges::copy(values, result.begin());
  }
  return result;
}

/// Whether so many outputs are what the operator may have.
inline bool expect_parts(OperatorReader& reader, std::size_t inputs, std::int32_t parts) {
  constexpr std::int32_t most = 1024;
  if (!reader.require(parts >= 1 && parts <= most,
                      "it has " + std::to_string(parts) + " outputs; dlpu takes one to " + std::to_string(most))) {
    return false;
  }
  return reader.expect(inputs, inputs, static_cast<std::size_t>(parts));
}
/// The size of a dimension, counted from the innermost where it is negative; 0 where there is none.
[[nodiscard]] inline std::int32_t extent_of(const Shape& shape, std::int32_t axis) {
  const std::int32_t outermost = axis < 0 ? axis + shape.rank : axis;
  return outermost >= 0 && outermost < shape.rank ? shape[outermost] : 0;
}
[[nodiscard]] inline bool fits_one_operator(std::int32_t parts) {
  return parts <= static_cast<std::int32_t>(Inferred::max_outputs);
}

/// More parts than one operator of a graph has: a slice for each. `drop`: the axis goes, because each part has one element.
inline void emit_slices(OperatorReader& reader, std::int32_t data, std::int32_t axis,
                        std::span<const std::int32_t> sizes, bool drop) {
  if (reader.failed()) return;
  const Shape input = reader.parts().graph.tensors[static_cast<std::size_t>(data)].type.shape;
  const std::int32_t outermost = axis < 0 ? axis + input.rank : axis;
  if (!reader.require(outermost >= 0 && outermost < input.rank, "its axis is outside the input's dimensions")) return;
  std::int64_t total = 0;
  for (const std::int32_t size : sizes) reader.require(size >= 1, "one of its parts has no elements"), total += size;
  if (!reader.require(total == input[outermost], "its parts do not add up to the input's dimension")) return;
  const auto d = static_cast<std::size_t>(outermost);
  op::StridedSlice slice;
  slice.stride[d] = 1;
  if (drop) slice.shrink_axis_mask = 1 << outermost;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    slice.begin[d] = slice.end[d];
    slice.end[d] = slice.begin[d] + sizes[i];
    reader.emit_part(slice, {&data, 1}, i, 1);
  }
}

}  // namespace detail

inline void read_slice(OperatorReader& reader) {
  if (!reader.expect(3, 3)) return;
  const Shape& input = reader.input(0).shape;
  const op::Slice op{detail::per_dimension(reader, 1, input.rank, "its begin"),
                     detail::per_dimension(reader, 2, input.rank, "its size")};
  for (std::int32_t d = 0; d < input.rank; ++d) {
    reader.require(op.size[static_cast<std::size_t>(d)] != 0, "its output has no elements");
  }
  reader.emit(op, {reader.operand(0)});
}

inline void read_strided_slice(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_StridedSliceOptions);
  if (!reader.expect(4, 4)) return;
  const Shape& input = reader.input(0).shape;
  reader.require(options.ellipsis_mask() == 0 && options.new_axis_mask() == 0,
                 "it has an ellipsis or a new axis; dlpu takes numbers for the outermost dimensions only");
  reader.require(!options.offset(), "its ends are offsets from its begins, which dlpu does not take");
  const std::size_t count = reader.integers(1, "its begin").size();
  reader.require(reader.integers(2, "its end").size() == count && reader.integers(3, "its strides").size() == count,
                 "its begin, end and strides must have the same length");
  const op::StridedSlice op{.begin = detail::per_dimension(reader, 1, input.rank, "its begin", true),
                            .end = detail::per_dimension(reader, 2, input.rank, "its end", true),
                            .stride = detail::per_dimension(reader, 3, input.rank, "its strides", true),
                            .begin_mask = options.begin_mask(),
                            .end_mask = options.end_mask(),
                            .shrink_axis_mask = options.shrink_axis_mask()};
  for (std::size_t d = 0; d < count && !reader.failed(); ++d)
    reader.require(op.stride[d] != 0, "it has a stride of 0");
  reader.emit(op, {reader.operand(0)});
}

/// The axis is the first input, the data the second.
inline void read_split(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_SplitOptions);
  const std::int32_t parts = options.num_splits();
  if (!detail::expect_parts(reader, 2, parts)) return;
  const std::int32_t axis = detail::single(reader, 0, "its axis"), data = reader.operand(1);
  if (detail::fits_one_operator(parts)) return reader.emit(op::Split{.axis = axis, .parts = parts}, {data});
  const std::int32_t size = reader.output().shape.rank > 0 ? detail::extent_of(reader.output().shape, axis) : 0;
  detail::emit_slices(reader, data, axis, std::vector<std::int32_t>(static_cast<std::size_t>(parts), size), false);
}

inline void read_split_v(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_SplitVOptions);
  if (!detail::expect_parts(reader, 3, options.num_splits())) return;
  op::SplitV op{.axis = detail::single(reader, 2, "its axis"), .parts = options.num_splits()};
  std::vector<std::int32_t> sizes = reader.integers(1, "its sizes", static_cast<std::size_t>(op.parts));
  if (!reader.require(sizes.size() == static_cast<std::size_t>(op.parts), "it has a wrong number of sizes")) return;
  const std::int32_t data = reader.operand(0);
  if (!detail::fits_one_operator(op.parts)) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {  // one may be -1: the file says what it is
      if (sizes[i] == -1) sizes[i] = detail::extent_of(reader.output(i).shape, op.axis);
    }
    return detail::emit_slices(reader, data, op.axis, sizes, false);
  }
  std::ranges::copy(sizes, op.sizes.begin());
  reader.emit(op, {data});
}

inline void read_unpack(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_UnpackOptions);
  if (!detail::expect_parts(reader, 1, options.num())) return;
  const std::int32_t data = reader.operand(0);
  if (detail::fits_one_operator(options.num())) return reader.emit(op::Unpack{.axis = options.axis()}, {data});
  detail::emit_slices(reader, data, options.axis(),
                      std::vector<std::int32_t>(static_cast<std::size_t>(options.num()), 1), true);
}

inline void read_pack(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_PackOptions);
  if (!reader.expect(1, op::Pack::max_inputs)) return;
  std::vector<std::int32_t> operands;
  for (std::size_t i = 0; i < reader.inputs(); ++i) operands.push_back(reader.operand(i));
  reader.emit(op::Pack{.axis = options.axis()}, operands);
}

inline void read_transpose(OperatorReader& reader) {
  if (!reader.expect(2, 2)) return;
  reader.emit(op::Transpose{detail::per_dimension(reader, 1, reader.input(0).shape.rank, "its order")},
              {reader.operand(0)});
}

/// The indices must be known before running: then they can be checked.
inline void read_gather(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_GatherOptions);
  if (!reader.expect(2, 2)) return;
  const op::Gather op{.axis = options.axis(), .batch_dimensions = options.batch_dims()};
  const std::vector<std::int32_t> indices =
      reader.integers(1, "its indices", std::numeric_limits<std::size_t>::max());
  const Shape& input = reader.input(0).shape;
  const std::int32_t axis = op.axis_in(input);
  if (!reader.require(axis >= 0 && axis < input.rank, op::Gather::AxisExists::rule.sentence)) return;
  for (const std::int32_t index : indices) {
    if (!reader.require(index >= 0 && index < input[axis], "an index is outside its input")) return;
  }
  const std::int32_t data = reader.operand(0);
  if (reader.failed()) return;
  const auto kept = reader.parts().memory.keep(std::span<const std::int32_t>(indices));
  const std::int32_t constant =
      reader.add_tensor({reader.name(), {reader.input(1).shape, ElementType::int32}, TensorRole::constant},
                        {{}, {}, std::as_bytes(kept)}, reader.input_number(1));
  reader.emit(op, {data, constant});
}

inline void read_mirror_pad(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_MirrorPadOptions);
  if (!reader.expect(2, 2)) return;
  const auto mode = options.mode();
  reader.require(mode == schema::MirrorPadMode::REFLECT || mode == schema::MirrorPadMode::SYMMETRIC,
                 "its mode is neither REFLECT nor SYMMETRIC");
  const std::vector<std::int32_t> paddings = reader.integers(1, "its paddings");
  const auto rank = static_cast<std::size_t>(reader.input(0).shape.rank);
  if (!reader.require(paddings.size() == 2 * rank, "its paddings must be a pair for each dimension")) return;
  op::MirrorPad op{.mirror = mode == schema::MirrorPadMode::REFLECT ? Mirror::reflect : Mirror::symmetric};
  for (std::size_t i = 0; i < rank; ++i) {
    op.before[i] = paddings[2 * i];
    op.after[i] = paddings[2 * i + 1];
  }
  reader.emit(op, {reader.operand(0)});
}

inline void read_space_to_depth(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_SpaceToDepthOptions);
  if (reader.expect(1, 1)) reader.emit(op::SpaceToDepth{.block = options.block_size()}, {reader.operand(0)});
}
inline void read_depth_to_space(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_DepthToSpaceOptions);
  if (reader.expect(1, 1)) reader.emit(op::DepthToSpace{.block = options.block_size()}, {reader.operand(0)});
}

/// SPACE_TO_BATCH_ND with paddings and BATCH_TO_SPACE_ND with crops.
template <class Op>
void read_space_batch(OperatorReader& reader) {
  if (!reader.expect(3, 3)) return;
  const auto block = detail::plane<2>(reader, 1, "its block");
  const auto sides = detail::plane<4>(reader, 2, "its paddings or crops");
  if (!reader.require_image(0)) return;
  const Size2D size = reader.size(block[0], block[1], "its block");
  reader.emit(Op{size, {sides[0], sides[1], sides[2], sides[3]}}, {reader.operand(0)});
}

namespace detail {
template <class Op, class Options>
void read_resize(OperatorReader& reader, const Options& options) {
  if (!reader.expect(2, 2) || !reader.require_image(0)) return;
  const auto size = plane<2>(reader, 1, "its size");
  reader.emit(Op{.size = reader.size(size[0], size[1], "its output's size"),
                 .align_corners = options.align_corners(),
                 .half_pixel_centers = options.half_pixel_centers()},
              {reader.operand(0)});
}
}  // namespace detail

inline void read_resize_nearest_neighbor(OperatorReader& reader) {
  detail::read_resize<op::ResizeNearestNeighbor>(
      reader, reader.options(&schema::Operator::builtin_options_as_ResizeNearestNeighborOptions));
}
inline void read_resize_bilinear(OperatorReader& reader) {
  detail::read_resize<op::ResizeBilinear>(
      reader, reader.options(&schema::Operator::builtin_options_as_ResizeBilinearOptions));
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// SpaceToDepth and DepthToSpace: parameters, shape rules, and the kernels for callers that bring their own buffers.

#include <cstdint>
#include <limits>
#include <string_view>

#include "dlpu/ops/strided_copy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// Each block of `block` x `block` pixels becomes one pixel with all their channels. NHWC in, NHWC out.
struct SpaceToDepth {
  static constexpr std::string_view name = "SPACE_TO_DEPTH";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::int32_t block = 0;  ///< pixels in height and in width; must be given

  DLPU_RULE(NeedsBlock, "SpaceToDepth: the block size is missing or below 1; give .block", "");
  DLPU_RULE(NeedsImage, "SpaceToDepth: the input must have four dimensions, NHWC", "");
  DLPU_RULE(WholeBlocks, "SpaceToDepth: height and width must be multiples of the block size", "");
  DLPU_RULE(Fits, "SpaceToDepth: the output would have more than 2^31 - 1 channels", "");
  using rules = type_list<NeedsBlock, NeedsImage, WholeBlocks, Fits>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (block < 1) return NeedsBlock::rule;
    if (input.rank != 4) return NeedsImage::rule;
    if (input[1] % block != 0 || input[2] % block != 0) return WholeBlocks::rule;
    if (std::numeric_limits<std::int32_t>::max() / block / block < input[3]) return Fits::rule;
    return TensorType{{input[0], input[1] / block, input[2] / block, input[3] * block * block}, inputs[0].element};
  }
  /// Output pixels, then the block's rows, its columns, and the channels.
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t) const {
    const auto steps = reference::steps_of(input);
    reference::StridedWalk walk;
    walk.push_back(input[0], steps[0]);
    walk.push_back(input[1] / block, steps[1] * block);
    walk.push_back(input[2] / block, steps[2] * block);
    walk.push_back(block, steps[1]);
    walk.push_back(block, steps[2]);
    walk.push_back(input[3], 1);
    return walk;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// Each pixel becomes a block of `block` x `block` pixels, which share out its channels. NHWC in, NHWC out.
struct DepthToSpace {
  static constexpr std::string_view name = "DEPTH_TO_SPACE";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::int32_t block = 0;  ///< pixels in height and in width; must be given

  DLPU_RULE(NeedsBlock, "DepthToSpace: the block size is missing or below 1; give .block", "");
  DLPU_RULE(NeedsImage, "DepthToSpace: the input must have four dimensions, NHWC", "");
  DLPU_RULE(WholeBlocks, "DepthToSpace: the channels must be a multiple of the block size squared", "");
  DLPU_RULE(Fits, "DepthToSpace: the output's height or width would be above 2^31 - 1", "");
  using rules = type_list<NeedsBlock, NeedsImage, WholeBlocks, Fits>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (block < 1) return NeedsBlock::rule;
    if (input.rank != 4) return NeedsImage::rule;
    const std::int64_t pixels = std::int64_t{block} * block;
    if (input[3] % pixels != 0) return WholeBlocks::rule;
    constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
    if (input[1] > most / block || input[2] > most / block) return Fits::rule;
    return TensorType{{input[0], input[1] * block, input[2] * block, static_cast<std::int32_t>(input[3] / pixels)},
                      inputs[0].element};
  }
  /// Rows, the block's rows, columns, the block's columns, channels.
  [[nodiscard]] constexpr reference::StridedWalk walk(const Shape& input, std::int32_t) const {
    const auto steps = reference::steps_of(input);
    const std::int32_t channels = input[3] / block / block;
    reference::StridedWalk walk;
    walk.push_back(input[0], steps[0]);
    walk.push_back(input[1], steps[1]);
    walk.push_back(block, std::int64_t{block} * channels);
    walk.push_back(input[2], steps[2]);
    walk.push_back(block, channels);
    walk.push_back(channels, 1);
    return walk;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

template <class Storage>
using SpaceToDepth = StridedCopy<op::SpaceToDepth, Storage>;
template <class Storage>
using DepthToSpace = StridedCopy<op::DepthToSpace, Storage>;

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

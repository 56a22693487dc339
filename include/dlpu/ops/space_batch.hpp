#pragma once

/// SpaceToBatchNd and BatchToSpaceNd: parameters, shape rules, and the kernels for callers that bring their own
/// buffers.

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/reference/space_batch.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {

/// Rows and columns at the sides of an image.
struct Sides {
  std::int32_t top = 0, bottom = 0, left = 0, right = 0;
  [[nodiscard]] constexpr bool negative() const { return top < 0 || bottom < 0 || left < 0 || right < 0; }
  friend constexpr bool operator==(const Sides&, const Sides&) = default;
};

namespace op {

/// The pixels that lie a block apart become an image of their own; images of NHWC. A dilated convolution is an
/// ordinary one between SpaceToBatchNd and BatchToSpaceNd.
struct SpaceToBatchNd {
  static constexpr std::string_view name = "SPACE_TO_BATCH_ND";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  Size2D block = {};   ///< must be given
  Sides padding = {};  ///< real zeros around the input

  DLPU_RULE(NeedsBlock, "SpaceToBatchNd: the block size is missing or below 1; give .block", "");
  DLPU_RULE(NeedsImage, "SpaceToBatchNd: the input must have four dimensions, NHWC", "");
  DLPU_RULE(NotNegative, "SpaceToBatchNd: padding must not be negative", "");
  DLPU_RULE(WholeBlocks, "SpaceToBatchNd: padded height and width must be multiples of the block size", "");
  DLPU_RULE(Fits, "SpaceToBatchNd: a dimension would have more than 2^31 - 1 elements", "");
  using rules = type_list<NeedsBlock, NeedsImage, NotNegative, WholeBlocks, Fits>;

  [[nodiscard]] constexpr reference::SpaceBatchGeometry geometry(const Shape& input) const {
    const TensorType type{input};
    return {input, infer({&type, 1}).outputs[0].shape, block, padding.top, padding.left};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (below_one(block)) return NeedsBlock::rule;
    if (input.rank != 4) return NeedsImage::rule;
    if (padding.negative()) return NotNegative::rule;
    const std::int64_t height = std::int64_t{input[1]} + padding.top + padding.bottom;
    const std::int64_t width = std::int64_t{input[2]} + padding.left + padding.right;
    constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
    if (height > most || width > most || most / block.height / block.width < input[0]) return Fits::rule;
    if (height % block.height != 0 || width % block.width != 0) return WholeBlocks::rule;
    return TensorType{{input[0] * block.height * block.width, static_cast<std::int32_t>(height / block.height),
                       static_cast<std::int32_t>(width / block.width), input[3]},
                      inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// The reverse: the pixels of several images lie in turn in one; images of NHWC.
struct BatchToSpaceNd {
  static constexpr std::string_view name = "BATCH_TO_SPACE_ND";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  Size2D block = {};  ///< must be given
  Sides crop = {};    ///< left out of the output

  DLPU_RULE(NeedsBlock, "BatchToSpaceNd: the block size is missing or below 1; give .block", "");
  DLPU_RULE(NeedsImage, "BatchToSpaceNd: the input must have four dimensions, NHWC", "");
  DLPU_RULE(WholeBlocks, "BatchToSpaceNd: the batch must be a multiple of the pixels of a block", "");
  DLPU_RULE(CropFits, "BatchToSpaceNd: the crop must not be negative and must leave at least one pixel", "");
  DLPU_RULE(Fits, "BatchToSpaceNd: the output's height or width would be above 2^31 - 1", "");
  using rules = type_list<NeedsBlock, NeedsImage, WholeBlocks, CropFits, Fits>;

  [[nodiscard]] constexpr reference::SpaceBatchGeometry geometry(const Shape& input) const {
    const TensorType type{input};
    return {infer({&type, 1}).outputs[0].shape, input, block, crop.top, crop.left};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (below_one(block)) return NeedsBlock::rule;
    if (input.rank != 4) return NeedsImage::rule;
    const std::int64_t pixels = std::int64_t{block.height} * block.width;
    if (input[0] % pixels != 0) return WholeBlocks::rule;
    constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
    if (input[1] > most / block.height || input[2] > most / block.width) return Fits::rule;
    const std::int64_t height = std::int64_t{input[1]} * block.height - crop.top - crop.bottom;
    const std::int64_t width = std::int64_t{input[2]} * block.width - crop.left - crop.right;
    if (crop.negative() || height < 1 || width < 1) return CropFits::rule;
    return TensorType{{static_cast<std::int32_t>(input[0] / pixels), static_cast<std::int32_t>(height),
                       static_cast<std::int32_t>(width), input[3]},
                      inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// SpaceToBatchNd of one shape. `Storage` is any element type; `zero` is the stored form of a real zero: the zero point
/// where the tensor is quantized.
template <class Storage>
class SpaceToBatchNd {
 public:
  constexpr SpaceToBatchNd(const op::SpaceToBatchNd& op, const Shape& input, Storage zero = {})
      : geometry_(op.geometry(input)), zero_(zero) {}

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(geometry_.whole.elements()));
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.parts.elements()));
    reference::space_to_batch(geometry_, input.data(), zero_, output.data());
  }

 private:
  reference::SpaceBatchGeometry geometry_;
  Storage zero_;
};

/// BatchToSpaceNd of one shape. `Storage` is any element type.
template <class Storage>
class BatchToSpaceNd {
 public:
  constexpr BatchToSpaceNd(const op::BatchToSpaceNd& op, const Shape& input) : geometry_(op.geometry(input)) {}

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(geometry_.parts.elements()));
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.whole.elements()));
    reference::batch_to_space(geometry_, input.data(), output.data());
  }

 private:
  reference::SpaceBatchGeometry geometry_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

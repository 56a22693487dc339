#pragma once

/// What all backbones have in common: their options, the feature maps that they return, and tables of blocks.
///
/// A backbone is a function `FeatureMaps backbone(Builder& g, Value image, const BackboneOptions& options)`, so that any
/// head takes any of them.

#include <cstdint>
#include <span>

#include "dlpu/graph/blocks.hpp"
#include "dlpu/zoo/options.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

struct BackboneOptions {
  std::int32_t width_percent = 100;
  std::int32_t depth_percent = 100;
  std::int32_t output_stride = 32;    ///< where the network stops to shrink the image; later blocks are dilated
  std::int32_t last_convolution = 1;  ///< not 0: with the wide 1 x 1 convolution in front of a classifier
  Activation activation = Activation::relu6;  ///< of MobileNetV1, which is trained with either
};

[[nodiscard]] constexpr BackboneOptions backbone_options(const Options& options) {
  return {.width_percent = options.width_percent, .depth_percent = options.depth_percent};
}

/// The last map of each size; a size that the backbone does not have is no tensor.
struct FeatureMaps {
  Value stride2, stride4, stride8, stride16, stride32;
  Value expanded16;  ///< within the block that leaves stride 16: its expansion, which SSD heads take

  /// The map that is `stride` times smaller than the image.
  [[nodiscard]] constexpr Value& at(std::int32_t stride) {
    switch (stride) {
      case 2:
        return stride2;
      case 4:
        return stride4;
      case 8:
        return stride8;
      case 16:
        return stride16;
      default:
        return stride32;
    }
  }
  [[nodiscard]] constexpr Value at(std::int32_t stride) const {
    FeatureMaps copy = *this;
    return copy.at(stride);
  }
  /// The smallest map.
  [[nodiscard]] constexpr Value last() const {
    for (const Value map : {stride32, stride16, stride8, stride4}) {
      if (map.tensor >= 0) return map;
    }
    return stride2;
  }
};

enum class BlockKind : std::int32_t { inverted, fused, tucker };

/// Some equal blocks of a backbone, the first of which may shrink the image.
struct BlockRow {
  BlockKind kind = BlockKind::inverted;
  std::int32_t expansion = 6, filters = 0, repeats = 1, stride = 1, kernel = 3;
  std::int32_t residual = 1;                       ///< 0: without, even where shapes agree
  std::int32_t input_rank = 25, output_rank = 75;  ///< of a Tucker convolution, in percent
};

/// Where a backbone is while it is built.
struct Trunk {
  FeatureMaps maps{};
  Value x{};
  std::int32_t stride = 1, dilation = 1;

  constexpr void set(Value value) {
    x = value;
    maps.at(stride) = value;
  }
};

/// Channels of a Tucker convolution's inner layers: to the nearest multiple of 8.
[[nodiscard]] constexpr std::int32_t tucker_rank(std::int32_t channels, std::int32_t percent) {
  const std::int32_t rank = (channels * percent + 400) / 800 * 8;
  return rank < 8 ? 8 : rank;
}

/// One block of a row; `first` is the row's first.
constexpr void add_block(Builder& g, Trunk& trunk, const BlockRow& row, std::int32_t filters, bool first,
                         const BackboneOptions& options) {
  std::int32_t stride = first ? row.stride : 1, next_dilation = trunk.dilation;
  if (stride == 2 && trunk.stride >= options.output_stride) {  // keeps its size: what follows looks wider instead
    stride = 1;
    next_dilation *= 2;
  }
  Value expanded{};
  switch (row.kind) {
    case BlockKind::inverted:
      trunk.x = blocks::inverted_residual(g, trunk.x,
                                          {.filters = filters,
                                           .expansion = row.expansion,
                                           .kernel = row.kernel,
                                           .stride = stride,
                                           .dilation = trunk.dilation,
                                           .residual = row.residual != 0},
                                          &expanded);
      break;
    case BlockKind::fused:
      trunk.x = blocks::fused_residual(g, trunk.x,
                                       {.filters = filters,
                                        .expansion = row.expansion,
                                        .kernel = row.kernel,
                                        .stride = stride,
                                        .dilation = trunk.dilation,
                                        .residual = row.residual != 0});
      break;
    case BlockKind::tucker:
      trunk.x = blocks::tucker(g, trunk.x,
                               {.filters = filters,
                                .input_rank = tucker_rank(g.shape(trunk.x).channels(), row.input_rank),
                                .output_rank = tucker_rank(filters, row.output_rank),
                                .kernel = row.kernel,
                                .stride = stride});
      break;
  }
  if (stride == 2 && trunk.stride == 16) trunk.maps.expanded16 = expanded;
  trunk.dilation = next_dilation;
  trunk.stride *= stride;
  trunk.set(trunk.x);
}

/// All blocks of a table. Rows that go on from the row before without another size or width are of one stage, and it is
/// a stage's blocks that a depth multiplies: a shallower network has the first of them, a deeper one repeats the last.
constexpr void add_blocks(Builder& g, Trunk& trunk, std::span<const BlockRow> rows, const BackboneOptions& options) {
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    std::int32_t blocks_in_stage = rows[begin].repeats;
    while (end < rows.size() && rows[end].filters == rows[begin].filters && rows[end].stride == 1) {
      blocks_in_stage += rows[end++].repeats;
    }
    const std::int32_t filters = scaled(rows[begin].filters, options.width_percent);
    std::size_t row = begin;
    std::int32_t of_row = 0;
    for (std::int32_t left = repeated(blocks_in_stage, options.depth_percent); left > 0 && !g.failed(); --left) {
      if (of_row == rows[row].repeats && row + 1 < end) {
        ++row;
        of_row = 0;
      }
      add_block(g, trunk, rows[row], filters, of_row == 0, options);
      ++of_row;
    }
    begin = end;
  }
}

/// The 3 x 3 convolution with which most backbones begin.
constexpr Trunk begin_trunk(Builder& g, Value image, std::int32_t filters, Activation activation) {
  Trunk trunk;
  trunk.stride = 2;
  trunk.set(blocks::convolution(g, image, {.filters = filters, .kernel = 3, .stride = 2, .activation = activation},
                                "stem"));
  return trunk;
}

/// The wide 1 x 1 convolution in front of a classifier, where it is wanted.
constexpr void add_last_convolution(Builder& g, Trunk& trunk, std::int32_t filters, const BackboneOptions& options) {
  if (options.last_convolution == 0) return;
  trunk.set(
      blocks::convolution(g, trunk.x, {.filters = filters, .kernel = 1, .activation = Activation::relu6}, "head"));
}
/// Its filters in networks that widen but never narrow it.
[[nodiscard]] constexpr std::int32_t widened(std::int32_t filters, std::int32_t width_percent) {
  return width_percent > 100 ? scaled(filters, width_percent) : filters;
}

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

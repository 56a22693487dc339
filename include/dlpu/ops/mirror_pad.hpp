#pragma once

/// MirrorPad: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/mirror_pad.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {

/// Where the mirror of MirrorPad stands.
enum class Mirror : std::int32_t {
  reflect,    ///< on the outermost element: 1 2 3 is continued by 2 1
  symmetric,  ///< beyond it: 1 2 3 is continued by 3 2
};

namespace op {

/// Mirror images around the input.
struct MirrorPad {
  static constexpr std::string_view name = "MIRROR_PAD";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::array<std::int32_t, Shape::max_rank> before{};  ///< elements in front, for each dimension from the outermost
  std::array<std::int32_t, Shape::max_rank> after{};   ///< elements behind
  Mirror mirror = Mirror::reflect;

  DLPU_RULE(NotNegative, "MirrorPad: padding must not be negative", "");
  DLPU_RULE(DimensionExists, "MirrorPad: there is padding for dimensions that the input does not have", "");
  DLPU_RULE(OneImage, "MirrorPad: a side may have as many elements as the dimension, with Mirror::reflect one fewer",
            "");
  DLPU_RULE(Fits, "MirrorPad: a padded dimension would have more than 2^31 - 1 elements", "");
  using rules = type_list<NotNegative, DimensionExists, OneImage, Fits>;

  [[nodiscard]] constexpr std::int32_t edge() const { return mirror == Mirror::reflect ? 1 : 0; }
  [[nodiscard]] constexpr reference::MirrorPadGeometry geometry(const Shape& input) const {
    const TensorType type{input};
    return {input, infer({&type, 1}).outputs[0].shape, before, edge()};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    Shape output = inputs[0].shape;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] < 0 || after[i] < 0) return NotNegative::rule;
      if (i >= static_cast<std::size_t>(output.rank)) {
        if (before[i] != 0 || after[i] != 0) return DimensionExists::rule;
        continue;
      }
      std::int32_t& dim = output[static_cast<int>(i)];
      const std::int32_t most = dim - edge();
      if ((before[i] != 0 && before[i] > most) || (after[i] != 0 && after[i] > most)) return OneImage::rule;
      const std::int64_t padded = std::int64_t{dim} + before[i] + after[i];
      if (padded > std::numeric_limits<std::int32_t>::max()) return Fits::rule;
      dim = static_cast<std::int32_t>(padded);
    }
    return TensorType{output, inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// MirrorPad of one shape. `Storage` is any element type.
template <class Storage>
class MirrorPad {
 public:
  constexpr MirrorPad(const op::MirrorPad& op, const Shape& input) : geometry_(op.geometry(input)) {}

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(geometry_.input.elements()));
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.output.elements()));
    reference::mirror_pad(geometry_, input.data(), output.data());
  }

 private:
  reference::MirrorPadGeometry geometry_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Pad with a constant: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/reference/pad.hpp"
#include "dlpu/ops/shape_rule.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// A constant around the input: TensorFlow Lite's PAD (the constant is zero) and PADV2.
struct Pad {
  static constexpr std::string_view name = "PAD";
  using elements = stored_elements;
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::array<std::int32_t, Shape::max_rank> before{};  ///< elements in front, for each dimension from the outermost
  std::array<std::int32_t, Shape::max_rank> after{};   ///< elements behind
  float value = 0.0f;  ///< the constant as a real number; where tensors are quantized, its stored form goes in

  DLPU_RULE(NotNegative, "Pad: padding must not be negative", "");
  DLPU_RULE(DimensionExists, "Pad: there is padding for dimensions that the input does not have", "");
  DLPU_RULE(Fits, "Pad: a padded dimension would have more than 2^31 - 1 elements", "");
  using rules = type_list<NotNegative, DimensionExists, Fits>;

  [[nodiscard]] constexpr reference::PadGeometry geometry(const Shape& input) const {
    reference::PadGeometry g{.before = before, .rank = static_cast<std::size_t>(input.rank)};
    while (g.rank > 0 && before[g.rank - 1] == 0 && after[g.rank - 1] == 0) {
      g.run *= input[static_cast<int>(--g.rank)];
    }
    for (std::size_t i = 0; i < g.rank; ++i) {
      g.input[i] = input[static_cast<int>(i)];
      g.output[i] = before[i] + g.input[i] + after[i];
    }
    return g;
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    Shape output = inputs[0].shape;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] < 0 || after[i] < 0) return NotNegative::rule;
      const std::int64_t extra = std::int64_t{before[i]} + after[i];
      if (i >= static_cast<std::size_t>(output.rank)) {
        if (extra != 0) return DimensionExists::rule;
        continue;
      }
      std::int32_t& dim = output[static_cast<int>(i)];
      if (extra > std::numeric_limits<std::int32_t>::max() - dim) return Fits::rule;
      dim += static_cast<std::int32_t>(extra);
    }
    return TensorType{output, inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Pad of one shape. `Storage` is float, int8 or uint8; `parameters` are those of both sides.
///
///     dlpu::kernels::Pad<std::int8_t> pad{{.before = {0, 1, 1}, .after = {0, 1, 1}}, {1, 96, 96, 3}, {0.02f, -5}};
///     pad.run(input, output);
template <class Storage>
class Pad {
 public:
  static constexpr bool quantized = !std::is_same_v<Storage, float>;
  using Parameters = std::conditional_t<quantized, Quantization, NoQuantization>;

  constexpr Pad(const op::Pad& op, const Shape& input, [[maybe_unused]] Parameters parameters = {})
      : geometry_(op.geometry(input)) {
    if constexpr (quantized)
      fill_ = ::dlpu::detail::quantize_value<Storage>(op.value, parameters);
    else
      fill_ = op.value;
  }

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    reference::pad(geometry_, input.data(), fill_, output.data());
  }

 private:
  reference::PadGeometry geometry_;
  Storage fill_{};
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

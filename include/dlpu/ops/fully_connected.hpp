#pragma once

/// FullyConnected: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/amx/conv2d_rung.hpp"
#include "dlpu/kernels/avx2/conv2d_float_rung.hpp"
#include "dlpu/kernels/avx2/conv2d_rung.hpp"
#include "dlpu/kernels/avx512_vnni/conv2d_float_rung.hpp"
#include "dlpu/kernels/avx512_vnni/conv2d_rung.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_rung.hpp"
#include "dlpu/kernels/convolution.hpp"
#include "dlpu/kernels/neon/conv2d_float_rung.hpp"
#include "dlpu/kernels/neon/conv2d_rung.hpp"
#include "dlpu/kernels/neon_dot/conv2d_rung.hpp"
#include "dlpu/kernels/portable/conv2d_rung.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// Every row of the input times a matrix. Filter [units, inputs], bias [units]. The input is taken as a matrix
/// [rows, inputs]; the output is [rows, units], or has the input's dimensions with the last one replaced.
struct FullyConnected {
  static constexpr std::string_view name = "FULLY_CONNECTED";
  using elements = stored_elements;
  /// The axis of the filter on which per-channel scales lie.
  static constexpr int filter_channel_axis = 0;

  std::int32_t units = 0;  ///< outputs for each row; must be given
  Activation activation = Activation::none;
  std::int32_t keep_dimensions = 0;  ///< 1: the last dimension is a row, and the output keeps the ones before it
  std::int32_t inputs =
      0;  ///< elements of one row; 0: all but the first dimension, or the last one where they are kept

  DLPU_RULE(NeedsUnits, "FullyConnected: the number of units is missing or below 1; give .units", "");
  DLPU_RULE(NeedsRows, "FullyConnected: the input needs at least one dimension, and none of them may be 0", "");
  DLPU_RULE(RowsFit,
            "FullyConnected: the input does not divide into rows of .inputs elements; leave .inputs out or "
            "reshape the input",
            "");
  using rules = type_list<NeedsUnits, NeedsRows, RowsFit>;

  [[nodiscard]] constexpr std::int64_t row_elements(const Shape& input) const {
    if (inputs != 0) return inputs;
    if (keep_dimensions != 0 || input.rank < 2) return input.channels();
    return input.elements() / input[0];
  }
  /// That of a convolution with a 1x1 kernel over an image of one row, whose columns are the input's rows.
  [[nodiscard]] constexpr WindowGeometry geometry(const Shape& input) const {
    const std::int64_t row = row_elements(input);
    const auto rows = static_cast<std::int32_t>(input.elements() / row);
    return {1, 1, rows, static_cast<std::int32_t>(row), 1, rows, units, 1, 1, 1, 0, 0};
  }
  [[nodiscard]] constexpr Shape filter_shape(const Shape& input) const {
    return {units, static_cast<std::int32_t>(row_elements(input))};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs_of_node) const {
    const TensorType& input = inputs_of_node[0];
    if (units < 1) return NeedsUnits::rule;
    if (input.shape.rank < 1 || input.shape.elements() < 1) return NeedsRows::rule;
    const std::int64_t row = row_elements(input.shape);
    if (row < 1 || input.shape.elements() % row != 0) return RowsFit::rule;
    if (keep_dimensions == 0) return TensorType{{geometry(input.shape).input_width, units}, input.element};
    if (row != input.shape.channels()) return RowsFit::rule;
    TensorType output = input;
    output.shape[output.shape.rank - 1] = units;
    return output;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes inputs_of_node, const Shape& output) const {
    return output.elements() * row_elements(inputs_of_node[0].shape);
  }
};

}  // namespace op

namespace kernels {

/// LiteRT's fully connected reference kernels multiply in double precision, unlike its convolutions; every other
/// rounding means the same in both.
template <class R>
using FullyConnectedRounding = std::conditional_t<std::is_same_v<R, rounding::Reference>, rounding::Double, R>;

/// FullyConnected, weights packed at construction; used as `kernels::Conv2d` is, with the geometry of
/// `op::FullyConnected::geometry`. A fully connected layer is a pointwise convolution and has no kernels of its own.
template <class Storage, class Policy>
class FullyConnected : public PackedConvolution<Conv2dRung, Storage, FullyConnectedRounding<RoundingOf<Policy>>> {
  using R = FullyConnectedRounding<RoundingOf<Policy>>;
  using Base = PackedConvolution<Conv2dRung, Storage, R>;

 public:
  /// `filter` [units, inputs]; `bias` [units] at scale input * filter, or empty. Both are copied into `memory`.
  FullyConnected(const WindowGeometry& g, std::span<const FilterOf<Storage>> filter,
                 std::span<const SumOf<Storage>> bias, const ConvolutionQuantization& q, std::span<std::byte> memory)
      : Base(
            g, quantized_arguments<Storage, R>(filter, bias, q), q.filter_scales.size(),
            [&](std::size_t i) { return channel_multiplier(q.input.scale, q.filter_scales[i], q.output.scale); },
            memory) {
    DLPU_ASSERT(g.pointwise() && g.batch == 1 && g.input_height == 1);
    DLPU_ASSERT(filter.size() ==
                static_cast<std::size_t>(g.input_channels) * static_cast<std::size_t>(g.output_channels));
    DLPU_ASSERT(Policy::per_channel || q.filter_scales.size() == 1);
  }
};

/// FullyConnected in float32. A template, so that only who uses it compiles its kernels.
template <class Real>
requires std::is_same_v<Real, float>
class FullyConnected<Real, Unquantized> : public PackedConvolution<Conv2dRung, Real, void> {
 public:
  FullyConnected(const WindowGeometry& g, std::span<const float> filter, std::span<const float> bias,
                 Activation activation, std::span<std::byte> memory)
      : FullyConnected::PackedConvolution(
            g, {filter.data(), bias.empty() ? nullptr : bias.data(), activation_range(activation)}, 0,
            [](std::size_t) { return 1.0; }, memory) {
    DLPU_ASSERT(g.pointwise() && g.batch == 1 && g.input_height == 1);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

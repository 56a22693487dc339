#pragma once

/// Mean over any axes: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/portable/mean.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {

/// Some axes of a tensor; negative ones count from the innermost, -1.
struct Axes {
  std::array<std::int32_t, Shape::max_rank> values{};
  std::int32_t count = 0;

  constexpr Axes() = default;
  constexpr Axes(std::initializer_list<std::int32_t> axes) {  // implicit: `.axes = {1, 2}` reads as it should
    for (std::int32_t axis : axes) push_back(axis);
  }
  constexpr void push_back(std::int32_t axis) {
    DLPU_ASSERT(count < Shape::max_rank);
    values[static_cast<std::size_t>(count++)] = axis;
  }
  /// All axes exist in a tensor of `rank` dimensions.
  [[nodiscard]] constexpr bool within(std::int32_t rank) const {
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t axis = values[static_cast<std::size_t>(i)];
      if (axis < -rank || axis >= rank) return false;
    }
    return true;
  }
  /// Whether `axis`, counted from the outermost, is among them.
  [[nodiscard]] constexpr bool contains(std::int32_t axis, std::int32_t rank) const {
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t value = values[static_cast<std::size_t>(i)];
      if ((value < 0 ? value + rank : value) == axis) return true;
    }
    return false;
  }
  friend constexpr bool operator==(const Axes&, const Axes&) = default;
};

namespace op {

/// The mean along some axes; by default over height and width of NHWC, which leaves [batch, channels].
struct Mean {
  static constexpr std::string_view name = "MEAN";
  using elements = stored_elements;

  Axes axes = {1, 2};
  std::int32_t keep_dimensions = 0;  ///< not 0: the averaged dimensions stay, with size 1

  DLPU_RULE(NeedsAxes, "Mean: there are no axes to average over; give .axes", "");
  DLPU_RULE(AxisExists, "Mean: an axis is outside the input's dimensions", "");
  DLPU_RULE(NotEmpty, "Mean: the input has no elements to average", "");
  using rules = type_list<NeedsAxes, AxisExists, NotEmpty>;

  [[nodiscard]] constexpr reference::MeanGeometry geometry(const Shape& input) const {
    reference::MeanGeometry g;
    for (std::int32_t i = 0; i < input.rank; ++i) g.push_back(input[i], axes.contains(i, input.rank));
    return g;
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (axes.count < 1) return NeedsAxes::rule;
    if (!axes.within(input.rank)) return AxisExists::rule;
    if (input.elements() < 1) return NotEmpty::rule;
    Shape output;
    for (std::int32_t i = 0; i < input.rank; ++i) {
      if (!axes.contains(i, input.rank))
        output.push_back(input[i]);
      else if (keep_dimensions)
        output.push_back(1);
    }
    return TensorType{output, inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// The multiplier of a sum of `count` elements. LiteRT makes a fixed-point multiplier from the scales alone, then
/// divides that by the count, in integers and towards zero, with as many bits as the shift can give back. Other
/// multipliers are made from the real number.
template <RoundingPolicy R>
[[nodiscard]] constexpr typename R::Multiplier mean_multiplier(float input_scale, float output_scale,
                                                               std::int64_t count) {
  const double scales = static_cast<double>(input_scale) / static_cast<double>(output_scale);
  if constexpr (std::is_same_v<typename R::Multiplier, FixedPointMultiplier>) {
    const FixedPointMultiplier whole = R::multiplier(scales);
    auto shift = static_cast<std::int32_t>(std::bit_width(static_cast<std::uint64_t>(count))) - 1;
    if (shift > 32) shift = 32;
    if (shift > 31 + whole.shift) shift = 31 + whole.shift;
    return {static_cast<std::int32_t>((std::int64_t{whole.value} << shift) / count), whole.shift - shift};
  } else {
    return R::multiplier(scales / static_cast<double>(count));
  }
}

/// Mean on one shape. `Storage` is int8 or uint8; the policy chooses the rounding.
///
///     dlpu::kernels::Mean<std::int8_t, dlpu::PerTensor> mean{{.axes = {1, 2}}, {1, 7, 7, 1280}, input_q, output_q};
///     mean.run(input, output);
template <class Storage, class Policy>
class Mean {
  using R = typename Policy::Rounding;

 public:
  constexpr Mean(const op::Mean& op, const Shape& input, Quantization input_quantization, Quantization output)
      : geometry_(op.geometry(input)),
        multiplier_(mean_multiplier<R>(input_quantization.scale, output.scale, geometry_.count(true))),
        input_zero_point_(input_quantization.zero_point),
        output_(output) {}

  /// As many elements as the shapes have, row-major.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(geometry_.count(true) * geometry_.count(false)));
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.count(false)));
    const Requantization<R> requantization{
        {&multiplier_, 1}, output_.zero_point, activation_range<Storage>(Activation::none, output_)};
    // Sums of as many numbers as this cannot overflow before the oracle's sum wraps.
    constexpr std::int32_t most_numbers = 1 << (31 - 8 * sizeof(Storage));
    if (!std::is_constant_evaluated() && portable::is_middle_mean(geometry_) && geometry_.dims[1] < most_numbers) {
      portable::middle_mean(geometry_, input.data(), input_zero_point_, requantization, output.data());
    } else {
      reference::mean(geometry_, input.data(), input_zero_point_, requantization, output.data());
    }
  }

 private:
  reference::MeanGeometry geometry_;
  typename R::Multiplier multiplier_;
  std::int32_t input_zero_point_;
  Quantization output_;
};

/// Mean in float32.
template <>
class Mean<float, Unquantized> {
 public:
  constexpr Mean(const op::Mean& op, const Shape& input) : geometry_(op.geometry(input)) {}

  constexpr void run(std::span<const float> input, std::span<float> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(geometry_.count(true) * geometry_.count(false)));
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.count(false)));
    if (!std::is_constant_evaluated() && portable::is_middle_mean(geometry_)) {
      portable::middle_mean(geometry_, input.data(), output.data());
    } else {
      reference::mean(geometry_, input.data(), output.data());
    }
  }

 private:
  reference::MeanGeometry geometry_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

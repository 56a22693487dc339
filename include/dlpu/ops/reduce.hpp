#pragma once

/// Sum, ReduceMax and ReduceMin over any axes: parameters, shape rules, and the kernel for callers that bring their own
/// buffers.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/reduce.hpp"
#include "dlpu/ops/mean.hpp"

namespace dlpu::inline DLPU_ABI {

/// What becomes of the elements along the axes.
enum class ReductionKind : std::int32_t { sum, maximum, minimum };

/// A reduction with its axes.
struct Reduction {
  ReductionKind kind = ReductionKind::sum;
  Axes axes;

  [[nodiscard]] constexpr reference::MeanGeometry geometry(const Shape& input) const {
    return op::Mean{axes}.geometry(input);
  }
};

namespace detail {
/// The names of TensorFlow Lite, in the order of `ReductionKind`.
inline constexpr std::array<std::string_view, 3> reduction_names{"SUM", "REDUCE_MAX", "REDUCE_MIN"};
}  // namespace detail

namespace op {

/// One number of all those along some axes. The largest and the smallest keep the input's scale and zero point.
template <ReductionKind Kind>
struct Reduce {
  static constexpr std::string_view name = dlpu::detail::reduction_names[static_cast<std::size_t>(Kind)];
  static constexpr bool keeps_quantization = Kind != ReductionKind::sum;
  using elements = type_list<float, std::int8_t, std::uint8_t, std::int32_t, std::int64_t>;

  Axes axes = {1, 2};
  std::int32_t keep_dimensions = 0;  ///< not 0: the reduced dimensions stay, with size 1

  DLPU_RULE(OneInput, "Reduction: needs one input", "");
  DLPU_RULE(NeedsAxes, "Reduction: there are no axes to reduce; give .axes", "");
  DLPU_RULE(AxisExists, "Reduction: an axis is outside the input's dimensions", "");
  DLPU_RULE(NotEmpty, "Reduction: the input has no elements", "");
  DLPU_RULE(NumberInput, "Reduction: booleans cannot be added or ordered; cast them", "");
  using rules = type_list<OneInput, NeedsAxes, AxisExists, NotEmpty, NumberInput>;

  [[nodiscard]] constexpr Reduction reduction() const { return {Kind, axes}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 1) return OneInput::rule;
    const Shape& input = inputs[0].shape;
    if (axes.count < 1) return NeedsAxes::rule;
    if (!axes.within(input.rank)) return AxisExists::rule;
    if (input.elements() < 1) return NotEmpty::rule;
    if (inputs[0].element == ElementType::boolean) return NumberInput::rule;
    return Mean{axes, keep_dimensions}.infer(inputs);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

using Sum = Reduce<ReductionKind::sum>;
using ReduceMax = Reduce<ReductionKind::maximum>;
using ReduceMin = Reduce<ReductionKind::minimum>;

}  // namespace op

/// An operator that reduces.
template <class Op>
concept ReductionOperator = requires(const Op& op) {
  { op.reduction() } -> std::same_as<Reduction>;
};

namespace kernels {

/// A reduction of one shape. `Storage` is int8 or uint8; the policy chooses the rounding of sums.
///
///     dlpu::kernels::Reduce<std::int8_t, dlpu::PerTensor> sum{dlpu::op::Sum{}, {1, 7, 7, 16}, input_q, output_q};
///     sum.run(input, output);
template <class Storage, class Policy>
class Reduce {
  using R = typename Policy::Rounding;

 public:
  template <ReductionOperator Op>
  constexpr Reduce(const Op& op, const Shape& input, Quantization input_quantization, Quantization output)
      : Reduce(op.reduction(), input, input_quantization, output) {}
  constexpr Reduce(const Reduction& reduction, const Shape& input, Quantization input_quantization,
                   Quantization output)
      : geometry_(reduction.geometry(input)),
        kind_(reduction.kind),
        multiplier_(R::multiplier(static_cast<double>(input_quantization.scale) / static_cast<double>(output.scale))),
        input_zero_point_(input_quantization.zero_point),
        output_(output) {}

  /// As many elements as the shapes have, row-major.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.count(false)));
    if (kind_ != ReductionKind::sum) {
      reference::extreme(geometry_, kind_ == ReductionKind::maximum, input.data(), output.data());
      return;
    }
    const Requantization<R> requantization{
        {&multiplier_, 1}, output_.zero_point, activation_range<Storage>(Activation::none, output_)};
    reference::sum(geometry_, input.data(), input_zero_point_, requantization, output.data());
  }

 private:
  reference::MeanGeometry geometry_;
  ReductionKind kind_;
  typename R::Multiplier multiplier_;
  std::int32_t input_zero_point_;
  Quantization output_;
};

/// In numbers that are not quantized: float32, int32 or int64.
template <class Number>
class Reduce<Number, Unquantized> {
 public:
  template <ReductionOperator Op>
  constexpr Reduce(const Op& op, const Shape& input) : Reduce(op.reduction(), input) {}
  constexpr Reduce(const Reduction& reduction, const Shape& input)
      : geometry_(reduction.geometry(input)), kind_(reduction.kind) {}

  constexpr void run(std::span<const Number> input, std::span<Number> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.count(false)));
    if (kind_ == ReductionKind::sum)
      reference::sum(geometry_, input.data(), output.data());
    else
      reference::extreme(geometry_, kind_ == ReductionKind::maximum, input.data(), output.data());
  }

 private:
  reference::MeanGeometry geometry_;
  ReductionKind kind_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

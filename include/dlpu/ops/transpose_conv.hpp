#pragma once

/// TransposeConv: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/convolution.hpp"
#include "dlpu/kernels/reference/transpose_conv_rung.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// A transposed convolution, which makes images larger: the convolution with these parameters takes the output's shape
/// to the input's. Input NHWC, filter OHWI [filters, kernel, kernel, input channels], bias [filters]; output NHWC.
struct TransposeConv {
  static constexpr std::string_view name = "TRANSPOSE_CONV";
  /// The axis of the filter on which per-channel scales lie.
  static constexpr int filter_channel_axis = 0;

  std::int32_t filters = 0;  ///< output channels; must be given
  Size2D kernel = {};        ///< must be given
  Size2D stride = 1;
  Padding padding = Padding::same;  ///< same or valid
  Activation activation = Activation::none;
  Size2D output = {};  ///< height and width; 0: input * stride (same), or room for all windows (valid)

  DLPU_RULE(NeedsFilters, "TransposeConv: the number of output channels is missing or below 1; give .filters", "");
  DLPU_RULE(NeedsKernel, "TransposeConv: the kernel size is missing or below 1; give .kernel", "");
  DLPU_RULE(NeedsStride, "TransposeConv: the stride must be at least 1", "");
  DLPU_RULE(NeedsImage, "TransposeConv: the input must have four dimensions, NHWC", "");
  DLPU_RULE(SameOrValid, "TransposeConv: the padding must be Padding::same or Padding::valid", "");
  DLPU_RULE(
      OutputFits,
      "TransposeConv: a convolution with this kernel, stride and padding does not take the output's size to the "
      "input's; give another .output",
      "");
  using rules = type_list<NeedsFilters, NeedsKernel, NeedsStride, NeedsImage, SameOrValid, OutputFits>;

  /// The output's height and width.
  [[nodiscard]] constexpr Size2D output_size(const Shape& input) const {
    return {extent(input[1], kernel.height, stride.height, output.height),
            extent(input[2], kernel.width, stride.width, output.width)};
  }
  [[nodiscard]] constexpr WindowGeometry geometry(const Shape& input) const {
    const Size2D size = output_size(input);
    const WindowAxis rows = slide(size.height, kernel.height, stride.height, 1, padding.kind, 0, 0);
    const WindowAxis columns = slide(size.width, kernel.width, stride.width, 1, padding.kind, 0, 0);
    return {input[0], input[1], input[2], input[3], size.height,     size.width,
            filters,  kernel,   stride,   1,        rows.pad_before, columns.pad_before};
  }
  [[nodiscard]] constexpr Shape filter_shape(const Shape& input) const {
    return {filters, kernel.height, kernel.width, input.channels()};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (filters < 1) return NeedsFilters::rule;
    if (below_one(kernel)) return NeedsKernel::rule;
    if (below_one(stride)) return NeedsStride::rule;
    if (input.rank != 4) return NeedsImage::rule;
    if (padding.kind == Padding::Kind::explicit_sides) return SameOrValid::rule;
    const Size2D size = output_size(input);
    if (below_one(size) || slides(size.height, kernel.height, stride.height) != input[1] ||
        slides(size.width, kernel.width, stride.width) != input[2]) {
      return OutputFits::rule;
    }
    return TensorType{{input[0], size.height, size.width, filters}, inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes inputs, const Shape&) const {
    return inputs[0].shape.elements() * kernel.height * kernel.width * filters;
  }

 private:
  [[nodiscard]] constexpr std::int32_t extent(std::int32_t input, std::int32_t taps, std::int32_t step,
                                              std::int32_t given) const {
    if (given != 0) return given;
    const std::int64_t between = padding.kind == Padding::Kind::same ? 0 : taps > step ? taps - step : 0;
    const std::int64_t size = std::int64_t{input} * step + between;
    return size > std::numeric_limits<std::int32_t>::max() ? 0 : static_cast<std::int32_t>(size);
  }
  [[nodiscard]] constexpr std::int32_t slides(std::int32_t size, std::int32_t taps, std::int32_t step) const {
    return slide(size, taps, step, 1, padding.kind, 0, 0).output;
  }
};

}  // namespace op

namespace kernels {

/// TransposeConv on one geometry, weights packed at construction. `Storage` is int8 or uint8; the policy chooses the
/// rounding, and whether there is one filter scale or one per channel. Used as `Conv2d` is.
template <class Storage, class Policy>
class TransposeConv : public PackedConvolution<TransposeConvRung, Storage, RoundingOf<Policy>> {
  using Base = PackedConvolution<TransposeConvRung, Storage, RoundingOf<Policy>>;

 public:
  /// `filter` OHWI; `bias` [output_channels] at scale input * filter, or empty. Both are copied into `packed`.
  TransposeConv(const WindowGeometry& g, std::span<const Storage> filter, std::span<const std::int32_t> bias,
                const ConvolutionQuantization& q, std::span<std::byte> memory)
      : Base(
            g, quantized_arguments<Storage, RoundingOf<Policy>>(filter, bias, q), q.filter_scales.size(),
            [&](std::size_t i) { return convolution_multiplier<Storage>(q, i); }, memory) {
    DLPU_ASSERT(Policy::per_channel || q.filter_scales.size() == 1);
  }
};

/// TransposeConv in float32. A template, so that only who uses it compiles its kernels.
template <class Real>
requires std::is_same_v<Real, float>
class TransposeConv<Real, Unquantized> : public PackedConvolution<TransposeConvRung, Real, void> {
 public:
  TransposeConv(const WindowGeometry& g, std::span<const float> filter, std::span<const float> bias,
                Activation activation, std::span<std::byte> memory)
      : TransposeConv::PackedConvolution(
            g, {filter.data(), bias.empty() ? nullptr : bias.data(), activation_range(activation)}, 0,
            [](std::size_t) { return 1.0; }, memory) {}
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

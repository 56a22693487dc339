#pragma once

/// Conv2D: parameters, shape rule, and the kernel for callers that bring their own buffers.

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

/// A two-dimensional convolution. Input NHWC, filter OHWI [filters, kernel, kernel, input channels], bias
/// [filters]; output NHWC.
struct Conv2d {
  static constexpr std::string_view name = "CONV_2D";
  using elements = stored_elements;
  /// The axis of the filter on which per-channel scales lie.
  static constexpr int filter_channel_axis = 0;

  std::int32_t filters = 0;  ///< output channels; must be given
  Size2D kernel = {};        ///< must be given
  Size2D stride = 1;
  Size2D dilation = 1;
  Padding padding = Padding::same;
  Activation activation = Activation::none;

  DLPU_RULE(NeedsFilters, "Conv2D: the number of output channels is missing or below 1; give .filters", "");
  DLPU_RULE(NeedsKernel, "Conv2D: the kernel size is missing or below 1; give .kernel", "");
  DLPU_RULE(NeedsStride, "Conv2D: stride and dilation must be at least 1", "");
  DLPU_RULE(NeedsImage, "Conv2D: the input must have four dimensions, NHWC", "");
  DLPU_RULE(KernelFits, "Conv2D: the kernel is larger than the padded input; use Padding::same or a smaller kernel",
            "");
  using rules = type_list<NeedsFilters, NeedsKernel, NeedsStride, NeedsImage, KernelFits>;

  [[nodiscard]] constexpr WindowGeometry geometry(const Shape& input) const {
    return window_geometry(input, filters, kernel, stride, dilation, padding);
  }
  [[nodiscard]] constexpr Shape filter_shape(const Shape& input) const {
    return {filters, kernel.height, kernel.width, input.channels()};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (filters < 1) return NeedsFilters::rule;
    if (below_one(kernel)) return NeedsKernel::rule;
    if (below_one(stride) || below_one(dilation)) return NeedsStride::rule;
    if (input.rank != 4) return NeedsImage::rule;
    const WindowGeometry g = geometry(input);
    if (g.output_height < 1 || g.output_width < 1) return KernelFits::rule;
    return TensorType{{g.batch, g.output_height, g.output_width, filters}, inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes inputs, const Shape& output) const {
    return output.elements() * kernel.height * kernel.width * inputs[0].shape.channels();
  }
};

}  // namespace op

namespace kernels {

/// Conv2D on one geometry, weights packed at construction. `Storage` is int8 or uint8; the policy chooses the
/// rounding, and whether there is one filter scale or one per channel.
///
///     using Conv = dlpu::kernels::Conv2d<std::int8_t, dlpu::PerChannel>;
///     // packed: Conv::packed_bytes(geometry) bytes, scratch: Conv::scratch_bytes(geometry), both 64-byte aligned
///     Conv conv{geometry, filter, bias, quantization, packed};
///     conv.run(input, output, scratch);
template <class Storage, class Policy>
class Conv2d : public PackedConvolution<Conv2dRung, Storage, RoundingOf<Policy>> {
  using Base = PackedConvolution<Conv2dRung, Storage, RoundingOf<Policy>>;

 public:
  /// `filter` OHWI; `bias` [output_channels] at scale input * filter, or empty. Both are copied into
  /// `packed`.
  Conv2d(const WindowGeometry& g, std::span<const FilterOf<Storage>> filter, std::span<const SumOf<Storage>> bias,
         const ConvolutionQuantization& q, std::span<std::byte> memory)
      : Base(
            g, quantized_arguments<Storage, RoundingOf<Policy>>(filter, bias, q), q.filter_scales.size(),
            [&](std::size_t i) { return convolution_multiplier<Storage>(q, i); }, memory) {
    DLPU_ASSERT(filter.size() >= Conv2dRung<isa::scalar, Storage, RoundingOf<Policy>>::packed_bytes(g));
    DLPU_ASSERT(Policy::per_channel || q.filter_scales.size() == 1);
  }
};

/// Conv2D in float32. A template, so that only who uses it compiles its kernels.
template <class Real>
requires std::is_same_v<Real, float>
class Conv2d<Real, Unquantized> : public PackedConvolution<Conv2dRung, Real, void> {
 public:
  Conv2d(const WindowGeometry& g, std::span<const float> filter, std::span<const float> bias, Activation activation,
         std::span<std::byte> memory)
      : Conv2d::PackedConvolution(
            g, {filter.data(), bias.empty() ? nullptr : bias.data(), activation_range(activation)}, 0,
            [](std::size_t) { return 1.0; }, memory) {}
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

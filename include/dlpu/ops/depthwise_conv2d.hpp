#pragma once

/// DepthwiseConv2D: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/avx2/depthwise_conv2d_float_rung.hpp"
#include "dlpu/kernels/avx2/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/avx512_vnni/depthwise_conv2d_float_rung.hpp"
#include "dlpu/kernels/avx512_vnni/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/convolution.hpp"
#include "dlpu/kernels/neon/depthwise_conv2d_float_rung.hpp"
#include "dlpu/kernels/neon/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/neon_dot/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/portable/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/reference/depthwise_conv2d_rung.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// A convolution of every channel on its own. Input NHWC with C channels, filter [1, kernel, kernel, C * multiplier],
/// bias [C * multiplier]; output NHWC with C * multiplier channels, those of one input channel side by side.
struct DepthwiseConv2d {
  static constexpr std::string_view name = "DEPTHWISE_CONV_2D";
  using elements = stored_elements;
  /// The axis of the filter on which per-channel scales lie.
  static constexpr int filter_channel_axis = 3;

  std::int32_t multiplier = 1;  ///< output channels for each input channel
  Size2D kernel = {};           ///< must be given
  Size2D stride = 1;
  Size2D dilation = 1;
  Padding padding = Padding::same;
  Activation activation = Activation::none;

  DLPU_RULE(NeedsMultiplier, "DepthwiseConv2D: the channel multiplier must be at least 1", "");
  DLPU_RULE(NeedsKernel, "DepthwiseConv2D: the kernel size is missing or below 1; give .kernel", "");
  DLPU_RULE(NeedsStride, "DepthwiseConv2D: stride and dilation must be at least 1", "");
  DLPU_RULE(NeedsImage, "DepthwiseConv2D: the input must have four dimensions, NHWC", "");
  DLPU_RULE(KernelFits,
            "DepthwiseConv2D: the kernel is larger than the padded input; use Padding::same or a smaller kernel", "");
  DLPU_RULE(TooManyChannels,
            "DepthwiseConv2D: input channels times multiplier exceed 2^31 - 1; use a smaller multiplier", "");
  using rules = type_list<NeedsMultiplier, TooManyChannels, NeedsKernel, NeedsStride, NeedsImage, KernelFits>;

  [[nodiscard]] constexpr WindowGeometry geometry(const Shape& input) const {
    return window_geometry(input, input.channels() * multiplier, kernel, stride, dilation, padding);
  }
  [[nodiscard]] constexpr Shape filter_shape(const Shape& input) const {
    return {1, kernel.height, kernel.width, input.channels() * multiplier};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Shape& input = inputs[0].shape;
    if (multiplier < 1) return NeedsMultiplier::rule;
    if (below_one(kernel)) return NeedsKernel::rule;
    if (below_one(stride) || below_one(dilation)) return NeedsStride::rule;
    if (input.rank != 4) return NeedsImage::rule;
    if (multiplier > std::numeric_limits<std::int32_t>::max() / std::max(input.channels(), 1))
      return TooManyChannels::rule;
    const WindowGeometry g = geometry(input);
    if (g.output_height < 1 || g.output_width < 1) return KernelFits::rule;
    return TensorType{{g.batch, g.output_height, g.output_width, g.output_channels}, inputs[0].element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape& output) const {
    return output.elements() * kernel.height * kernel.width;
  }
};

}  // namespace op

namespace kernels {

/// DepthwiseConv2D on one geometry, weights packed at construction; used as `kernels::Conv2d` is. `Storage` is int8 or
/// uint8; the policy chooses the rounding, and whether there is one filter scale or one per output channel.
template <class Storage, class Policy>
class DepthwiseConv2d : public PackedConvolution<DepthwiseConv2dRung, Storage, RoundingOf<Policy>> {
  using Base = PackedConvolution<DepthwiseConv2dRung, Storage, RoundingOf<Policy>>;

 public:
  /// `filter` [1, kernel, kernel, output_channels]; `bias` [output_channels] at scale input * filter, or empty. Both
  /// are copied into `packed`. The geometry's output channels are a multiple of its input channels.
  DepthwiseConv2d(const WindowGeometry& g, std::span<const FilterOf<Storage>> filter,
                  std::span<const SumOf<Storage>> bias, const ConvolutionQuantization& q, std::span<std::byte> memory)
      : Base(
            g, quantized_arguments<Storage, RoundingOf<Policy>>(filter, bias, q), q.filter_scales.size(),
            [&](std::size_t i) { return convolution_multiplier<Storage>(q, i); }, memory) {
    DLPU_ASSERT(g.output_channels % g.input_channels == 0);
    DLPU_ASSERT(filter.size() == g.taps() * static_cast<std::size_t>(g.output_channels));
    DLPU_ASSERT(Policy::per_channel || q.filter_scales.size() == 1);
  }
};

/// DepthwiseConv2D in float32. A template, so that only who uses it compiles its kernels.
template <class Real>
requires std::is_same_v<Real, float>
class DepthwiseConv2d<Real, Unquantized> : public PackedConvolution<DepthwiseConv2dRung, Real, void> {
 public:
  DepthwiseConv2d(const WindowGeometry& g, std::span<const float> filter, std::span<const float> bias,
                  Activation activation, std::span<std::byte> memory)
      : DepthwiseConv2d::PackedConvolution(
            g, {filter.data(), bias.empty() ? nullptr : bias.data(), activation_range(activation)}, 0,
            [](std::size_t) { return 1.0; }, memory) {
    DLPU_ASSERT(g.output_channels % g.input_channels == 0);
    DLPU_ASSERT(filter.size() == g.taps() * static_cast<std::size_t>(g.output_channels));
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

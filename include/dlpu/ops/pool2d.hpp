#pragma once

/// AveragePool2D and MaxPool2D: parameters, shape rules, and the kernels for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/portable/pool2d.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

namespace pool2d {
DLPU_RULE(NeedsKernel, "Pool2D: the kernel size is missing or below 1; give .kernel", "");
DLPU_RULE(NeedsStride, "Pool2D: the stride must be at least 1", "");
DLPU_RULE(NeedsImage, "Pool2D: the input must have four dimensions, NHWC", "");
DLPU_RULE(PaddingFits, "Pool2D: explicit padding must not be negative and must be smaller than the kernel", "");
DLPU_RULE(KernelFits, "Pool2D: the kernel is larger than the padded input; use Padding::same or a smaller kernel",
          "");
using rules = type_list<NeedsKernel, NeedsStride, NeedsImage, PaddingFits, KernelFits>;

[[nodiscard]] constexpr bool padding_fits(const Padding& p, Size2D kernel) {
  if (p.kind != Padding::Kind::explicit_sides) return true;
  return p.top >= 0 && p.bottom >= 0 && p.left >= 0 && p.right >= 0 && p.top < kernel.height &&
         p.bottom < kernel.height && p.left < kernel.width && p.right < kernel.width;
}

/// The output of a pooling operator: they all have the same fields.
template <class Op>
[[nodiscard]] constexpr Inferred infer(const Op& op, TensorTypes inputs) {
  const Shape& input = inputs[0].shape;
  if (below_one(op.kernel)) return NeedsKernel::rule;
  if (below_one(op.stride)) return NeedsStride::rule;
  if (input.rank != 4) return NeedsImage::rule;
  if (!padding_fits(op.padding, op.kernel)) return PaddingFits::rule;
  const WindowGeometry g = op.geometry(input);
  if (g.output_height < 1 || g.output_width < 1) return KernelFits::rule;
  return TensorType{{g.batch, g.output_height, g.output_width, g.output_channels}, inputs[0].element};
}
}  // namespace pool2d

/// The mean of each window, channel by channel. Places in the padding do not count. NHWC in, NHWC out.
struct AveragePool2d {
  static constexpr std::string_view name = "AVERAGE_POOL_2D";
  using elements = stored_elements;
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  Size2D kernel = {};  ///< must be given
  Size2D stride = 1;
  Padding padding = Padding::valid;
  Activation activation = Activation::none;

  using rules = pool2d::rules;

  [[nodiscard]] constexpr WindowGeometry geometry(const Shape& input) const {
    return window_geometry(input, input.channels(), kernel, stride, 1, padding);
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return pool2d::infer(*this, inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// The largest element of each window, channel by channel. NHWC in, NHWC out.
struct MaxPool2d {
  static constexpr std::string_view name = "MAX_POOL_2D";
  using elements = stored_elements;
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  Size2D kernel = {};  ///< must be given
  Size2D stride = 1;
  Padding padding = Padding::valid;
  Activation activation = Activation::none;

  using rules = pool2d::rules;

  [[nodiscard]] constexpr WindowGeometry geometry(const Shape& input) const {
    return window_geometry(input, input.channels(), kernel, stride, 1, padding);
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return pool2d::infer(*this, inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {
namespace detail {

/// What both poolings keep: the geometry and the range that the activation allows.
template <class Storage>
class Pool2d {
 public:
  static constexpr bool quantized = !std::is_same_v<Storage, float>;
  using Parameters = std::conditional_t<quantized, Quantization, NoQuantization>;
  using Bounds = Range<std::conditional_t<quantized, std::int32_t, float>>;

  [[nodiscard]] constexpr const WindowGeometry& geometry() const { return geometry_; }

 protected:
  constexpr Pool2d(const WindowGeometry& g, Activation activation, [[maybe_unused]] Parameters parameters)
      : geometry_(g) {
    DLPU_ASSERT(g.input_channels == g.output_channels && g.dilation == Size2D(1));
    if constexpr (quantized) {
      bounds_ = activation_range<Storage>(activation, parameters);
    } else {
      bounds_ = activation_range(activation);
    }
  }
  constexpr void check(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(input.size() >= geometry_.input_elements() && output.size() >= geometry_.output_elements());
    (void)input, (void)output;
  }

  WindowGeometry geometry_;
  Bounds bounds_{};
};

}  // namespace detail

/// AveragePool2D on one geometry. `Storage` is float, int8 or uint8; `parameters` are those of both sides.
///
///     dlpu::kernels::AveragePool2d<std::int8_t> pool{op.geometry(shape), op.activation, {0.05f, -3}};
///     pool.run(input, output);
template <class Storage>
class AveragePool2d : public detail::Pool2d<Storage> {
  using Base = detail::Pool2d<Storage>;

 public:
  constexpr explicit AveragePool2d(const WindowGeometry& g, Activation activation = Activation::none,
                                   typename Base::Parameters parameters = {})
      : Base(g, activation, parameters) {}

  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    this->check(input, output);
    portable::average_pool2d(this->geometry_, input.data(), this->bounds_, output.data());
  }
};

/// MaxPool2D on one geometry. `Storage` is float, int8 or uint8; `parameters` are those of both sides.
template <class Storage>
class MaxPool2d : public detail::Pool2d<Storage> {
  using Base = detail::Pool2d<Storage>;

 public:
  constexpr explicit MaxPool2d(const WindowGeometry& g, Activation activation = Activation::none,
                               typename Base::Parameters parameters = {})
      : Base(g, activation, parameters) {}

  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    this->check(input, output);
    portable::max_pool2d(this->geometry_, input.data(), this->bounds_, output.data());
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

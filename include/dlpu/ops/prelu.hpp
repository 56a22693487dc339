#pragma once

/// PRelu: shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/prelu.hpp"
#include "dlpu/ops/pair_shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// LeakyRelu with slopes that are a tensor: the second input, broadcast to the shape of the first.
struct PRelu {
  static constexpr std::string_view name = "PRELU";

  DLPU_RULE(SlopesFit, "PRelu: the slopes must broadcast to the shape of the input, which stays", "");
  using rules = type_list<pair_rule::NeedsTwoInputs, pair_rule::SameElement, pair_rule::ShapesMatch, SlopesFit>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Inferred inferred = infer_pair(inputs);
    if (!inferred.problem && inferred.outputs[0].shape != inputs[0].shape) return SlopesFit::rule;
    return inferred;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// How the tensors of a PRelu are quantized.
struct PReluQuantization {
  Quantization input, alpha, output;
};

/// PRelu on two shapes. `Storage` is int8 or uint8; the policy chooses the rounding.
///
///     dlpu::kernels::PRelu<std::int8_t, dlpu::PerTensor> prelu{{1, 7, 7, 16}, {1, 1, 16}, {input_q, alpha_q, output_q}};
///     prelu.run(input, alpha, output);
template <class Storage, class Policy>
class PRelu {
  using R = typename Policy::Rounding;

 public:
  constexpr PRelu(const Shape& input, const Shape& alpha, const PReluQuantization& q)
      : broadcast_(reference::broadcast(input, alpha)),
        // LiteRT multiplies and divides the scales in single precision (`activations::PreluPrepare`).
        arguments_{q.input.zero_point,
                   q.alpha.zero_point,
                   q.output.zero_point,
                   R::multiplier(static_cast<double>(q.input.scale / q.output.scale)),
                   R::multiplier(static_cast<double>(q.input.scale * q.alpha.scale / q.output.scale)),
                   activation_range<Storage>(Activation::none, q.output)} {}

  /// As many elements as the shapes have, row-major.
  constexpr void run(std::span<const Storage> input, std::span<const Storage> alpha,
                     std::span<Storage> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    reference::prelu(broadcast_, input.data(), alpha.data(), arguments_, output.data());
  }

 private:
  reference::Broadcast broadcast_;
  reference::PReluArguments<R> arguments_;
};

/// PRelu in float32.
template <>
class PRelu<float, Unquantized> {
 public:
  constexpr PRelu(const Shape& input, const Shape& alpha) : broadcast_(reference::broadcast(input, alpha)) {}

  constexpr void run(std::span<const float> input, std::span<const float> alpha, std::span<float> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    reference::prelu(broadcast_, input.data(), alpha.data(), output.data());
  }

 private:
  reference::Broadcast broadcast_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Relu, Relu6, ReluN1To1 and Clamp as operators of their own: parameters, shape rule, and the kernels for callers that
/// bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/relu.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// An activation function that is not fused into the operator before it. Input and output have the same shape; each
/// has its own quantization.
struct Relu {
  static constexpr std::string_view name = "RELU";
  using elements = stored_elements;

  Activation activation = Activation::relu;

  DLPU_RULE(NeedsActivation, "Relu: the activation must be relu, relu6 or relu_n1_to_1", "");
  using rules = type_list<NeedsActivation>;

  /// The TensorFlow Lite operator that this activation is: RELU, RELU6 or RELU_N1_TO_1.
  [[nodiscard]] constexpr std::string_view builtin_name() const {
    if (activation == Activation::relu6) return "RELU6";
    return activation == Activation::relu_n1_to_1 ? "RELU_N1_TO_1" : name;
  }
  [[nodiscard]] constexpr Range<float> range() const { return activation_range(activation); }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const bool known =
        activation == Activation::relu || activation == Activation::relu6 || activation == Activation::relu_n1_to_1;
    return known ? Inferred(inputs[0]) : Inferred(NeedsActivation::rule);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// Real numbers below `low` become `low`, above `high` become `high`. Infinities leave a side open. TensorFlow Lite has
/// no such operator: it writes a pair of MINIMUM and MAXIMUM.
struct Clamp {
  static constexpr std::string_view name = "CLAMP";
  using elements = stored_elements;

  float low = 0.0f;
  float high = 0.0f;

  DLPU_RULE(NeedsRange, "Clamp: the range is missing or empty; give .low and .high with low < high", "");
  using rules = type_list<NeedsRange>;

  [[nodiscard]] constexpr Range<float> range() const { return {low, high}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    return low < high ? Inferred(inputs[0]) : Inferred(NeedsRange::rule);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Clamp of any number of elements. `Storage` is int8 or uint8; the policy chooses the rounding.
///
///     dlpu::kernels::Clamp<std::int8_t, dlpu::PerTensor> clamp{{.low = 0.0f, .high = 4.0f}, input_q, output_q};
///     clamp.run(input, output);
template <class Storage, class Policy>
class Clamp {
  using R = typename Policy::Rounding;

 public:
  constexpr Clamp(const op::Clamp& op, Quantization input, Quantization output)
      // LiteRT's activations divide the scales in single precision (`activations::ReluPrepare`).
      : rescaling_{input.zero_point, R::multiplier(static_cast<double>(input.scale / output.scale)),
                   output.zero_point, quantized_range<Storage>(op.range(), output)} {}

  /// `output` has as many elements as `input`, and may be the same memory.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::clamp(input, rescaling_, output);
  }

 private:
  reference::Rescaling<R> rescaling_;
};

/// Clamp in float32.
template <>
class Clamp<float, Unquantized> {
 public:
  constexpr explicit Clamp(const op::Clamp& op) : range_(op.range()) {}

  constexpr void run(std::span<const float> input, std::span<float> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::clamp(input, range_, output);
  }

 private:
  Range<float> range_;
};

/// Relu, Relu6 and ReluN1To1: the clamp to the activation's range.
template <class Storage, class Policy>
class Relu : public Clamp<Storage, Policy> {
 public:
  constexpr Relu(const op::Relu& op, Quantization input, Quantization output)
      : Clamp<Storage, Policy>({op.range().low, op.range().high}, input, output) {}
};

template <>
class Relu<float, Unquantized> : public Clamp<float, Unquantized> {
 public:
  constexpr explicit Relu(const op::Relu& op) : Clamp({op.range().low, op.range().high}) {}
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

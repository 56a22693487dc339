#pragma once

/// Quantize: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/quantize.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// From float32 to stored numbers, or from one quantization to another. The shape stays.
struct Quantize {
  static constexpr std::string_view name = "QUANTIZE";
  using elements = stored_elements;

  ElementType element = ElementType::activation;  ///< of the output

  DLPU_RULE(QuantizedOutput,
            "Quantize: the output must be int8, uint8, int16, or what the quantization policy stores", "");
  DLPU_RULE(KnownInput,
            "Quantize: the input must be float32, int8, uint8, int16, or what the quantization policy stores", "");
  using rules = type_list<QuantizedOutput, KnownInput>;

  [[nodiscard]] static constexpr bool stores(ElementType type) {
    return type == ElementType::activation || is_quantized(type);
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (!stores(element)) return QuantizedOutput::rule;
    if (inputs[0].element != ElementType::float32 && !stores(inputs[0].element)) return KnownInput::rule;
    return TensorType{inputs[0].shape, element};
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Quantize of any number of elements, from int8 or uint8 to int8 or uint8; the policy chooses the rounding.
///
///     dlpu::kernels::Quantize<std::uint8_t, std::int8_t> quantize{input_q, output_q};
///     quantize.run(input, output);
template <class From, QuantizedStorage To, class Policy = PerTensor>
class Quantize {
  using R = typename Policy::Rounding;

 public:
  constexpr Quantize(Quantization input, Quantization output) {
    const reference::Rescaling<R> rescaling{
        input.zero_point, R::multiplier(static_cast<double>(input.scale) / static_cast<double>(output.scale)),
        output.zero_point, activation_range<To>(Activation::none, output)};
    for (std::size_t byte = 0; byte < results_.size(); ++byte) {
      results_[byte] = static_cast<To>(rescaling.apply(static_cast<From>(byte)));
      flips_ = flips_ && static_cast<std::uint8_t>(results_[byte]) == (byte ^ 0x80);
    }
  }

  /// `output` has as many elements as `input`.
  constexpr void run(std::span<const From> input, std::span<To> output) const {
    DLPU_ASSERT(output.size() == input.size());
    if (flips_) {
      for (std::size_t i = 0; i < input.size(); ++i) output[i] = static_cast<To>(input[i] ^ 0x80);
    } else {
      for (std::size_t i = 0; i < input.size(); ++i) output[i] = results_[static_cast<std::uint8_t>(input[i])];
    }
  }

 private:
  std::array<To, 256> results_{};
  bool flips_ =
      true;  ///< all that happens is a change of sign, as at the border between uint8 images and int8 networks
};

/// Quantize from or to 16 bits, of which there are too many to list all results.
template <QuantizedStorage From, QuantizedStorage To, class Policy>
requires(sizeof(From) == 2 || sizeof(To) == 2) class Quantize<From, To, Policy> {
  using R = typename Policy::Rounding;

 public:
  constexpr Quantize(Quantization input, Quantization output)
      : rescaling_{input.zero_point,
                   R::multiplier(static_cast<double>(input.scale) / static_cast<double>(output.scale)),
                   output.zero_point, activation_range<To>(Activation::none, output)} {}

  /// `output` has as many elements as `input`.
  constexpr void run(std::span<const From> input, std::span<To> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::rescale(input, rescaling_, output);
  }

 private:
  reference::Rescaling<R> rescaling_;
};

/// Quantize from float32. Halves are rounded away from zero in every policy.
template <QuantizedStorage To, class Policy>
class Quantize<float, To, Policy> {
 public:
  constexpr explicit Quantize(Quantization output) : output_(output) {}

  constexpr void run(std::span<const float> input, std::span<To> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::quantize(input, output_, output);
  }

 private:
  Quantization output_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

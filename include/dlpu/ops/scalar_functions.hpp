#pragma once

/// Logistic, Tanh, HardSwish, LeakyRelu, Elu, Exp, Log, Sqrt, Rsqrt, Square, Abs and Neg: functions of each element by
/// itself. Parameters, shape rules, and the kernel for callers that bring their own buffers.

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/scalar_function.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {

using ScalarFunction = reference::ScalarFunction;

namespace detail {
/// The names of TensorFlow Lite, in the order of `ScalarFunction::Kind`.
inline constexpr std::array<std::string_view, 12> scalar_function_names{
    "ABS", "ELU", "EXP", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "NEG", "RSQRT", "SQRT", "SQUARE", "TANH"};

/// The shape stays, and so does the element type: float32 or quantized, for Abs and Neg also integers.
template <class OneInput, class KnownElement>
[[nodiscard]] constexpr Inferred infer_scalar_function(ScalarFunction::Kind kind, TensorTypes inputs) {
  using Kind = ScalarFunction::Kind;
  if (inputs.size() != 1) return OneInput::rule;
  const ElementType element = inputs[0].element;
  const bool real = element == ElementType::activation || element == ElementType::float32 ||
                    element == ElementType::int8 || element == ElementType::uint8;
  const bool integer = element == ElementType::int32 || element == ElementType::int64;
  if (!real && !(integer && (kind == Kind::abs || kind == Kind::neg))) return KnownElement::rule;
  return inputs[0];
}
}  // namespace detail

namespace op {

/// A function without parameters. In int8 and uint8 input and output each have their own quantization.
template <ScalarFunction::Kind Kind>
struct ScalarOperator {
  static constexpr std::string_view name = dlpu::detail::scalar_function_names[static_cast<std::size_t>(Kind)];

  DLPU_RULE(OneInput, "A function of one number: needs one input", "");
  DLPU_RULE(
      KnownElement,
      "A function of one number: the input must be float32, int8, uint8, or what the policy stores; Abs and Neg "
      "also take int32 and int64",
      "");
  using rules = type_list<OneInput, KnownElement>;
  using elements = std::conditional_t<Kind == ScalarFunction::Kind::abs || Kind == ScalarFunction::Kind::neg,
                                      type_list<float, std::int8_t, std::uint8_t, std::int32_t, std::int64_t>,
                                      type_list<float, std::int8_t, std::uint8_t>>;

  [[nodiscard]] constexpr ScalarFunction scalar_function() const { return {Kind}; }
  /// The quantization that TensorFlow Lite's 8-bit specification gives the output: [0, 1) in steps of 1/256 of Logistic,
  /// [-1, 1) in steps of 1/128 of Tanh.
  template <QuantizedStorage Storage>
  requires((Kind == ScalarFunction::Kind::logistic || Kind == ScalarFunction::Kind::tanh) && sizeof(Storage) == 1)
      [[nodiscard]] static constexpr Quantization fixed_output() {
    constexpr std::int32_t lowest = std::numeric_limits<Storage>::min();
    return Kind == ScalarFunction::Kind::tanh ? Quantization{1.0f / 128.0f, lowest + 128}
                                              : Quantization{1.0f / 256.0f, lowest};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    return dlpu::detail::infer_scalar_function<OneInput, KnownElement>(Kind, inputs);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

using Abs = ScalarOperator<ScalarFunction::Kind::abs>;
using Elu = ScalarOperator<ScalarFunction::Kind::elu>;
using Exp = ScalarOperator<ScalarFunction::Kind::exp>;
using HardSwish = ScalarOperator<ScalarFunction::Kind::hard_swish>;
using Log = ScalarOperator<ScalarFunction::Kind::log>;
using Logistic = ScalarOperator<ScalarFunction::Kind::logistic>;
using Neg = ScalarOperator<ScalarFunction::Kind::neg>;
using Rsqrt = ScalarOperator<ScalarFunction::Kind::rsqrt>;
using Sqrt = ScalarOperator<ScalarFunction::Kind::sqrt>;
using Square = ScalarOperator<ScalarFunction::Kind::square>;
using Tanh = ScalarOperator<ScalarFunction::Kind::tanh>;

/// x above zero, alpha * x below.
struct LeakyRelu {
  static constexpr std::string_view name = "LEAKY_RELU";

  float alpha = 0.2f;

  DLPU_RULE(OneInput, "LeakyRelu: needs one input", "");
  DLPU_RULE(KnownElement, "LeakyRelu: the input must be float32, int8, uint8, or what the policy stores", "");
  using rules = type_list<OneInput, KnownElement>;

  [[nodiscard]] constexpr ScalarFunction scalar_function() const { return {ScalarFunction::Kind::leaky_relu, alpha}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    return dlpu::detail::infer_scalar_function<OneInput, KnownElement>(ScalarFunction::Kind::leaky_relu, inputs);
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

/// An operator that is a function of each element by itself.
template <class Op>
concept ScalarFunctionOperator = requires(const Op& op) {
  { op.scalar_function() } -> std::same_as<ScalarFunction>;
};

namespace kernels {

/// A function of any number of elements. `Storage` is int8 or uint8; all results are computed when the kernel is
/// constructed. The policy's rounding takes part in Abs and LeakyRelu; the others have one arithmetic.
///
///     dlpu::kernels::ScalarFunction<std::int8_t, dlpu::PerTensor> logistic{dlpu::op::Logistic{}, input_q, output_q};
///     logistic.run(input, output);
template <class Storage, class Policy>
class ScalarFunction {
 public:
  template <ScalarFunctionOperator Op>
  ScalarFunction(const Op& op, Quantization input, Quantization output)
      : ScalarFunction(op.scalar_function(), input, output) {}
  ScalarFunction(reference::ScalarFunction function, Quantization input, Quantization output)
      : table_(reference::function_table<typename Policy::Rounding, Storage>(function, input, output)) {}

  /// `output` has as many elements as `input`, and may be the same memory.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::look_up(input, table_, output);
  }

 private:
  reference::Table<Storage> table_;
};

/// In numbers that are not quantized: float32, or int32 and int64 for Abs and Neg.
template <class Number>
class ScalarFunction<Number, Unquantized> {
 public:
  template <ScalarFunctionOperator Op>
  explicit ScalarFunction(const Op& op) : ScalarFunction(op.scalar_function()) {}
  explicit ScalarFunction(reference::ScalarFunction function) : function_(function) {}

  void run(std::span<const Number> input, std::span<Number> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::apply(function_, input, output);
  }

 private:
  reference::ScalarFunction function_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

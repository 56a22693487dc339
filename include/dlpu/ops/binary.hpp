#pragma once

/// Sub, Mul, Div, Minimum and Maximum: parameters, shape rules, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/pair_function.hpp"
#include "dlpu/ops/add.hpp"
#include "dlpu/ops/pair_shape.hpp"

namespace dlpu::inline DLPU_ABI {

/// A function of two numbers with the activation of its result.
struct PairFunction {
  enum class Kind : std::int32_t { subtract, multiply, divide, minimum, maximum };

  Kind kind = Kind::subtract;
  Activation activation = Activation::none;
};

namespace op {

/// The numbers that have these functions.
using pair_elements = type_list<float, std::int8_t, std::uint8_t, std::int32_t, std::int64_t>;

/// The difference of two tensors, element by element, with broadcasting as in `Add`.
struct Sub {
  static constexpr std::string_view name = "SUB";
  using rules = pair_rule::rules;
  using elements = pair_elements;

  Activation activation = Activation::none;

  [[nodiscard]] constexpr PairFunction pair_function() const { return {PairFunction::Kind::subtract, activation}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return infer_pair(inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// The product.
struct Mul {
  static constexpr std::string_view name = "MUL";
  using rules = pair_rule::rules;
  using elements = pair_elements;

  Activation activation = Activation::none;

  [[nodiscard]] constexpr PairFunction pair_function() const { return {PairFunction::Kind::multiply, activation}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return infer_pair(inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// The quotient.
struct Div {
  static constexpr std::string_view name = "DIV";
  using rules = pair_rule::rules;
  using elements = pair_elements;

  Activation activation = Activation::none;

  [[nodiscard]] constexpr PairFunction pair_function() const { return {PairFunction::Kind::divide, activation}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return infer_pair(inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// The smaller of two numbers. Stored numbers are compared and passed on as they are.
struct Minimum {
  static constexpr std::string_view name = "MINIMUM";
  /// Both inputs and the output have one scale and one zero point.
  static constexpr bool keeps_quantization = true;
  using rules = pair_rule::rules;
  using elements = pair_elements;

  [[nodiscard]] constexpr PairFunction pair_function() const { return {PairFunction::Kind::minimum}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return infer_pair(inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

/// The larger of two numbers. Stored numbers are compared and passed on as they are.
struct Maximum {
  static constexpr std::string_view name = "MAXIMUM";
  /// Both inputs and the output have one scale and one zero point.
  static constexpr bool keeps_quantization = true;
  using rules = pair_rule::rules;
  using elements = pair_elements;

  [[nodiscard]] constexpr PairFunction pair_function() const { return {PairFunction::Kind::maximum}; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const { return infer_pair(inputs); }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

/// An operator that is a function of two elements, one from each input.
template <class Op>
concept PairFunctionOperator = requires(const Op& op) {
  { op.pair_function() } -> std::same_as<PairFunction>;
};

namespace kernels {

/// How the tensors of a function of two tensors are quantized.
using PairQuantization = AddQuantization;

/// The multiplier of LiteRT's multiplication (`mul::Prepare`) and division (`div::Prepare`), in single precision.
[[nodiscard]] constexpr double product_multiplier(const PairQuantization& q) {
  return static_cast<double>(q.first.scale * q.second.scale / q.output.scale);
}
[[nodiscard]] constexpr double quotient_multiplier(const PairQuantization& q) {
  return static_cast<double>(q.first.scale / (q.second.scale * q.output.scale));
}

/// A function of two tensors on two shapes. `Storage` is int8 or uint8; the policy chooses the rounding of Sub and Mul,
/// the others have one arithmetic.
///
///     dlpu::kernels::Pair<std::int8_t, dlpu::PerTensor> mul{dlpu::op::Mul{}, {1, 7, 7, 16}, {16}, {a_q, b_q, c_q}};
///     mul.run(a, b, c);
template <class Storage, class Policy>
class Pair {
  using R = typename Policy::Rounding;

 public:
  template <PairFunctionOperator Op>
  constexpr Pair(const Op& op, const Shape& first, const Shape& second, const PairQuantization& q)
      : Pair(op.pair_function(), first, second, q) {}
  constexpr Pair(PairFunction function, const Shape& first, const Shape& second, const PairQuantization& q)
      : broadcast_(reference::broadcast(first, second)), function_(function), quantization_(q) {}

  /// As many elements as the shapes have, row-major.
  constexpr void run(std::span<const Storage> first, std::span<const Storage> second,
                     std::span<Storage> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    const PairQuantization& q = quantization_;
    const Range<std::int32_t> range = activation_range<Storage>(function_.activation, q.output);
    const auto apply = [&](auto arguments) {
      reference::apply_pairs(
          broadcast_, first.data(), second.data(),
          [&](std::int32_t a, std::int32_t b) { return arguments.apply(a, b); }, output.data());
    };
    switch (function_.kind) {
      case PairFunction::Kind::subtract:
        return apply(reference::SubtractArguments<R>{add_arguments<R, Storage>(q, function_.activation)});
      case PairFunction::Kind::multiply:
        return apply(reference::MultiplyArguments<R>{q.first.zero_point, q.second.zero_point, q.output.zero_point,
                                                     R::multiplier(product_multiplier(q)), range});
      case PairFunction::Kind::divide:
        return apply(reference::DivideArguments{q.first.zero_point, q.second.zero_point, q.output.zero_point,
                                                quantize_multiplier(quotient_multiplier(q)), range});
      case PairFunction::Kind::minimum:
        return reference::apply_pairs(broadcast_, first.data(), second.data(), reference::Smaller{}, output.data());
      case PairFunction::Kind::maximum:
        return reference::apply_pairs(broadcast_, first.data(), second.data(), reference::Larger{}, output.data());
    }
  }

 private:
  reference::Broadcast broadcast_;
  PairFunction function_;
  PairQuantization quantization_;
};

/// The same in numbers that are not quantized: float32, int32 or int64.
template <class Number>
class Pair<Number, Unquantized> {
 public:
  template <PairFunctionOperator Op>
  constexpr Pair(const Op& op, const Shape& first, const Shape& second) : Pair(op.pair_function(), first, second) {}
  constexpr Pair(PairFunction function, const Shape& first, const Shape& second)
      : broadcast_(reference::broadcast(first, second)), function_(function) {}

  constexpr void run(std::span<const Number> first, std::span<const Number> second, std::span<Number> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    const Range<Number> range = activation_range_of<Number>(function_.activation);
    const auto apply = [&](auto function) {
      reference::apply_pairs(
          broadcast_, first.data(), second.data(), [&](Number a, Number b) { return range.clamp(function(a, b)); },
          output.data());
    };
    switch (function_.kind) {
      case PairFunction::Kind::subtract:
        return apply(reference::Subtract{});
      case PairFunction::Kind::multiply:
        return apply(reference::Multiply{});
      case PairFunction::Kind::divide:
        return apply(reference::Divide{});
      case PairFunction::Kind::minimum:
        return apply(reference::Smaller{});
      case PairFunction::Kind::maximum:
        return apply(reference::Larger{});
    }
  }

 private:
  /// What an activation lets through, in float32 or in integers.
  template <class T>
  static constexpr Range<T> activation_range_of(Activation activation) {
    const Range<float> real = activation_range(activation);
    if constexpr (std::is_same_v<T, float>) {
      return real;
    } else {
      constexpr float infinity = std::numeric_limits<float>::infinity();
      return {real.low == -infinity ? std::numeric_limits<T>::min() : static_cast<T>(real.low),
              real.high == infinity ? std::numeric_limits<T>::max() : static_cast<T>(real.high)};
    }
  }

  reference::Broadcast broadcast_;
  PairFunction function_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

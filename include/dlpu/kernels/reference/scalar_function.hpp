#pragma once

/// The oracle of functions of one number, such as Logistic: in float32, in int32 and int64 where nothing but the sign
/// changes, and the tables of the quantized ones that are no rounded function of real numbers.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "dlpu/core/math.hpp"
#include "dlpu/kernels/reference/hard_swish.hpp"
#include "dlpu/kernels/reference/inverse_square_root.hpp"
#include "dlpu/kernels/reference/table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Which function, with its parameter.
struct ScalarFunction {
  enum class Kind : std::int32_t {
    abs,
    elu,
    exp,
    hard_swish,
    leaky_relu,
    log,
    logistic,
    neg,
    rsqrt,
    sqrt,
    square,
    tanh
  };

  Kind kind = Kind::abs;
  float alpha = 0.0f;  ///< of leaky_relu: the slope below zero

  [[nodiscard]] float operator()(float x) const {
    switch (kind) {
      case Kind::abs:
        return math::abs(x);
      case Kind::elu:
        return x < 0.0f ? math::expm1(x) : x;
      case Kind::exp:
        return math::exp(x);
      case Kind::hard_swish:
        return x * Range<float>{0.0f, 6.0f}.clamp(x + 3.0f) / 6.0f;
      case Kind::leaky_relu:
        return x > 0.0f ? x : x * alpha;
      case Kind::log:
        return math::log(x);
      case Kind::logistic:
        return 1.0f / (1.0f + math::exp(-x));
      case Kind::neg:
        return -x;
      case Kind::rsqrt:
        return 1.0f / math::sqrt(x);
      case Kind::sqrt:
        return math::sqrt(x);
      case Kind::square:
        return x * x;
      case Kind::tanh:
        return math::tanh(x);
    }
    return x;
  }
};

/// The real input with a multiplier for each side of zero. A negative multiplier, of LeakyRelu's slope, is applied as a
/// positive one and the result negated.
template <class R>
struct TwoSlopes {
  std::int32_t input_zero_point = 0, output_zero_point = 0;
  typename R::Multiplier above{}, below{};
  bool negate_below = false;

  [[nodiscard]] constexpr std::int32_t operator()(std::int32_t stored) const {
    const std::int32_t x = stored - input_zero_point;
    const std::int32_t scaled = R::apply(x, x >= 0 ? above : below);
    return wrapping_add(x < 0 && negate_below ? wrapping_multiply(scaled, -1) : scaled, output_zero_point);
  }
};

template <class R>
[[nodiscard]] constexpr TwoSlopes<R> leaky_relu(float alpha, Quantization input, Quantization output) {
  const float slope = input.scale * alpha / output.scale;  // in single precision, as LiteRT's `LeakyReluPrepare`
  return {input.zero_point, output.zero_point, R::multiplier(static_cast<double>(input.scale / output.scale)),
          R::multiplier(static_cast<double>(slope < 0.0f ? -slope : slope)), slope < 0.0f};
}

/// Where both scales are the same nothing is rounded.
template <class R>
[[nodiscard]] constexpr std::int32_t absolute(std::int32_t stored, Quantization input, Quantization output) {
  const std::int32_t x = stored - input.zero_point, magnitude = x < 0 ? -x : x;
  if (input.scale == output.scale) return magnitude + output.zero_point;
  const auto multiplier = R::multiplier(static_cast<double>(input.scale / output.scale));
  return wrapping_add(R::apply(magnitude, multiplier), output.zero_point);
}

/// The square root in float32, rounded towards zero. LiteRT refuses negative numbers when it runs; here their root is
/// zero.
[[nodiscard]] inline std::int32_t square_root(std::int32_t stored, Quantization input, Quantization output) {
  const float real = input.scale * static_cast<float>(stored - input.zero_point);
  const float root = real > 0.0f ? math::sqrt(real) / output.scale : 0.0f;
  return static_cast<std::int32_t>(Range<float>{0.0f, 1e6f}.clamp(root)) + output.zero_point;
}

/// 1 / sqrt(x) in fixed point. It is the largest number at zero, where the real function has no value, and below, where
/// LiteRT refuses to run.
[[nodiscard]] inline std::int32_t reciprocal_square_root(std::int32_t stored, Quantization input,
                                                         Quantization output) {
  constexpr int kept = 20;  // fractional bits between the two multiplications
  const std::int32_t x = stored - input.zero_point;
  if (x <= 0) return std::numeric_limits<std::int16_t>::max();
  FixedPointMultiplier root = inverse_square_root(x);
  root.shift += kept;
  FixedPointMultiplier scales =
      quantize_multiplier(1.0 / static_cast<double>(math::sqrt(input.scale) * output.scale));
  scales.shift -= kept;
  return wrapping_add(multiply_rounding_twice(multiply_rounding_twice(1, root), scales), output.zero_point);
}

/// All 256 results of a function in int8 or uint8. Neg changes the sign of stored numbers: it is right only where both
/// zero points are 0 and both scales are one, as LiteRT's converter sees to.
template <class R, QuantizedStorage Storage>
[[nodiscard]] Table<Storage> function_table(ScalarFunction function, Quantization input, Quantization output) {
  using Kind = ScalarFunction::Kind;
  const auto table = [&](auto stored_function) { return table_of<Storage>(stored_function); };
  switch (function.kind) {
    case Kind::abs:
      return table([&](std::int32_t q) { return absolute<R>(q, input, output); });
    case Kind::hard_swish:
      return table(HardSwish(input, output));
    case Kind::leaky_relu:
      return table(leaky_relu<R>(function.alpha, input, output));
    case Kind::neg:
      return table([](std::int32_t q) { return std::int32_t{static_cast<Storage>(-q)}; });
    case Kind::rsqrt:
      return table([&](std::int32_t q) { return reciprocal_square_root(q, input, output); });
    case Kind::sqrt:
      return table([&](std::int32_t q) { return square_root(q, input, output); });
    case Kind::log:
      return real_table<Storage>(
          [&](float x) { return x > 0.0f ? math::log(x) : -std::numeric_limits<float>::infinity(); }, input, output);
    default:
      return real_table<Storage>(function, input, output);
  }
}

inline void apply(ScalarFunction function, std::span<const float> input, std::span<float> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = function(input[i]);
}

/// Neg and Abs in int32 and int64; the lowest number stays what it is.
template <class Integer>
constexpr void apply(ScalarFunction function, std::span<const Integer> input, std::span<Integer> output) {
  const bool always = function.kind == ScalarFunction::Kind::neg;
  constexpr Integer lowest = std::numeric_limits<Integer>::min();
  for (std::size_t i = 0; i < input.size(); ++i) {
    output[i] = (always || input[i] < 0) && input[i] != lowest ? -input[i] : input[i];
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Activation functions that operators carry fused, and the stored range that each allows.

#include <cstdint>
#include <limits>
#include <string_view>

#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// The fused activation of an operator; numbered as in the TensorFlow Lite schema.
enum class Activation : std::int32_t { none = 0, relu = 1, relu_n1_to_1 = 2, relu6 = 3 };

[[nodiscard]] constexpr std::string_view to_string(Activation activation) {
  switch (activation) {
    case Activation::none:
      return "none";
    case Activation::relu:
      return "relu";
    case Activation::relu_n1_to_1:
      return "relu_n1_to_1";
    case Activation::relu6:
      return "relu6";
  }
  return "unknown";
}

/// A closed interval of stored or real numbers.
template <class T>
struct Range {
  T low, high;
  [[nodiscard]] constexpr T clamp(T value) const { return value < low ? low : value > high ? high : value; }
  friend constexpr bool operator==(Range, Range) = default;
};

/// The real numbers that an activation lets through.
[[nodiscard]] constexpr Range<float> activation_range(Activation activation) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  switch (activation) {
    case Activation::none:
      break;
    case Activation::relu:
      return {0.0f, infinity};
    case Activation::relu_n1_to_1:
      return {-1.0f, 1.0f};
    case Activation::relu6:
      return {0.0f, 6.0f};
  }
  return {-infinity, infinity};
}

/// The stored numbers that an activation lets through: its bounds quantized, within the storage type
/// (TensorFlow Lite, `CalculateActivationRangeQuantized`).
template <QuantizedStorage Storage>
[[nodiscard]] constexpr Range<std::int32_t> quantized_range(Range<float> real, Quantization output) {
  constexpr std::int32_t lowest = std::numeric_limits<Storage>::min(), highest = std::numeric_limits<Storage>::max();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return {real.low == -infinity ? lowest : detail::quantize_value<Storage>(real.low, output),
          real.high == infinity ? highest : detail::quantize_value<Storage>(real.high, output)};
}

template <QuantizedStorage Storage>
[[nodiscard]] constexpr Range<std::int32_t> activation_range(Activation activation, Quantization output) {
  return quantized_range<Storage>(activation_range(activation), output);
}

}  // namespace dlpu::inline DLPU_ABI

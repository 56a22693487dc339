#pragma once

/// Quantization policies as types: how real numbers are stored, and how accumulators become stored numbers
/// again.
///
/// A policy is an empty tag. It names the storage type of activations and filters, the rounding of
/// accumulators, and the formulas; the parameters (scales, zero points) are run-time data that travel with
/// each tensor. Activations have one scale in every policy; only filters may have one per output channel.
///
/// A policy of your own is a struct with the members that `QuantizationPolicy` asks for; derive from one of
/// the `Basic...` templates and change what differs.

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "dlpu/core/element.hpp"
#include "dlpu/quant/rounding.hpp"

namespace dlpu::inline DLPU_ABI {

/// Scale and zero point of one tensor: `real = scale * (stored - zero_point)`.
struct Quantization {
  float scale = 1.0f;
  std::int32_t zero_point = 0;

  friend constexpr bool operator==(Quantization, Quantization) = default;
};

/// Scales of a filter, one per slice along the axis that its policy names; the zero point is 0 by
/// specification.
struct ChannelQuantization {
  std::span<const float> scales;
};

/// No parameters: real numbers are stored as they are.
struct NoQuantization {
  friend constexpr bool operator==(NoQuantization, NoQuantization) = default;
};

template <class P>
concept QuantizationPolicy = requires {
  typename P::Storage;                                   // of activations; filters: FilterOf<Storage>
  typename P::Parameters;                                // of one tensor
  typename P::Activation;                                // the policy of activations
  typename P::template Filter<0>;                        // the policy of a filter with output channels on axis 0
  { P::quantized } -> std::convertible_to<bool>;         // false: real numbers
  { P::per_channel } -> std::convertible_to<bool>;       // one scale for each output channel of a filter
  { P::name } -> std::convertible_to<std::string_view>;  // in reports and messages
}
&&(!P::quantized || RoundingPolicy<typename P::Rounding>);

namespace detail {

/// Division and rounding half away from zero, then clamped: TensorFlow's quantization of a real number.
template <QuantizedStorage Storage>
[[nodiscard]] constexpr Storage quantize_value(float value, Quantization q) {
  constexpr auto low = static_cast<double>(std::numeric_limits<Storage>::min());
  constexpr auto high = static_cast<double>(std::numeric_limits<Storage>::max());
  const float scaled = value / q.scale;
  if (!(scaled == scaled)) return static_cast<Storage>(q.zero_point);  // NaN stands for nothing: zero
  double rounded = scaled;
  if (scaled > -1e6f && scaled < 1e6f) {
    const auto whole = static_cast<std::int64_t>(scaled);  // towards zero
    const float rest = scaled - static_cast<float>(whole);
    rounded = static_cast<double>(whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0));
  }
  rounded += q.zero_point;
  return static_cast<Storage>(rounded < low ? low : rounded > high ? high : rounded);
}

template <QuantizedStorage Storage>
[[nodiscard]] constexpr float dequantize_value(Storage stored, Quantization q) {
  return q.scale * static_cast<float>(stored - q.zero_point);
}

}  // namespace detail

/// One scale and one zero point per tensor. uint8 filters may have a zero point, as TensorFlow 1's files do.
template <RoundingPolicy R = rounding::Reference, QuantizedStorage S = std::int8_t>
struct BasicPerTensor {
  using Storage = S;
  using Rounding = R;
  using Parameters = Quantization;
  using Activation = BasicPerTensor;
  template <int Axis>
  using Filter = BasicPerTensor<R, FilterOf<S>>;
  static constexpr bool quantized = true, per_channel = false;
  static constexpr std::string_view name = "per tensor";

  static constexpr Storage quantize(float value, Parameters q) { return detail::quantize_value<S>(value, q); }
  static constexpr float dequantize(Storage stored, Parameters q) { return detail::dequantize_value(stored, q); }

  /// The parameters for activations in [low, high], widened to contain zero, so that zero (padding, ReLU) is
  /// exact. In 16 bits the zero point is 0, as TensorFlow Lite asks.
  static constexpr Parameters for_range(float low, float high) {
    if constexpr (sizeof(S) == 2) {
      const float bound = -low > high ? -low : high;
      return {bound > 0.0f ? bound / 32767.0f : 1.0f, 0};
    }
    constexpr auto least = static_cast<float>(std::numeric_limits<S>::min());
    constexpr auto most = static_cast<float>(std::numeric_limits<S>::max());
    low = low < 0.0f ? low : 0.0f;
    high = high > 0.0f ? high : 0.0f;
    if (!(high - low > 0.0f)) return {1.0f, 0};
    const float scale = (high - low) / (most - least);
    return {scale, detail::quantize_value<S>(least - low / scale, {})};
  }
  /// The parameters of a filter whose largest magnitude is `bound`: symmetric, and the lowest number is not
  /// used.
  static constexpr Parameters for_filter(float bound) {
    using Limits = std::numeric_limits<FilterOf<S>>;
    constexpr auto most = static_cast<float>(Limits::is_signed ? Limits::max() : Limits::max() / 2);
    return {bound > 0.0f ? bound / most : 1.0f, Limits::is_signed ? 0 : Limits::max() / 2 + 1};
  }
};

/// One scale per output channel of a filter (on axis `Axis` of it), one per tensor for activations.
template <int Axis = 0, RoundingPolicy R = rounding::Reference, QuantizedStorage S = std::int8_t>
struct BasicPerChannel {
  using Storage = S;
  using Rounding = R;
  using Parameters = ChannelQuantization;
  using Activation = BasicPerTensor<R, S>;
  template <int A>
  using Filter = BasicPerChannel<A, R, FilterOf<S>>;
  static constexpr int axis = Axis;
  static constexpr bool quantized = true, per_channel = true;
  static constexpr std::string_view name = "per channel";

  static constexpr Storage quantize(float value, const Parameters& q, std::size_t channel) {
    return detail::quantize_value<S>(value, {q.scales[channel], 0});
  }
  static constexpr float dequantize(Storage stored, const Parameters& q, std::size_t channel) {
    return detail::dequantize_value(stored, {q.scales[channel], 0});
  }
  static constexpr Quantization for_range(float low, float high) { return Activation::for_range(low, high); }
  static constexpr Quantization for_filter(float bound) { return Activation::for_filter(bound); }
};

/// Every scale is a power of two and every zero point is 0, so that requantization is a shift. This is our
/// stated assumption for fixed-point vector processors (CV25); no public source describes their arithmetic. Activations
/// have 8 or 16 bits, filters 8.
template <QuantizedStorage S = std::int8_t>
struct BasicPowerOfTwo {
  using Storage = S;
  using Rounding = rounding::Shift;
  using Parameters = Quantization;
  using Activation = BasicPowerOfTwo;
  template <int Axis>
  using Filter = BasicPowerOfTwo<FilterOf<S>>;
  static constexpr bool quantized = true, per_channel = false;
  static constexpr std::string_view name = "power of two";

  static constexpr Storage quantize(float value, Parameters q) { return detail::quantize_value<S>(value, q); }
  static constexpr float dequantize(Storage stored, Parameters q) { return detail::dequantize_value(stored, q); }

  static constexpr Parameters for_range(float low, float high) {
    return smallest_for(-low > high ? -low : high, std::numeric_limits<S>::max());
  }
  static constexpr Parameters for_filter(float bound) {
    return smallest_for(bound, std::numeric_limits<FilterOf<S>>::max());
  }

 private:
  /// The smallest power of two in which `most` steps reach `bound`.
  static constexpr Parameters smallest_for(float bound, float most) {
    if (!(bound > 0.0f)) return {1.0f, 0};
    float scale = 1.0f;
    while (scale * most < bound && scale < 1e30f) scale *= 2.0f;
    while (scale * 0.5f * most >= bound && scale > 1e-30f) scale *= 0.5f;
    return {scale, 0};
  }
};

/// Real numbers in float32.
struct Unquantized {
  using Storage = float;
  using Parameters = NoQuantization;
  using Activation = Unquantized;
  template <int Axis>
  using Filter = Unquantized;
  static constexpr bool quantized = false, per_channel = false;
  static constexpr std::string_view name = "float32";

  static constexpr float quantize(float value, Parameters = {}) { return value; }
  static constexpr float dequantize(float stored, Parameters = {}) { return stored; }
};

/// The policies by their short names. They are types of their own, so that messages print the short name.
struct PerTensor : BasicPerTensor<> {};
struct PerChannel : BasicPerChannel<> {};
struct PowerOfTwo : BasicPowerOfTwo<> {};
struct PowerOfTwo16 : BasicPowerOfTwo<std::int16_t> {
  static constexpr std::string_view name = "power of two, 16 bit";
};

}  // namespace dlpu::inline DLPU_ABI

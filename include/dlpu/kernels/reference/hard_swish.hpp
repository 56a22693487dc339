#pragma once

/// The oracle of HardSwish in int8 and uint8: x * relu6(x + 3) / 6 in 16-bit fixed point.

#include <cstdint>
#include <limits>

#include "dlpu/kernels/activation.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {
namespace detail {

[[nodiscard]] constexpr std::int32_t saturated_to_16_bits(std::int64_t x) {
  constexpr std::int64_t low = std::numeric_limits<std::int16_t>::min(),
                         high = std::numeric_limits<std::int16_t>::max();
  return static_cast<std::int32_t>(x < low ? low : x > high ? high : x);
}
/// The high 16 bits of `2 * a * b`, rounded to nearest, halves upwards.
[[nodiscard]] constexpr std::int32_t rounding_doubling_high_multiply_16(std::int32_t a, std::int32_t b) {
  const std::int32_t product = a * b;
  return saturated_to_16_bits((product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}
/// A multiplier below one with 15 bits instead of 31.
[[nodiscard]] constexpr std::int32_t to_16_bits(std::int32_t value) {
  constexpr std::int32_t half = 1 << 15;
  return value >= std::numeric_limits<std::int32_t>::max() - half ? std::numeric_limits<std::int16_t>::max()
                                                                  : (value + half) >> 16;
}

}  // namespace detail

/// From a stored number to a stored number (LiteRT, `HardSwishPrepare` and `reference_ops::HardSwish`). The input is
/// taken with 7 more bits, on one side to the output's scale, on the other to a scale on which 3.0 is 2^15.
class HardSwish {
 public:
  constexpr HardSwish(Quantization input, Quantization output)
      : input_zero_point_(input.zero_point), output_zero_point_(output.zero_point) {
    const float fine = (1.0f / 128.0f) * input.scale;
    const FixedPointMultiplier to_output = quantize_multiplier(static_cast<double>(fine / output.scale));
    const FixedPointMultiplier to_three = quantize_multiplier(static_cast<double>(fine / (3.0f / 32768.0f)));
    output_ = {detail::to_16_bits(to_output.value), to_output.shift};
    three_ = {detail::to_16_bits(to_three.value), to_three.shift};
  }

  [[nodiscard]] constexpr std::int32_t operator()(std::int32_t stored) const {
    const std::int32_t fine = (stored - input_zero_point_) * 128;
    const std::int32_t value = detail::rounding_doubling_high_multiply_16(fine, output_.value);
    // Neither product of two 16-bit numbers is -1 times -1: `between` is not negative.
    const std::int32_t between = (on_scale_of_three(fine) + (1 << 15)) >> 1;  // from [-1, 1] to [0, 1]
    const std::int32_t product = between * value / (1 << 15);                 // towards zero, against a bias
    return rescaled(product) + output_zero_point_;
  }

 private:
  struct Multiplier {
    std::int32_t value = 0, shift = 0;
  };

  /// All but one bit of a shift to the left come before the multiplication, which keeps its bits; the last one after
  /// it, where saturation is at +-3.
  [[nodiscard]] constexpr std::int32_t on_scale_of_three(std::int32_t fine) const {
    std::int64_t x = fine;
    if (three_.shift > 0) x = detail::saturated_to_16_bits(x * (std::int64_t{1} << (three_.shift - 1)));
    x = detail::rounding_doubling_high_multiply_16(static_cast<std::int32_t>(x), three_.value);
    if (three_.shift > 0) x = detail::saturated_to_16_bits(x * 2);
    if (three_.shift < 0) x = rounding_divide_by_power_of_two(static_cast<std::int32_t>(x), -three_.shift);
    return static_cast<std::int32_t>(x);
  }
  /// LiteRT refuses outputs finer than 1/128 of the input, which shift to the left; here they saturate.
  [[nodiscard]] constexpr std::int32_t rescaled(std::int32_t x) const {
    if (output_.shift > 0) return detail::saturated_to_16_bits(x * (std::int64_t{1} << output_.shift));
    return rounding_divide_by_power_of_two(x, -output_.shift);
  }

  std::int32_t input_zero_point_, output_zero_point_;
  Multiplier output_, three_;
};

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The oracle of Sub, Mul, Div, Minimum and Maximum: element by element, with dimensions of size 1 repeated as numpy
/// does.

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "dlpu/core/fixed_point_functions.hpp"
#include "dlpu/kernels/reference/add.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// A subtraction computes with what an addition does.
template <class R>
struct SubtractArguments : AddArguments<R> {
  [[nodiscard]] constexpr std::int32_t apply(std::int32_t a, std::int32_t b) const {
    constexpr std::int32_t unit = std::int32_t{1} << AddArguments<R>::left_shift;
    const std::int32_t x = R::apply(wrapping_multiply(a - this->first_zero_point, unit), this->first);
    const std::int32_t y = R::apply(wrapping_multiply(b - this->second_zero_point, unit), this->second);
    const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) - static_cast<std::uint32_t>(y));
    return this->range.clamp(wrapping_add(R::apply(difference, this->output), this->output_zero_point));
  }
};

template <class R>
struct MultiplyArguments {
  std::int32_t first_zero_point = 0, second_zero_point = 0, output_zero_point = 0;
  typename R::Multiplier multiplier{};  ///< first scale * second scale / output scale
  Range<std::int32_t> range{};

  [[nodiscard]] constexpr std::int32_t apply(std::int32_t a, std::int32_t b) const {
    const std::int32_t product = (a - first_zero_point) * (b - second_zero_point);
    return range.clamp(wrapping_add(R::apply(product, multiplier), output_zero_point));
  }
};

/// The divisor becomes a fixed-point reciprocal, the dividend takes all 31 bits; one rounding shift brings both back.
/// Where LiteRT's own result is undefined, this one is near the real quotient: beyond 31 bits of the shift (a quotient
/// of less than half a step; LiteRT's is wild there) and beyond none. LiteRT refuses to divide by zero when it runs;
/// here the quotient is then the end of the range.
struct DivideArguments {
  std::int32_t first_zero_point = 0, second_zero_point = 0, output_zero_point = 0;
  FixedPointMultiplier multiplier{};  ///< first scale / (second scale * output scale)
  Range<std::int32_t> range{};

  [[nodiscard]] constexpr std::int32_t apply(std::int32_t a, std::int32_t b) const {
    const std::int32_t divisor = b - second_zero_point, dividend = (a - first_zero_point) * (divisor < 0 ? -1 : 1);
    if (divisor == 0) return dividend > 0 ? range.high : dividend < 0 ? range.low : range.clamp(output_zero_point);
    if (dividend == 0) return range.clamp(output_zero_point);
    const FixedPointReciprocal reciprocal = fixed_point_reciprocal(divisor < 0 ? -divisor : divisor, 31);
    const auto sign_bits = static_cast<std::uint32_t>(dividend < 0 ? ~dividend : dividend);
    const int headroom = std::countl_zero(sign_bits) - 1;
    const std::int32_t quotient = saturating_rounding_doubling_high_multiply(
        wrapping_multiply(dividend, static_cast<std::int32_t>(std::uint32_t{1} << headroom)), reciprocal.fraction);
    const std::int32_t scaled = saturating_rounding_doubling_high_multiply(quotient, multiplier.value);
    const int right = reciprocal.exponent + headroom - multiplier.shift;
    if (right < 0) return scaled > 0 ? range.high : scaled < 0 ? range.low : range.clamp(output_zero_point);
    const std::int32_t rounded = right > 31 ? 0 : rounding_divide_by_power_of_two(scaled, right);
    return range.clamp(wrapping_add(rounded, output_zero_point));
  }
};

/// Numbers that are not quantized. Integers wrap around; a division by zero, where LiteRT stops, gives zero.
struct Subtract {
  template <class T>
  [[nodiscard]] constexpr T operator()(T a, T b) const {
    using U = std::make_unsigned_t<std::conditional_t<std::is_integral_v<T>, T, int>>;
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
    else
      return a - b;
  }
};
struct Multiply {
  template <class T>
  [[nodiscard]] constexpr T operator()(T a, T b) const {
    using U = std::make_unsigned_t<std::conditional_t<std::is_integral_v<T>, T, int>>;
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    else
      return a * b;
  }
};
struct Divide {
  template <class T>
  [[nodiscard]] constexpr T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return b == 0 ? T{0} : b == -1 ? Subtract{}(T{0}, a) : a / b;
    else
      return a / b;
  }
};
/// Of stored numbers as well: their quantization is one.
struct Smaller {
  template <class T>
  [[nodiscard]] constexpr T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};
struct Larger {
  template <class T>
  [[nodiscard]] constexpr T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};

/// `output = function(first, second)`.
template <class T, class Function>
constexpr void apply_pairs(const Broadcast& broadcast, const T* first, const T* second, Function function,
                           T* output) {
  for_each_pair(broadcast, [&](std::int64_t a, std::int64_t b, std::int64_t o) {
    output[o] = static_cast<T>(function(first[a], second[b]));
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

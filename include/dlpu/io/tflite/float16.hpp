#pragma once

/// IEEE 754 half precision numbers, which files use to store weights in half the space.

#include <bit>
#include <cstdint>
#include <limits>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

/// The number that 16 bits stand for: sign, 5 bits of exponent (bias 15), 10 bits of fraction. Exact.
[[nodiscard]] constexpr float float_from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half} >> 15 << 31;
  const std::uint32_t exponent = half >> 10 & 31u, fraction = half & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13);  // infinity, NaN
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = static_cast<float>(fraction) * 0x1p-24f;  // zero and denormal numbers
  return sign ? -small : small;
}
static_assert(float_from_half(0x3C00) == 1.0f && float_from_half(0xC000) == -2.0f);
static_assert(float_from_half(0x7BFF) == 65504.0f && float_from_half(0x0001) == 0x1p-24f);
static_assert(float_from_half(0x7C00) == std::numeric_limits<float>::infinity());

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

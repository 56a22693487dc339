#pragma once

/// What the kernels of the NEON rungs share below the level of an operator. One source serves Armv8 and 32-bit Armv7;
/// where their instructions differ, the difference is here.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "dlpu/core/config.hpp"
#include "dlpu/isa/target.hpp"

#if DLPU_HAS_NEON
#include <arm_neon.h>

namespace dlpu::inline DLPU_ABI {
namespace kernels::neon {

/// int32 or float numbers in a register.
inline constexpr std::size_t lanes = 4;

/// Armv8 has 32 vector registers, Armv7 has 16.
#if defined(__aarch64__)
inline constexpr bool many_registers = true;
#else
inline constexpr bool many_registers = false;
#endif

/// What brings unsigned bytes into the range of signed ones. The kernels compute with signed bytes: uint8 numbers, and
/// their zero points, move down by 128.
template <class Storage>
inline constexpr std::int32_t signed_offset = std::is_signed_v<Storage> ? 0 : -128;

/// Calls `f(integral_constant<0>) ... f(integral_constant<Count - 1>)`. Loops over registers must be gone before the
/// compiler decides what lives in memory; `f` is a lambda with DLPU_INLINE_NEON.
template <std::size_t Count, class F>
DLPU_INLINE_NEON inline void unroll(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) DLPU_INLINE_NEON {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<Count>{});
}

/// Sixteen, or eight, stored numbers as signed bytes.
template <class Storage>
[[nodiscard]] DLPU_INLINE_NEON inline int8x16_t load_signed(const Storage* from) {
  const int8x16_t bytes = vld1q_s8(reinterpret_cast<const std::int8_t*>(from));
  if constexpr (std::is_signed_v<Storage>) return bytes;
  return veorq_s8(bytes, vdupq_n_s8(-128));
}
template <class Storage>
[[nodiscard]] DLPU_INLINE_NEON inline int8x8_t load_half_signed(const Storage* from) {
  const int8x8_t bytes = vld1_s8(reinterpret_cast<const std::int8_t*>(from));
  if constexpr (std::is_signed_v<Storage>) return bytes;
  return veor_s8(bytes, vdup_n_s8(-128));
}

/// Eight stored numbers in 16 bits.
template <class Storage>
[[nodiscard]] DLPU_INLINE_NEON inline int16x8_t load_widened(const Storage* from) {
  if constexpr (std::is_signed_v<Storage>) {
    return vmovl_s8(vld1_s8(from));
  } else {
    return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(from)));
  }
}

/// `sums[0..1] += a * b` in 32 bits, lane by lane.
DLPU_INLINE_NEON inline void multiply_add(int32x4_t& low, int32x4_t& high, int16x8_t a, int16x8_t b) {
  low = vmlal_s16(low, vget_low_s16(a), vget_low_s16(b));
#if defined(__aarch64__)
  high = vmlal_high_s16(high, a, b);
#else
  high = vmlal_s16(high, vget_high_s16(a), vget_high_s16(b));
#endif
}

/// The nearest integers, halves to even; beyond int32, the ends of its range.
[[nodiscard]] DLPU_INLINE_NEON inline int32x4_t round_to_even(float32x4_t values) {
#if defined(__aarch64__)
  return vcvtnq_s32_f32(values);
#else
  // Armv7 converts by truncation only. Next to 2^23 floats are whole numbers, so adding it rounds, halves to even;
  // numbers beyond are whole already.
  const float32x4_t whole = vdupq_n_f32(8388608.0f);
  const float32x4_t magic = vbslq_f32(vdupq_n_u32(0x80000000u), values, whole);  // with the sign of the number
  const float32x4_t rounded = vsubq_f32(vaddq_f32(values, magic), magic);
  return vcvtq_s32_f32(vbslq_f32(vcaltq_f32(values, whole), rounded, values));
#endif
}

}  // namespace kernels::neon
}  // namespace dlpu::inline DLPU_ABI

#endif

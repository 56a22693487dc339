#pragma once

/// The library's roundings on 4 accumulators at once, exact for every accumulator.

#include <limits>

#include "dlpu/kernels/neon/vectors.hpp"
#include "dlpu/quant/rounding.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels::neon {

/// Roundings, and multipliers, without a form here are applied number by number.
///
///     struct Memory;                                              // of 4 multipliers
///     static bool handles(R::Multiplier);
///     static void set(Memory&, std::size_t lane, R::Multiplier);
///     explicit VectorRounding(const Memory&);
///     int32x4_t operator()(int32x4_t accumulators) const;
template <class R>
struct VectorRounding {
  static constexpr bool available = false;
};

/// Multipliers below 1: others shift to the left first and may wrap. Next to 1, adding the zero point to the product
/// might wrap; so far from it no sum does that, and it can be saturated to 16 bits instead.
[[nodiscard]] constexpr bool keeps_room(FixedPointMultiplier m) {
  return m.shift < 0 || (m.shift == 0 && m.value <= std::numeric_limits<std::int32_t>::max() - 1023);
}

/// The instruction `sqrdmulh` is the doubling high multiplication. `srshl` with a negative count is a rounding shift,
/// halves up: one less where the number is negative and shifted at all makes that away from zero. Nothing overflows:
/// the product with a number below 2^31 is above -2^31.
template <>
struct VectorRounding<rounding::Reference> {
  static constexpr bool available = true;
  struct Memory {
    std::int32_t value[lanes], shift[lanes];
  };

  static constexpr bool handles(FixedPointMultiplier m) { return keeps_room(m); }
  static void set(Memory& memory, std::size_t lane, FixedPointMultiplier m) {
    memory.value[lane] = m.value;
    memory.shift[lane] = m.shift;
  }
  DLPU_INLINE_NEON explicit VectorRounding(const Memory& memory)
      : value_(vld1q_s32(memory.value)), shift_(vld1q_s32(memory.shift)) {}

  [[nodiscard]] DLPU_INLINE_NEON int32x4_t operator()(int32x4_t accumulators) const {
    const int32x4_t high = vqrdmulhq_s32(accumulators, value_);
    return vrshlq_s32(vsraq_n_s32(high, vandq_s32(high, shift_), 31), shift_);
  }

 private:
  int32x4_t value_, shift_;
};

template <>
struct VectorRounding<rounding::Single> {
  static constexpr bool available = true;
  struct Memory {
    std::int32_t value[lanes];
    std::int64_t shift[lanes];
  };

  static constexpr bool handles(FixedPointMultiplier m) { return keeps_room(m); }
  static void set(Memory& memory, std::size_t lane, FixedPointMultiplier m) {
    memory.value[lane] = m.value;
    memory.shift[lane] = m.shift - 31;
  }
  DLPU_INLINE_NEON explicit VectorRounding(const Memory& memory)
      : value_(vld1q_s32(memory.value)), low_(vld1q_s64(memory.shift)), high_(vld1q_s64(memory.shift + 2)) {}

  [[nodiscard]] DLPU_INLINE_NEON int32x4_t operator()(int32x4_t accumulators) const {
    const int64x2_t low = vmull_s32(vget_low_s32(accumulators), vget_low_s32(value_));
    const int64x2_t high = vmull_s32(vget_high_s32(accumulators), vget_high_s32(value_));
    return vcombine_s32(vqmovn_s64(vrshlq_s64(low, low_)), vqmovn_s64(vrshlq_s64(high, high_)));
  }

 private:
  int32x4_t value_;
  int64x2_t low_, high_;
};

template <>
struct VectorRounding<rounding::Float> {
  static constexpr bool available = true;
  struct Memory {
    float value[lanes];
  };

  static constexpr bool handles(float) { return true; }
  static void set(Memory& memory, std::size_t lane, float m) { memory.value[lane] = m; }
  DLPU_INLINE_NEON explicit VectorRounding(const Memory& memory) : value_(vld1q_f32(memory.value)) {}

  [[nodiscard]] DLPU_INLINE_NEON int32x4_t operator()(int32x4_t accumulators) const {
    return round_to_even(vmulq_f32(vcvtq_f32_s32(accumulators), value_));
  }

 private:
  float32x4_t value_;
};

template <>
struct VectorRounding<rounding::Shift> {
  static constexpr bool available = true;
  struct Memory {
    std::int32_t shift[lanes];
  };

  static constexpr bool handles(rounding::Shift::Multiplier m) { return m.shift > 0; }
  /// Beyond 32, all of the number is shifted out.
  static void set(Memory& memory, std::size_t lane, rounding::Shift::Multiplier m) {
    memory.shift[lane] = -(m.shift > 63 ? 63 : m.shift);
  }
  DLPU_INLINE_NEON explicit VectorRounding(const Memory& memory) : shift_(vld1q_s32(memory.shift)) {}

  [[nodiscard]] DLPU_INLINE_NEON int32x4_t operator()(int32x4_t accumulators) const {
    return vrshlq_s32(accumulators, shift_);
  }

 private:
  int32x4_t shift_;
};

#if defined(__aarch64__)  // Armv7 has no double vectors
template <>
struct VectorRounding<rounding::Double> {
  static constexpr bool available = true;
  struct Memory {
    double value[lanes];
  };

  static constexpr bool handles(double) { return true; }
  static void set(Memory& memory, std::size_t lane, double m) { memory.value[lane] = m; }
  DLPU_INLINE_NEON explicit VectorRounding(const Memory& memory)
      : low_(vld1q_f64(memory.value)), high_(vld1q_f64(memory.value + 2)) {}

  [[nodiscard]] DLPU_INLINE_NEON int32x4_t operator()(int32x4_t accumulators) const {
    return vqmovn_high_s64(vqmovn_s64(round(vmovl_s32(vget_low_s32(accumulators)), low_)),
                           round(vmovl_high_s32(accumulators), high_));
  }

 private:
  /// `fcvtas` rounds halves away from zero.
  [[nodiscard]] DLPU_INLINE_NEON static int64x2_t round(int64x2_t accumulators, float64x2_t multiplier) {
    return vcvtaq_s64_f64(vmulq_f64(vcvtq_f64_s64(accumulators), multiplier));
  }

  float64x2_t low_, high_;
};
#endif

}  // namespace kernels::neon
}  // namespace dlpu::inline DLPU_ABI

#endif

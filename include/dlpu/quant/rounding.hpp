#pragma once

/// Rounding policies: how an int32 accumulator, times a real multiplier, becomes a small integer.
///
/// A rounding is a type with a `Multiplier`, a constexpr `multiplier(double real)` that makes one, and a
/// constexpr `apply(accumulator, multiplier)` that returns the rounded product before the zero point is added
/// and the result is clamped. A rounding of your own needs these three. Add applies them to its intermediate sums
/// as well, so products up to +-2^29 must come out as they are; only larger ones may saturate. For 16-bit activations,
/// whose sums have 64 bits, it needs `apply_wide` besides.

#include <concepts>
#include <cstdint>

#include "dlpu/core/fixed_point.hpp"

namespace dlpu::inline DLPU_ABI {

template <class R>
concept RoundingPolicy = requires(std::int32_t accumulator, double real, typename R::Multiplier multiplier) {
  { R::multiplier(real) } -> std::same_as<typename R::Multiplier>;
  { R::apply(accumulator, multiplier) } -> std::same_as<std::int32_t>;
};

/// A rounding that takes the 64-bit sums of 16-bit activations.
template <class R>
concept WideRoundingPolicy = RoundingPolicy<R> && requires(std::int64_t sum, typename R::Multiplier multiplier) {
  { R::apply_wide(sum, multiplier) } -> std::same_as<std::int32_t>;
};

namespace rounding {

/// Bit for bit what LiteRT's reference kernels compute: a doubling high multiplication, then a rounding
/// shift. It rounds twice: halves up, then, where the shift is not zero, halves away from zero.
struct Reference {
  using Multiplier = FixedPointMultiplier;
  static constexpr Multiplier multiplier(double real) { return quantize_multiplier(real); }
  static constexpr std::int32_t apply(std::int32_t accumulator, Multiplier multiplier) {
    return multiply_rounding_twice(accumulator, multiplier);
  }
  static constexpr std::int32_t apply_wide(std::int64_t sum, Multiplier multiplier) {
    return multiply_wide(sum, multiplier);
  }
};

/// One 64-bit product, rounded once, halves up (LiteRT built with `TFLITE_SINGLE_ROUNDING`).
struct Single {
  using Multiplier = FixedPointMultiplier;
  static constexpr Multiplier multiplier(double real) { return quantize_multiplier(real); }
  static constexpr std::int32_t apply(std::int32_t accumulator, Multiplier multiplier) {
    return multiply_rounding_once(accumulator, multiplier);
  }
};

/// One float multiplication, rounded half to even, as XNNPACK does. The product is bounded to +-2^30, beyond every
/// stored number; adding 1.5 * 2^52 leaves the rounded integer in the low bits of the double sum.
struct Float {
  using Multiplier = float;
  static constexpr Multiplier multiplier(double real) { return static_cast<float>(real); }
  static constexpr std::int32_t apply(std::int32_t accumulator, Multiplier multiplier) {
    constexpr float bound = 1073741824.0f;
    constexpr double magic = 6755399441055744.0;
    float product = static_cast<float>(accumulator) * multiplier;
    product = product > bound ? bound : product < -bound ? -bound : product;
    const double sum = static_cast<double>(product) + magic;
    return static_cast<std::int32_t>(std::bit_cast<std::int64_t>(sum) - std::bit_cast<std::int64_t>(magic));
  }
};

/// One double multiplication, rounded half away from zero: what LiteRT's reference kernels of fully connected layers
/// compute. The product is bounded to +-2^30, beyond every stored number.
struct Double {
  using Multiplier = double;
  static constexpr Multiplier multiplier(double real) { return real; }
  static constexpr std::int32_t apply(std::int32_t accumulator, Multiplier multiplier) {
    return rounded(static_cast<double>(accumulator) * multiplier);
  }
  static constexpr std::int32_t apply_wide(std::int64_t sum, Multiplier multiplier) {
    return rounded(static_cast<double>(sum) * multiplier);
  }

 private:
  static constexpr std::int32_t rounded(double product) {
    constexpr double bound = 1073741824.0;
    product = product > bound ? bound : product < -bound ? -bound : product;
    const auto whole = static_cast<std::int32_t>(product);  // towards zero; the rest is exact
    const double rest = product - static_cast<double>(whole);
    return whole + (rest >= 0.5 ? 1 : rest <= -0.5 ? -1 : 0);
  }
};

/// A power-of-two multiplier `2^-shift`: a rounding shift, halves up, as fixed-point vector processors do.
/// The real multiplier must be a power of two; others are taken down to the power below.
struct Shift {
  struct Multiplier {
    std::int32_t shift = 0;  ///< to the right; negative: to the left
    friend constexpr bool operator==(Multiplier, Multiplier) = default;
  };
  static constexpr Multiplier multiplier(double real) {
    const FixedPointMultiplier fixed = quantize_multiplier(real);  // 2^n is 2^30 * 2^(n + 1 - 31)
    return fixed.value == 0 ? Multiplier{63} : Multiplier{1 - fixed.shift};
  }
  static constexpr std::int32_t apply(std::int32_t accumulator, Multiplier multiplier) {
    return rounded(accumulator, multiplier.shift, 31);
  }
  static constexpr std::int32_t apply_wide(std::int64_t sum, Multiplier multiplier) {
    constexpr std::int64_t most = (std::int64_t{1} << 47) - 1;
    return rounded(sum > most ? most : sum < -most ? -most : sum, multiplier.shift, 15);
  }

 private:
  /// Bounded to +-2^30. `most_left` is the farthest shift to the left that keeps every sum within 64 bits.
  static constexpr std::int32_t rounded(std::int64_t sum, int shift, int most_left) {
    if (shift > 62) return 0;
    constexpr std::int64_t bound = std::int64_t{1} << 30;
    const int left = shift < -most_left ? most_left : -shift;
    const std::int64_t shifted =
        shift > 0 ? (sum + (std::int64_t{1} << (shift - 1))) >> shift : sum * (std::int64_t{1} << left);
    return static_cast<std::int32_t>(shifted > bound ? bound : shifted < -bound ? -bound : shifted);
  }
};

}  // namespace rounding
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Accumulators to outputs on the portable rung.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dlpu/kernels/portable/simd.hpp"
#include "dlpu/kernels/requantization.hpp"

#if DLPU_HAS_PORTABLE_RUNG

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// A rounding policy on four accumulators at once. Policies without a form here are applied number by number.
template <class R>
struct VectorRounding {
  static constexpr bool available = false;
};

/// The doubling high multiplication and the rounding shift to the right, as the policy defines them.
template <>
struct VectorRounding<rounding::Reference> {
  static constexpr bool available = true;
  struct Multipliers {
    Words value, shift;
  };

  static Multipliers broadcast(FixedPointMultiplier m) {
    return {portable::broadcast<Words>(m.value), portable::broadcast<Words>(m.shift)};
  }
  static Multipliers load(const FixedPointMultiplier* m) {
    static_assert(sizeof(FixedPointMultiplier) == 2 * sizeof(std::int32_t));
    const auto* numbers = reinterpret_cast<const std::int32_t*>(m);
    const auto first = portable::load<Words>(numbers), last = portable::load<Words>(numbers + 4);
    const Words even = zip_low(first, last), odd = zip_high(first, last);
    return {zip_low(even, odd), zip_high(even, odd)};
  }
  /// Multipliers of 1 and above, which shift to the left, are rare: they take the policy's own code.
  static bool handles(const Multipliers& m) {
    return m.shift[0] <= 0 && m.shift[1] <= 0 && m.shift[2] <= 0 && m.shift[3] <= 0;
  }
  static Words apply(const Words& accumulators, const Multipliers& m) {
    return rounding_shift_right(doubling_high_multiply(accumulators, m.value), m.shift);
  }
};

#if defined(__SSE2__) || defined(__aarch64__)
template <>
struct VectorRounding<rounding::Float> {
  static constexpr bool available = true;
  using Multipliers = Floats;

  static Multipliers broadcast(float m) { return portable::broadcast<Floats>(m); }
  static Multipliers load(const float* m) { return portable::load<Floats>(m); }
  static bool handles(const Multipliers&) { return true; }
  static Words apply(const Words& accumulators, const Multipliers& m) {
    const Floats bound = broadcast(1073741824.0f);
    return nearest(clamp(__builtin_convertvector(accumulators, Floats) * m, -bound, bound));
  }
};
#endif

/// `Requantization` for eight neighbouring channels at once.
template <class Storage, class R>
class Requantizer {
 public:
  explicit Requantizer(const Requantization<R>& requantization)
      : scalar_(requantization),
        zero_point_(broadcast<Words>(requantization.zero_point)),
        low_(broadcast<Shorts>(static_cast<std::int16_t>(requantization.range.low))),
        high_(broadcast<Shorts>(static_cast<std::int16_t>(requantization.range.high))) {}

  /// `output[i] = requantization.apply(accumulator i, channel + i)` for the first `count` of eight accumulators.
  void store(const Words& first, const Words& last, std::size_t channel, std::size_t count, Storage* output) const {
    if constexpr (VectorRounding<R>::available) {
      using Rounding = VectorRounding<R>;
      if (count == 8) {
        const bool per_tensor = scalar_.multipliers.size() == 1;
        const auto* m = scalar_.multipliers.data() + (per_tensor ? 0 : channel);
        const auto a = per_tensor ? Rounding::broadcast(*m) : Rounding::load(m);
        const auto b = per_tensor ? a : Rounding::load(m + 4);
        if (Rounding::handles(a) && Rounding::handles(b)) {
          const Shorts sums = narrow(wrapping_sum(Rounding::apply(first, a), zero_point_),
                                     wrapping_sum(Rounding::apply(last, b), zero_point_));
          return store_bytes(clamp(sums, low_, high_), output);
        }
      }
    }
    std::int32_t accumulators[8];
    portable::store(first, accumulators);
    portable::store(last, accumulators + 4);
    for (std::size_t i = 0; i < count; ++i) {
      output[i] = static_cast<Storage>(scalar_.apply(accumulators[i], channel + i));
    }
  }

 private:
  Requantization<R> scalar_;
  Words zero_point_;
  Shorts low_, high_;
};

/// `range.clamp` of the first `count` values; NaN stays NaN, as in the oracle.
inline void store_clamped(const Floats& values, Range<float> range, std::size_t count, float* output) {
  const Floats clamped = clamp(values, broadcast<Floats>(range.low), broadcast<Floats>(range.high));
  if (count == float_lanes) return store(clamped, output);
  float lanes[float_lanes];
  store(clamped, lanes);
  std::copy_n(lanes, count, output);
}

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#endif

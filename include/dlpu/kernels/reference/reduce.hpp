#pragma once

/// The oracle of Sum, ReduceMax and ReduceMin: as Mean's, with another way to put elements together.

#include <cstdint>
#include <limits>
#include <type_traits>

#include "dlpu/kernels/reference/mean.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// The sum, rescaled. The zero point is taken off once for all elements.
template <QuantizedStorage Storage, class R>
constexpr void sum(const MeanGeometry& g, const Storage* input, std::int32_t input_zero_point,
                   const Requantization<R>& requantization, Storage* output) {
  mean(g, input, input_zero_point, requantization, output);
}

/// Integers wrap around.
template <class Number>
constexpr void sum(const MeanGeometry& g, const Number* input, Number* output) {
  using Unsigned = std::make_unsigned_t<std::conditional_t<std::is_integral_v<Number>, Number, int>>;
  using Accumulator = std::conditional_t<std::is_integral_v<Number>, Unsigned, Number>;
  Accumulator total{};
  for_each_mean(
      g, [&](std::int64_t i) { total = static_cast<Accumulator>(total + static_cast<Accumulator>(input[i])); },
      [&](std::int64_t o) {
        output[o] = static_cast<Number>(total);
        total = Accumulator{};
      });
}

/// The largest or the smallest element; stored numbers are compared and passed on as they are.
template <class Number>
constexpr void extreme(const MeanGeometry& g, bool largest, const Number* input, Number* output) {
  const Number start = largest ? std::numeric_limits<Number>::lowest() : std::numeric_limits<Number>::max();
  Number found = start;
  for_each_mean(
      g, [&](std::int64_t i) { found = (largest ? input[i] > found : input[i] < found) ? input[i] : found; },
      [&](std::int64_t o) {
        output[o] = found;
        found = start;
      });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

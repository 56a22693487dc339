#pragma once

/// The oracle of Softmax along the innermost dimension: `rows` rows of `depth` elements.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "dlpu/core/element.hpp"
#include "dlpu/core/fixed_point_functions.hpp"
#include "dlpu/core/math.hpp"
#include "dlpu/kernels/reference/interpolation_table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// exp(-i * beta * scale) in Q0.31 for all differences of two 8-bit numbers, in LiteRT's fixed-point arithmetic. The
/// differences are scaled to Q5.26; those that do not fit count as infinite.
[[nodiscard]] constexpr std::array<std::int32_t, 256> softmax_exponentials(float scale, float beta) {
  constexpr double one = 1 << 26, most = std::numeric_limits<std::int32_t>::max();
  const double real = static_cast<double>(beta) * static_cast<double>(scale) * one;
  const FixedPointMultiplier multiplier = quantize_multiplier(real < most ? real : most);
  const std::int64_t largest = (std::int64_t{31} << 26) >> (multiplier.shift > 0 ? multiplier.shift : 0);
  std::array<std::int32_t, 256> table{};
  for (std::int32_t i = 0; i < 256 && i <= largest; ++i) {
    table[static_cast<std::size_t>(i)] = exponential_of_negative(multiply_rounding_twice(-i, multiplier));
  }
  return table;
}

/// The output has the scale 1/256 and the lowest number as zero point.
template <QuantizedStorage Storage>
requires(sizeof(Storage) == 1) constexpr void softmax(std::int64_t rows, std::int64_t depth,
                                                      const std::array<std::int32_t, 256>& exponentials,
                                                      const Storage* input, Storage* output) {
  constexpr std::int32_t lowest = std::numeric_limits<Storage>::min(), highest = std::numeric_limits<Storage>::max();
  constexpr std::int32_t integer_bits = 12;  // of the sum
  for (std::int64_t row = 0; row < rows; ++row, input += depth, output += depth) {
    std::int32_t most = lowest;
    for (std::int64_t c = 0; c < depth; ++c) most = input[c] > most ? input[c] : most;
    const auto exponential = [&](std::int64_t c) { return exponentials[static_cast<std::size_t>(most - input[c])]; };
    std::int64_t sum = 0;
    for (std::int64_t c = 0; c < depth; ++c) sum += rounding_divide_by_power_of_two(exponential(c), integer_bits);
    // LiteRT aborts from a sum of 512 on. There, every probability is below half a step of the output: zero.
    const bool vanishing = sum >= std::int64_t{512} << (31 - integer_bits);
    const FixedPointReciprocal scale =
        fixed_point_reciprocal(vanishing ? 1 : static_cast<std::int32_t>(sum), integer_bits);
    for (std::int64_t c = 0; c < depth; ++c) {
      const std::int32_t product = saturating_rounding_doubling_high_multiply(scale.fraction, exponential(c));
      const std::int32_t stored = vanishing ? 0 : rounding_divide_by_power_of_two(product, scale.exponent + 31 - 8);
      output[c] = static_cast<Storage>(stored + lowest > highest ? highest : stored + lowest);
    }
  }
}

/// The functions that the 16-bit form reads from tables, and what its differences are multiplied with.
struct WideSoftmax {
  InterpolationTable exponential;  ///< of [-10, 0]; exp(-10) counts as nothing
  InterpolationTable reciprocal;   ///< 1 / (1 + x) of [0, 1]
  FixedPointMultiplier multiplier;
};

[[nodiscard]] inline WideSoftmax wide_softmax(float scale, float beta) {
  return {interpolation_table(-10.0, 0.0, [](double x) { return math::exp(x); }),
          interpolation_table(0.0, 1.0, [](double x) { return 1.0 / (1.0 + x); }),
          quantize_multiplier(static_cast<double>(scale * beta) / (10.0 / 65535.0))};
}

/// 16 bits in and out; the output has the scale 1 / 32768. Exponentials are Q0.15. A sum that 31 bits do not hold, of more
/// than 65,536 numbers, counts as the largest.
inline void softmax(std::int64_t rows, std::int64_t depth, const WideSoftmax& functions, const std::int16_t* input,
                    std::int16_t* output) {
  constexpr std::int32_t lowest = std::numeric_limits<std::int16_t>::min();
  constexpr std::int32_t highest = std::numeric_limits<std::int16_t>::max();
  const auto saturated = [](std::int32_t x) { return x < lowest ? lowest : x > highest ? highest : x; };
  for (std::int64_t row = 0; row < rows; ++row, input += depth, output += depth) {
    std::int32_t most = lowest;
    for (std::int64_t c = 0; c < depth; ++c) most = input[c] > most ? input[c] : most;
    std::int64_t sum = 0;
    for (std::int64_t c = 0; c < depth; ++c) {
      const std::int32_t difference = multiply_rounding_twice(input[c] - most, functions.multiplier);
      const std::int32_t centred = wrapping_add(difference, highest);
      output[c] = functions.exponential(static_cast<std::int16_t>(saturated(centred)));
      sum += output[c];
    }
    const auto held =
        static_cast<std::uint32_t>(std::min<std::int64_t>(sum, std::numeric_limits<std::int32_t>::max()));
    const int headroom = std::countl_zero(held);  // the sign bit included
    // The sum as 1 + x with x in [0, 1], then x around zero.
    const auto scaled =
        static_cast<std::int32_t>(((static_cast<std::int64_t>(held) << (headroom - 1)) + (1 << 13)) >> 14);
    const std::int32_t centred = saturated(scaled - (1 << 15) - (1 << 16));
    const std::int32_t reciprocal = functions.reciprocal(static_cast<std::int16_t>(centred));
    const int right = 31 - headroom;
    for (std::int64_t c = 0; c < depth; ++c) {
      const std::int64_t product = std::int64_t{output[c]} * reciprocal + (std::int64_t{1} << (right - 1));
      const auto probability = static_cast<std::int32_t>(product >> right);
      output[c] = static_cast<std::int16_t>(probability < 0 ? 0 : saturated(probability));
    }
  }
}

inline void softmax(std::int64_t rows, std::int64_t depth, float beta, const float* input, float* output) {
  for (std::int64_t row = 0; row < rows; ++row, input += depth, output += depth) {
    float most = std::numeric_limits<float>::lowest(), sum = 0.0f;
    for (std::int64_t c = 0; c < depth; ++c) most = input[c] > most ? input[c] : most;
    for (std::int64_t c = 0; c < depth; ++c) sum += output[c] = math::exp((input[c] - most) * beta);
    for (std::int64_t c = 0; c < depth; ++c) output[c] /= sum;
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

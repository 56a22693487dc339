#pragma once

/// The oracle of L2Normalization along the innermost dimension: `rows` rows of `depth` elements.

#include <cstdint>
#include <limits>
#include <type_traits>

#include "dlpu/core/math.hpp"
#include "dlpu/kernels/activation.hpp"
#include "dlpu/kernels/reference/inverse_square_root.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// The output has the scale 1/128 and its zero point in the middle. The input's scale cancels out. LiteRT has two
/// arithmetics: in int8 the factor 128 is part of the multiplier, in uint8 of the number.
template <QuantizedStorage Storage>
requires(sizeof(Storage) == 1) constexpr void l2_normalization(std::int64_t rows, std::int64_t depth,
                                                               const Storage* input, std::int32_t zero_point,
                                                               Storage* output) {
  constexpr Range<std::int32_t> range{std::numeric_limits<Storage>::min(), std::numeric_limits<Storage>::max()};
  constexpr bool is_signed = std::is_signed_v<Storage>;
  for (std::int64_t row = 0; row < rows; ++row, input += depth, output += depth) {
    std::int32_t squares = 0;
    for (std::int64_t c = 0; c < depth; ++c) {
      const std::int32_t x = input[c] - zero_point;
      squares = wrapping_add(squares, x * x);
    }
    FixedPointMultiplier inverse = inverse_square_root(squares);
    if (is_signed) inverse.shift += 7;
    for (std::int64_t c = 0; c < depth; ++c) {
      const std::int32_t x = (input[c] - zero_point) * (is_signed ? 1 : 128);
      output[c] = static_cast<Storage>(range.clamp(multiply_rounding_twice(x, inverse) + (is_signed ? 0 : 128)));
    }
  }
}

/// Norms below 1e-6 count as 1e-6.
inline void l2_normalization(std::int64_t rows, std::int64_t depth, const float* input, float* output) {
  for (std::int64_t row = 0; row < rows; ++row, input += depth, output += depth) {
    float squares = 0.0f;
    for (std::int64_t c = 0; c < depth; ++c) squares += input[c] * input[c];
    const float root = math::sqrt(squares), norm = root < 1e-6f ? 1e-6f : root;
    for (std::int64_t c = 0; c < depth; ++c) output[c] = input[c] / norm;
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Functions of one 8-bit number, as a table of their 256 results.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "dlpu/core/math.hpp"
#include "dlpu/kernels/activation.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

template <QuantizedStorage Storage>
struct Table {
  static_assert(sizeof(Storage) == 1, "Table: a table of all results is for int8 and uint8");

  std::array<Storage, 256> results{};

  [[nodiscard]] static constexpr std::size_t index(Storage stored) { return static_cast<std::uint8_t>(stored); }
  [[nodiscard]] constexpr Storage operator()(Storage stored) const { return results[index(stored)]; }
};

/// The table of `function`, which takes a stored number and returns one, as int32 and perhaps out of range.
template <QuantizedStorage Storage, class Function>
[[nodiscard]] constexpr Table<Storage> table_of(Function function) {
  constexpr Range<std::int32_t> range{std::numeric_limits<Storage>::min(), std::numeric_limits<Storage>::max()};
  Table<Storage> table;
  for (std::int32_t stored = range.low; stored <= range.high; ++stored) {
    const std::int32_t result = function(stored);
    table.results[Table<Storage>::index(static_cast<Storage>(stored))] = static_cast<Storage>(range.clamp(result));
  }
  return table;
}

/// The table of a function of real numbers, in LiteRT's arithmetic (`LUTPopulate`): float32 throughout, multiplied by
/// the reciprocal of the output's scale, halves away from zero. LiteRT leaves results beyond int32 undefined; here they
/// saturate.
template <QuantizedStorage Storage, class Function>
[[nodiscard]] inline Table<Storage> real_table(Function function, Quantization input, Quantization output) {
  constexpr Range<float> bounds{-1e6f, 1e6f};
  const float inverse = 1.0f / output.scale;
  return table_of<Storage>([&](std::int32_t stored) {
    const float real = function(input.scale * static_cast<float>(stored - input.zero_point));
    const float scaled = real == real ? bounds.clamp(real * inverse) : 0.0f;  // NaN stands for nothing
    return static_cast<std::int32_t>(math::round(scaled)) + output.zero_point;
  });
}

template <QuantizedStorage Storage>
constexpr void look_up(std::span<const Storage> input, const Table<Storage>& table, std::span<Storage> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = table(input[i]);
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

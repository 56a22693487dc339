#pragma once

/// A function of 16-bit numbers by 513 of its values and straight lines between them, as LiteRT's 16-bit kernels have
/// functions (`gen_lut`, `LUTLookup`).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "dlpu/core/math.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

struct InterpolationTable {
  static constexpr std::size_t pieces = 512;
  std::array<std::int16_t, pieces + 1> values{};

  [[nodiscard]] constexpr std::int16_t operator()(std::int16_t x) const {
    const auto piece = static_cast<std::size_t>(256 + (x >> 7));
    const std::int32_t slope = values[piece + 1] - values[piece];
    return static_cast<std::int16_t>(values[piece] + ((slope * (x & 0x7f) + 64) >> 7));
  }
};

/// The table of `function` from `low` to `high`, in steps of 1 / 32768. Each value gives up half of the error that the line
/// to the next one makes in its middle. In double precision: single gives other numbers.
template <class Function>
[[nodiscard]] InterpolationTable interpolation_table(double low, double high, Function function) {
  const double step = (high - low) / static_cast<double>(InterpolationTable::pieces);
  const auto scaled = [&](double x) { return function(x) * 32768.0; };
  const auto stored = [](double value) { return static_cast<std::int16_t>(std::clamp(value, -32768.0, 32767.0)); };
  InterpolationTable table;
  for (std::size_t i = 0; i < InterpolationTable::pieces; ++i) {
    const double x = low + static_cast<double>(i) * step, next = low + static_cast<double>(i + 1) * step;
    const double value = math::round(scaled(x)), middle = math::round(scaled(x + step / 2.0));
    const double line = math::round((scaled(next) + value) / 2.0);
    table.values[i] = stored(value - math::round((line - middle) / 2.0));
  }
  table.values.back() = stored(math::round(scaled(high)));
  return table;
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

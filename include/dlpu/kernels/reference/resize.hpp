#pragma once

/// The oracles of ResizeNearestNeighbor and ResizeBilinear over NHWC images. In float32 as in LiteRT: every product
/// and every sum is rounded to float.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

struct ResizeGeometry {
  std::int32_t batch = 1, channels = 0;
  Size2D input, output;
  bool align_corners = false;       ///< the corners' centres fall on one another
  bool half_pixel_centers = false;  ///< a pixel's centre lies half a pixel inside
};

/// The product, rounded to float before anything is added to it: in double it is exact, so no compiler fuses the two.
[[nodiscard]] constexpr float rounded_product(float a, float b) {
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b));
}
[[nodiscard]] constexpr std::int32_t floor_of(float value) {
  if (value >= 2147483648.0f) return std::numeric_limits<std::int32_t>::max();
  const auto whole = static_cast<std::int32_t>(value);
  return static_cast<float>(whole) > value ? whole - 1 : whole;
}

/// Input elements per output element along one axis.
[[nodiscard]] constexpr float resize_scale(const ResizeGeometry& g, std::int32_t input, std::int32_t output) {
  if (g.align_corners && output > 1) return static_cast<float>(input - 1) / static_cast<float>(output - 1);
  return static_cast<float>(input) / static_cast<float>(output);
}

/// The input's place that an output place shows: rounded, halves up, where corners are aligned, cut off otherwise.
[[nodiscard]] constexpr std::int32_t nearest_place(const ResizeGeometry& g, std::int32_t place, std::int32_t input,
                                                   std::int32_t output) {
  const float centre = static_cast<float>(place) + (g.half_pixel_centers ? 0.5f : 0.0f);
  const float scaled = rounded_product(centre, resize_scale(g, input, output));
  const std::int32_t whole = floor_of(scaled);
  const bool up = g.align_corners && scaled - static_cast<float>(whole) >= 0.5f;
  return std::clamp(whole + (up ? 1 : 0), 0, input - 1);
}

template <class T>
constexpr void resize_nearest(const ResizeGeometry& g, const T* input, T* output) {
  for (std::int32_t b = 0; b < g.batch; ++b) {
    for (std::int32_t y = 0; y < g.output.height; ++y) {
      const std::int64_t row =
          std::int64_t{b} * g.input.height + nearest_place(g, y, g.input.height, g.output.height);
      for (std::int32_t x = 0; x < g.output.width; ++x, output += g.channels) {
        const std::int64_t place = row * g.input.width + nearest_place(g, x, g.input.width, g.output.width);
        std::copy_n(input + place * g.channels, g.channels, output);
      }
    }
  }
}

/// The two places between which an output place lies, and how far behind the first it is: in float32, or in 1/1024.
template <class T>
struct Between {
  std::int32_t first = 0, second = 0;
  T fraction{};
};

[[nodiscard]] constexpr Between<float> float_places(const ResizeGeometry& g, std::int32_t place, std::int32_t input,
                                                    std::int32_t output) {
  const float scale = resize_scale(g, input, output), at = static_cast<float>(place);
  const float scaled = g.half_pixel_centers ? rounded_product(at + 0.5f, scale) - 0.5f : rounded_product(at, scale);
  const std::int32_t below = floor_of(scaled), above = below + (static_cast<float>(below) < scaled ? 1 : 0);
  const std::int32_t first = std::clamp(below, 0, input - 1);
  return {first, std::clamp(above, 0, input - 1), scaled - static_cast<float>(first)};
}

[[nodiscard]] constexpr Between<std::int64_t> fixed_places(const ResizeGeometry& g, std::int32_t place,
                                                           std::int32_t input, std::int32_t output) {
  constexpr std::int64_t one = 1024;
  const std::int32_t inset = g.align_corners && output > 1 ? 1 : 0;
  const std::int64_t scale = (one * (input - inset) + (output - inset) / 2) / (output - inset);
  const std::int64_t scaled = place * scale + (g.half_pixel_centers ? scale / 2 - one / 2 : 0);
  const auto first = static_cast<std::int32_t>(std::clamp<std::int64_t>(scaled / one, 0, input - 1));
  const auto second = static_cast<std::int32_t>(std::clamp<std::int64_t>((scaled + one - 1) / one, 0, input - 1));
  return {first, second, scaled - one * first};
}

/// The mean of four elements a b / c d, `y` towards the second row and `x` towards the second column.
template <class T>
[[nodiscard]] constexpr T blend(T a, T b, T c, T d, float y, float x) {
  const auto part = [](T value, float row, float column) {
    return rounded_product(rounded_product(static_cast<float>(value), row), column);
  };
  const float top = 1.0f - y, left = 1.0f - x, rounding = std::is_same_v<T, float> ? 0.0f : 0.5f;
  // In LiteRT's order.
  return static_cast<T>(part(a, top, left) + part(c, y, left) + part(b, top, x) + part(d, y, x) + rounding);
}
template <class T>
[[nodiscard]] constexpr T blend(T a, T b, T c, T d, std::int64_t y, std::int64_t x) {
  const std::int64_t top = 1024 - y, left = 1024 - x;
  const std::int64_t sum = a * top * left + c * y * left + b * top * x + d * y * x, half = 1 << 19;
  return static_cast<T>((sum + (sum > 0 ? half : -half)) / (1 << 20));
}

/// float32, int8 (in fixed point, halves away from zero) and uint8 (in float32, halves up).
template <class T>
constexpr void resize_bilinear(const ResizeGeometry& g, const T* input, T* output) {
  const auto places = [&g](std::int32_t place, std::int32_t from, std::int32_t to) {
    if constexpr (std::is_signed_v<T> && !std::is_same_v<T, float>)
      return fixed_places(g, place, from, to);
    else
      return float_places(g, place, from, to);
  };
  for (std::int32_t b = 0; b < g.batch; ++b) {
    for (std::int32_t i = 0; i < g.output.height; ++i) {
      const auto y = places(i, g.input.height, g.output.height);
      for (std::int32_t j = 0; j < g.output.width; ++j) {
        const auto x = places(j, g.input.width, g.output.width);
        const auto pixel = [&](std::int32_t row, std::int32_t column) {
          return input + ((std::int64_t{b} * g.input.height + row) * g.input.width + column) * g.channels;
        };
        const T *p = pixel(y.first, x.first), *q = pixel(y.first, x.second);
        const T *r = pixel(y.second, x.first), *s = pixel(y.second, x.second);
        for (std::int32_t c = 0; c < g.channels; ++c) {
          *output++ = blend(p[c], q[c], r[c], s[c], y.fraction, x.fraction);
        }
      }
    }
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The oracles of AveragePool2D and MaxPool2D: plain loops over NHWC images.
///
/// Places outside the image do not take part: an average divides by the number of places inside. Every window holds
/// at least one place inside. Both sides have one scale and zero point, so stored numbers are averaged and compared
/// as they are.

#include <cstdint>
#include <limits>

#include "dlpu/kernels/reference/conv2d.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// The quotient rounded to nearest, halves away from zero. `divisor` > 0.
[[nodiscard]] constexpr std::int64_t rounding_divide(std::int64_t dividend, std::int64_t divisor) {
  return (dividend > 0 ? dividend + divisor / 2 : dividend - divisor / 2) / divisor;
}

template <QuantizedStorage Storage>
constexpr void average_pool2d(const WindowGeometry& g, const Storage* input, Range<std::int32_t> range,
                              Storage* output) {
  for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t c = 0; c < g.output_channels; ++c) {
      std::int64_t sum = 0, count = 0;
      for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t) {
        sum += input[in_place * g.input_channels + c];
        ++count;
      });
      output[place * g.output_channels + c] =
          static_cast<Storage>(range.clamp(static_cast<std::int32_t>(rounding_divide(sum, count))));
    }
  });
}

constexpr void average_pool2d(const WindowGeometry& g, const float* input, Range<float> range, float* output) {
  for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t c = 0; c < g.output_channels; ++c) {
      float sum = 0.0f, count = 0.0f;
      for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t) {
        sum += input[in_place * g.input_channels + c];
        count += 1.0f;
      });
      output[place * g.output_channels + c] = range.clamp(sum / count);
    }
  });
}

/// `T` is float or a quantized storage; `Bound` is float or int32.
template <class T, class Bound>
constexpr void max_pool2d(const WindowGeometry& g, const T* input, Range<Bound> range, T* output) {
  for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t c = 0; c < g.output_channels; ++c) {
      T most = std::numeric_limits<T>::lowest();
      for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t) {
        const T value = input[in_place * g.input_channels + c];
        if (value > most) most = value;
      });
      output[place * g.output_channels + c] = static_cast<T>(range.clamp(most));
    }
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

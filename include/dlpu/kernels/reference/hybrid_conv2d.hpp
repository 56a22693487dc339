#pragma once

/// Conv2D of float32 images with an int8 filter, as LiteRT computes files of "dynamic range quantization": every image
/// of the batch is quantized when it arrives, symmetrically and with one scale, and the sums become float32 again.

#include <cmath>
#include <cstdint>

#include "dlpu/kernels/activation.hpp"
#include "dlpu/kernels/reference/conv2d.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Quantizes `count` numbers to [-127, 127] and returns their scale. Halves are rounded away from zero. Numbers that are
/// all zero, or not all finite, become zeros with the scale 1.
inline float quantize_symmetrically(const float* values, std::int64_t count, std::int8_t* stored) {
  constexpr float most = 127.0f;
  float bound = 0.0f;
  bool finite = true;
  for (std::int64_t i = 0; i < count; ++i) {
    const float magnitude = std::fabs(values[i]);
    finite = finite && std::isfinite(values[i]);
    bound = magnitude > bound ? magnitude : bound;
  }
  const float inverse = most / bound;
  const bool vanishing = !finite || !(bound > 0.0f) || !std::isfinite(inverse);
  for (std::int64_t i = 0; i < count; ++i) {
    stored[i] = vanishing
                    ? std::int8_t{0}
                    : static_cast<std::int8_t>(Range<float>{-most, most}.clamp(std::round(values[i] * inverse)));
  }
  return vanishing ? 1.0f : bound / most;
}

/// `quantized` is scratch of as many bytes as the input has elements. The filter has one scale and no zero point.
inline void hybrid_conv2d(const WindowGeometry& g, const float* input, const std::int8_t* filter, float filter_scale,
                          const float* bias, Range<float> range, std::int8_t* quantized, float* output) {
  const std::int64_t image = std::int64_t{g.input_height} * g.input_width * g.input_channels;
  WindowGeometry one = g;
  one.batch = 1;
  for (std::int32_t batch = 0; batch < g.batch; ++batch, input += image) {
    const float scale = quantize_symmetrically(input, image, quantized) * filter_scale;
    for_each_place(one, [&](std::int32_t, std::int32_t y, std::int32_t x, std::int64_t) {
      for (std::int32_t o = 0; o < g.output_channels; ++o) {
        std::int32_t sum = 0;
        for_each_tap(one, 0, y, x, [&](std::int64_t in_place, std::int64_t tap) {
          const std::int8_t* a = quantized + in_place * g.input_channels;
          const std::int8_t* w =
              filter + (std::int64_t{o} * g.kernel.height * g.kernel.width + tap) * g.input_channels;
          for (std::int32_t c = 0; c < g.input_channels; ++c) sum = wrapping_add(sum, a[c] * w[c]);
        });
        *output++ = range.clamp(static_cast<float>(sum) * scale + (bias ? bias[o] : 0.0f));
      }
    });
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

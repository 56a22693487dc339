#pragma once

/// The oracle of Conv2D: the plain loops that every rung must equal to the bit.
///
/// input NHWC [batch, input_height, input_width, input_channels], filter OHWI [output_channels,
/// kernel_height, kernel_width, input_channels], bias [output_channels] or null, output NHWC. Places outside
/// the image count as real zeros.

#include <cstdint>

#include "dlpu/kernels/requantization.hpp"
#include "dlpu/kernels/window.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Calls `tap(input_offset, filter_offset)` for every tap inside the image of one output place.
template <class Tap>
constexpr void for_each_tap(const WindowGeometry& g, std::int32_t batch, std::int32_t y, std::int32_t x, Tap tap) {
  for (std::int32_t ky = 0; ky < g.kernel.height; ++ky) {
    const std::int32_t in_y = y * g.stride.height + ky * g.dilation.height - g.pad_top;
    if (in_y < 0 || in_y >= g.input_height) continue;
    for (std::int32_t kx = 0; kx < g.kernel.width; ++kx) {
      const std::int32_t in_x = x * g.stride.width + kx * g.dilation.width - g.pad_left;
      if (in_x < 0 || in_x >= g.input_width) continue;
      tap((std::int64_t{batch} * g.input_height + in_y) * g.input_width + in_x,
          std::int64_t{ky} * g.kernel.width + kx);
    }
  }
}

/// Calls `place(batch, y, x, index)` for every output place in row-major order.
template <class Place>
constexpr void for_each_place(const WindowGeometry& g, Place place) {
  std::int64_t index = 0;
  for (std::int32_t batch = 0; batch < g.batch; ++batch) {
    for (std::int32_t y = 0; y < g.output_height; ++y) {
      for (std::int32_t x = 0; x < g.output_width; ++x) place(batch, y, x, index++);
    }
  }
}

template <QuantizedStorage Storage, class R>
constexpr void conv2d(const WindowGeometry& g, const Storage* input, std::int32_t input_zero_point,
                      const FilterOf<Storage>* filter, std::int32_t filter_zero_point, const SumOf<Storage>* bias,
                      const Requantization<R>& requantization, Storage* output) {
  for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t o = 0; o < g.output_channels; ++o) {
      SumOf<Storage> sum = 0;
      for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t tap) {
        const Storage* a = input + in_place * g.input_channels;
        const FilterOf<Storage>* w =
            filter + (std::int64_t{o} * g.kernel.height * g.kernel.width + tap) * g.input_channels;
        for (std::int32_t c = 0; c < g.input_channels; ++c) {
          sum = wrapping_add(sum, SumOf<Storage>{(a[c] - input_zero_point) * (w[c] - filter_zero_point)});
        }
      });
      if (bias) sum = wrapping_add(sum, bias[o]);
      output[place * g.output_channels + o] =
          static_cast<Storage>(requantization.apply(sum, static_cast<std::size_t>(o)));
    }
  });
}

constexpr void conv2d(const WindowGeometry& g, const float* input, const float* filter, const float* bias,
                      Range<float> range, float* output) {
  for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t o = 0; o < g.output_channels; ++o) {
      float sum = 0.0f;
      for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t tap) {
        const float* a = input + in_place * g.input_channels;
        const float* w = filter + (std::int64_t{o} * g.kernel.height * g.kernel.width + tap) * g.input_channels;
        for (std::int32_t c = 0; c < g.input_channels; ++c) sum += a[c] * w[c];
      });
      output[place * g.output_channels + o] = range.clamp(sum + (bias ? bias[o] : 0.0f));
    }
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

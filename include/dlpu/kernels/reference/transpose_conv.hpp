#pragma once

/// The oracle of TransposeConv: every input place adds its window to the output, `stride` apart.
///
/// input NHWC [batch, input_height, input_width, input_channels], filter OHWI [output_channels, kernel_height,
/// kernel_width, input_channels], bias [output_channels] or null, output NHWC. In a `WindowGeometry` of this operator
/// the padding is what the windows stick out of the output.

#include <cstdint>

#include "dlpu/kernels/requantization.hpp"
#include "dlpu/kernels/window.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Calls `tap(input_offset, filter_offset)` for every input place whose window covers an output place, in the order of
/// the input.
template <class Tap>
constexpr void for_each_transposed_tap(const WindowGeometry& g, std::int32_t batch, std::int32_t y, std::int32_t x,
                                       Tap tap) {
  for (std::int32_t ky = g.kernel.height; ky-- > 0;) {
    const std::int32_t down = y + g.pad_top - ky, in_y = down / g.stride.height;
    if (down < 0 || down % g.stride.height != 0 || in_y >= g.input_height) continue;
    for (std::int32_t kx = g.kernel.width; kx-- > 0;) {
      const std::int32_t across = x + g.pad_left - kx, in_x = across / g.stride.width;
      if (across < 0 || across % g.stride.width != 0 || in_x >= g.input_width) continue;
      tap((std::int64_t{batch} * g.input_height + in_y) * g.input_width + in_x,
          std::int64_t{ky} * g.kernel.width + kx);
    }
  }
}

/// Calls `result(index, channel, sum)` for every output element; `product(input, filter)` is one term of a sum.
template <class Sum, class Storage, class Product, class Result>
constexpr void transpose_conv_sums(const WindowGeometry& g, const Storage* input, const Storage* filter,
                                   Product product, Result result) {
  std::int64_t index = 0;
  for (std::int32_t batch = 0; batch < g.batch; ++batch) {
    for (std::int32_t y = 0; y < g.output_height; ++y) {
      for (std::int32_t x = 0; x < g.output_width; ++x) {
        for (std::int32_t o = 0; o < g.output_channels; ++o) {
          Sum sum{};
          for_each_transposed_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t tap) {
            const Storage* a = input + in_place * g.input_channels;
            const Storage* w = filter + (std::int64_t{o} * g.kernel.height * g.kernel.width + tap) * g.input_channels;
            for (std::int32_t c = 0; c < g.input_channels; ++c) sum = product(sum, a[c], w[c]);
          });
          result(index++, o, sum);
        }
      }
    }
  }
}

template <QuantizedStorage Storage, class R>
constexpr void transpose_conv(const WindowGeometry& g, const Storage* input, std::int32_t input_zero_point,
                              const Storage* filter, std::int32_t filter_zero_point, const std::int32_t* bias,
                              const Requantization<R>& requantization, Storage* output) {
  transpose_conv_sums<std::int32_t>(
      g, input, filter,
      [&](std::int32_t sum, Storage a, Storage w) {
        return wrapping_add(sum, (a - input_zero_point) * (w - filter_zero_point));
      },
      [&](std::int64_t index, std::int32_t o, std::int32_t sum) {
        if (bias) sum = wrapping_add(sum, bias[o]);
        output[index] = static_cast<Storage>(requantization.apply(sum, static_cast<std::size_t>(o)));
      });
}

constexpr void transpose_conv(const WindowGeometry& g, const float* input, const float* filter, const float* bias,
                              Range<float> range, float* output) {
  transpose_conv_sums<float>(
      g, input, filter, [](float sum, float a, float w) { return sum + a * w; },
      [&](std::int64_t index, std::int32_t o, float sum) {
        output[index] = range.clamp(sum + (bias ? bias[o] : 0.0f));
      });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The oracle of DepthwiseConv2D: the plain loops that every rung must equal to the bit.
///
/// input NHWC [batch, input_height, input_width, input_channels], filter [1, kernel_height, kernel_width,
/// output_channels], bias [output_channels] or null, output NHWC. Output channel `o` reads input channel
/// `o / multiplier`, where the multiplier is output_channels / input_channels. Places outside the image count as real
/// zeros.

#include <cstdint>

#include "dlpu/kernels/reference/conv2d.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

template <QuantizedStorage Storage, class R>
constexpr void depthwise_conv2d(const WindowGeometry& g, const Storage* input, std::int32_t input_zero_point,
                                const FilterOf<Storage>* filter, std::int32_t filter_zero_point,
                                const SumOf<Storage>* bias, const Requantization<R>& requantization,
                                Storage* output) {
  const std::int32_t multiplier = g.output_channels / g.input_channels;
  for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t o = 0; o < g.output_channels; ++o) {
      SumOf<Storage> sum = bias ? bias[o] : 0;
      for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t tap) {
        const std::int32_t a = input[in_place * g.input_channels + o / multiplier] - input_zero_point;
        const std::int32_t w = filter[tap * g.output_channels + o] - filter_zero_point;
        sum = wrapping_add(sum, SumOf<Storage>{a * w});
      });
      output[place * g.output_channels + o] =
          static_cast<Storage>(requantization.apply(sum, static_cast<std::size_t>(o)));
    }
  });
}

constexpr void depthwise_conv2d(const WindowGeometry& g, const float* input, const float* filter, const float* bias,
                                Range<float> range, float* output) {
  const std::int32_t multiplier = g.output_channels / g.input_channels;
  for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t o = 0; o < g.output_channels; ++o) {
      float sum = 0.0f;
      for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t tap) {
        sum += input[in_place * g.input_channels + o / multiplier] * filter[tap * g.output_channels + o];
      });
      output[place * g.output_channels + o] = range.clamp(sum + (bias ? bias[o] : 0.0f));
    }
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

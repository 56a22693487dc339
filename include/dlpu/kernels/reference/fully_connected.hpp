#pragma once

/// The oracle of FullyConnected: every row of the input times every row of the filter.
///
/// input [rows, inputs], filter [units, inputs], bias [units] or null, output [rows, units].

#include <cstdint>

#include "dlpu/kernels/requantization.hpp"
#include "dlpu/kernels/window.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// `g` is that of a pointwise convolution over an image of one row and `rows` columns.
template <QuantizedStorage Storage, class R>
constexpr void fully_connected(const WindowGeometry& g, const Storage* input, std::int32_t input_zero_point,
                               const FilterOf<Storage>* filter, std::int32_t filter_zero_point,
                               const SumOf<Storage>* bias, const Requantization<R>& requantization, Storage* output) {
  for (std::int64_t row = 0; row < g.input_width; ++row) {
    for (std::int64_t unit = 0; unit < g.output_channels; ++unit) {
      SumOf<Storage> sum = bias ? bias[unit] : 0;
      for (std::int64_t i = 0; i < g.input_channels; ++i) {
        const std::int32_t a = input[row * g.input_channels + i] - input_zero_point;
        const std::int32_t w = filter[unit * g.input_channels + i] - filter_zero_point;
        sum = wrapping_add(sum, SumOf<Storage>{a * w});
      }
      output[row * g.output_channels + unit] =
          static_cast<Storage>(requantization.apply(sum, static_cast<std::size_t>(unit)));
    }
  }
}

constexpr void fully_connected(const WindowGeometry& g, const float* input, const float* filter, const float* bias,
                               Range<float> range, float* output) {
  for (std::int64_t row = 0; row < g.input_width; ++row) {
    for (std::int64_t unit = 0; unit < g.output_channels; ++unit) {
      float sum = 0.0f;
      for (std::int64_t i = 0; i < g.input_channels; ++i) {
        sum += input[row * g.input_channels + i] * filter[unit * g.input_channels + i];
      }
      output[row * g.output_channels + unit] = range.clamp(sum + (bias ? bias[unit] : 0.0f));
    }
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// From accumulators to stored numbers: multipliers per tensor or per channel, zero point, clamp.

#include <cstdint>
#include <span>

#include "dlpu/kernels/activation.hpp"

namespace dlpu::inline DLPU_ABI {

/// Everything after the accumulation. One multiplier serves all channels; otherwise there is one for each.
template <class R>
struct Requantization {
  std::span<const typename R::Multiplier> multipliers;
  std::int32_t zero_point = 0;
  Range<std::int32_t> range{};

  [[nodiscard]] constexpr std::int32_t apply(std::int32_t accumulator, std::size_t channel) const {
    const auto multiplier = multipliers[multipliers.size() == 1 ? 0 : channel];
    return range.clamp(wrapping_add(R::apply(accumulator, multiplier), zero_point));
  }
  /// The same of the 64-bit sums of 16-bit activations.
  [[nodiscard]] constexpr std::int32_t apply(std::int64_t sum, std::size_t channel) const {
    const auto multiplier = multipliers[multipliers.size() == 1 ? 0 : channel];
    return range.clamp(wrapping_add(R::apply_wide(sum, multiplier), zero_point));
  }
};

/// The real multiplier of a convolution whose filter has a scale per channel: in double precision throughout
/// (TensorFlow Lite, `PopulateConvolutionQuantizationParams`).
[[nodiscard]] constexpr double channel_multiplier(float input, float filter, float output) {
  return static_cast<double>(input) * static_cast<double>(filter) / static_cast<double>(output);
}

/// The real multiplier of an operator with one filter scale: the product of input and filter scale is rounded
/// to float first (TensorFlow Lite, `GetQuantizedConvolutionMultipler`).
[[nodiscard]] constexpr double tensor_multiplier(float input, float filter, float output) {
  return static_cast<double>(input * filter) / static_cast<double>(output);
}

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The oracle of Quantize: from real numbers to stored ones, and from one quantization to another.

#include <cstddef>
#include <cstdint>
#include <span>

#include "dlpu/kernels/activation.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

template <QuantizedStorage To>
constexpr void quantize(std::span<const float> input, Quantization q, std::span<To> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = dlpu::detail::quantize_value<To>(input[i], q);
}

/// From one scale and zero point to another.
template <class R>
struct Rescaling {
  std::int32_t input_zero_point = 0;
  typename R::Multiplier multiplier{};  ///< input scale / output scale
  std::int32_t output_zero_point = 0;
  Range<std::int32_t> range{};

  [[nodiscard]] constexpr std::int32_t apply(std::int32_t stored) const {
    return range.clamp(wrapping_add(R::apply(stored - input_zero_point, multiplier), output_zero_point));
  }
};

template <QuantizedStorage From, QuantizedStorage To, class R>
constexpr void rescale(std::span<const From> input, const Rescaling<R>& rescaling, std::span<To> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = static_cast<To>(rescaling.apply(input[i]));
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

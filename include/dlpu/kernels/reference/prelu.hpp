#pragma once

/// The oracle of PRelu: x above zero, alpha * x below, with one alpha for each element or for those that broadcasting
/// gives it.

#include <cstdint>

#include "dlpu/kernels/activation.hpp"
#include "dlpu/kernels/reference/broadcast.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

template <class R>
struct PReluArguments {
  std::int32_t input_zero_point = 0, alpha_zero_point = 0, output_zero_point = 0;
  typename R::Multiplier above{};  ///< input scale / output scale
  typename R::Multiplier below{};  ///< input scale * alpha scale / output scale
  Range<std::int32_t> range{};

  [[nodiscard]] constexpr std::int32_t apply(std::int32_t stored, std::int32_t alpha) const {
    const std::int32_t x = stored - input_zero_point;
    const std::int32_t scaled = x >= 0 ? R::apply(x, above) : R::apply(x * (alpha - alpha_zero_point), below);
    return range.clamp(wrapping_add(scaled, output_zero_point));
  }
};

template <QuantizedStorage Storage, class R>
constexpr void prelu(const Broadcast& broadcast, const Storage* input, const Storage* alpha,
                     const PReluArguments<R>& arguments, Storage* output) {
  for_each_pair(broadcast, [&](std::int64_t i, std::int64_t a, std::int64_t o) {
    output[o] = static_cast<Storage>(arguments.apply(input[i], alpha[a]));
  });
}

constexpr void prelu(const Broadcast& broadcast, const float* input, const float* alpha, float* output) {
  for_each_pair(broadcast, [&](std::int64_t i, std::int64_t a, std::int64_t o) {
    output[o] = input[i] >= 0.0f ? input[i] : input[i] * alpha[a];
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

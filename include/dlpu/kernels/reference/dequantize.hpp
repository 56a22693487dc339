#pragma once

/// The oracle of Dequantize.

#include <cstddef>
#include <span>

#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

template <QuantizedStorage From>
constexpr void dequantize(std::span<const From> input, Quantization q, std::span<float> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = dlpu::detail::dequantize_value(input[i], q);
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

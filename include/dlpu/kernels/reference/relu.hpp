#pragma once

/// The oracle of Relu, Relu6, ReluN1To1 and Clamp: numbers cut to a range. The quantized one is a rescaling whose range
/// is the clamp's.

#include <cstddef>
#include <span>

#include "dlpu/kernels/reference/quantize.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

constexpr void clamp(std::span<const float> input, Range<float> range, std::span<float> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = range.clamp(input[i]);
}

template <QuantizedStorage Storage, class R>
constexpr void clamp(std::span<const Storage> input, const Rescaling<R>& rescaling, std::span<Storage> output) {
  rescale(input, rescaling, output);
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

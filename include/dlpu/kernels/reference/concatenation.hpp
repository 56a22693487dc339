#pragma once

/// The oracle of Concatenation: runs of each input in turn, as they are or requantized.

#include <algorithm>
#include <cstdint>

#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Where one input goes: each of its runs lies `output_stride` elements behind the one before.
struct ConcatenationPart {
  std::int64_t run = 0;            ///< elements that are neighbours in the input and in the output
  std::int64_t output_offset = 0;  ///< of the first run
};

template <class T>
constexpr void concatenate(const ConcatenationPart& part, std::int64_t runs, std::int64_t output_stride,
                           const T* input, T* output) {
  for (std::int64_t r = 0; r < runs; ++r) {
    std::copy_n(input + r * part.run, part.run, output + r * output_stride + part.output_offset);
  }
}

/// The same number in another quantization, as LiteRT's Concatenation computes it in float32.
template <QuantizedStorage Storage>
[[nodiscard]] constexpr Storage rescale(Storage stored, Quantization from, Quantization to) {
  const float scale = from.scale * (1.0f / to.scale);
  const float bias = static_cast<float>(-from.zero_point) * scale;
  // The product goes through double, where it is exact, so that no compiler fuses it with the sum: it is to be
  // rounded to float first.
  const auto product = static_cast<float>(static_cast<double>(stored) * static_cast<double>(scale));
  return detail::quantize_value<Storage>(product + bias, {1.0f, to.zero_point});
}

/// The same for an input whose scale or zero point is not the output's.
template <QuantizedStorage Storage>
constexpr void concatenate(const ConcatenationPart& part, std::int64_t runs, std::int64_t output_stride,
                           const Storage* input, Quantization from, Storage* output, Quantization to) {
  for (std::int64_t r = 0; r < runs; ++r) {
    Storage* out = output + r * output_stride + part.output_offset;
    for (std::int64_t i = 0; i < part.run; ++i) out[i] = rescale(input[r * part.run + i], from, to);
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

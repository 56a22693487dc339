#pragma once

/// Mean over the middle dimension of three: what is left of a mean over height and width. Sums of neighbouring channels
/// side by side, which compilers turn into vectors.

#include <algorithm>
#include <array>

#include "dlpu/kernels/reference/mean.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

[[nodiscard]] constexpr bool is_middle_mean(const reference::MeanGeometry& g) {
  return g.rank == 3 && !g.reduced[0] && g.reduced[1] && !g.reduced[2];
}

template <QuantizedStorage Storage, class R>
inline void middle_mean(const reference::MeanGeometry& g, const Storage* input, std::int32_t input_zero_point,
                        const Requantization<R>& requantization, Storage* output) {
  constexpr std::size_t at_once = 64;
  const auto rows = static_cast<std::size_t>(g.dims[1]), channels = static_cast<std::size_t>(g.dims[2]);
  const std::int32_t correction = wrapping_multiply(-input_zero_point, g.dims[1]);
  for (std::int32_t outer = 0; outer < g.dims[0]; ++outer, input += rows * channels, output += channels) {
    for (std::size_t channel = 0; channel < channels; channel += at_once) {
      const std::size_t count = std::min(at_once, channels - channel);
      std::array<std::int32_t, at_once> sums{};
      for (std::size_t row = 0; row < rows; ++row) {
        const Storage* from = input + row * channels + channel;
        if (count == at_once) {
          for (std::size_t c = 0; c < at_once; ++c) sums[c] += from[c];
        } else {
          for (std::size_t c = 0; c < count; ++c) sums[c] += from[c];
        }
      }
      for (std::size_t c = 0; c < count; ++c) {
        output[channel + c] = static_cast<Storage>(requantization.apply(wrapping_add(sums[c], correction), 0));
      }
    }
  }
}

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Mean over the middle dimension of three: what is left of a mean over height and width.

#include "dlpu/kernels/portable/channel_sums.hpp"
#include "dlpu/kernels/portable/requantize.hpp"
#include "dlpu/kernels/reference/mean.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

[[nodiscard]] constexpr bool is_middle_mean(const reference::MeanGeometry& g) {
  return g.rank == 3 && !g.reduced[0] && g.reduced[1] && !g.reduced[2];
}

template <class Sum, class T, class Finish>
inline void middle_mean(const reference::MeanGeometry& g, const T* input, T* output, const Finish& finish) {
  const auto rows = static_cast<std::size_t>(g.dims[1]), channels = static_cast<std::size_t>(g.dims[2]);
  for (std::int32_t outer = 0; outer < g.dims[0]; ++outer, input += rows * channels, output += channels)
    sum_places<Sum>(input, rows, channels, output, finish);
}

/// The outputs of the first `channels` sums, which have one multiplier.
template <QuantizedStorage Storage, class R>
inline void requantize_sums(const ChannelSums<std::int32_t>& sums, std::size_t channels,
                            const Requantization<R>& requantization, Storage* outputs) {
#if DLPU_HAS_PORTABLE_RUNG
  if constexpr (sizeof(Storage) == 1) {
    const Requantizer<Storage, R> requantizer(requantization);
    for (std::size_t c = 0; c < channels; c += 8) {
      requantizer.store(load<Words>(&sums[c]), load<Words>(&sums[c + 4]), 0, std::min<std::size_t>(8, channels - c),
                        outputs + c);
    }
    return;
  }
#endif
  for (std::size_t c = 0; c < channels; ++c) outputs[c] = static_cast<Storage>(requantization.apply(sums[c], 0));
}

template <QuantizedStorage Storage, class R>
inline void middle_mean(const reference::MeanGeometry& g, const Storage* input, std::int32_t input_zero_point,
                        const Requantization<R>& requantization, Storage* output) {
  const std::int32_t correction = wrapping_multiply(-input_zero_point, g.dims[1]);
  middle_mean<std::int32_t>(g, input, output,
                            [&](ChannelSums<std::int32_t>& sums, std::size_t channels, Storage* outputs) {
                              for (std::int32_t& sum : sums) sum = wrapping_add(sum, correction);
                              requantize_sums(sums, channels, requantization, outputs);
                            });
}

inline void middle_mean(const reference::MeanGeometry& g, const float* input, float* output) {
  const auto count = static_cast<float>(g.dims[1]);
  middle_mean<float>(g, input, output, [&](const ChannelSums<float>& sums, std::size_t channels, float* outputs) {
    for (std::size_t c = 0; c < channels; ++c) outputs[c] = sums[c] / count;
  });
}

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Sums over places, channel by channel: what global pooling and means over height and width are made of.

#include <algorithm>
#include <array>
#include <limits>

#include "dlpu/core/element.hpp"
#include "dlpu/kernels/portable/simd.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// The sums of this many neighbouring channels stay in registers or the nearest cache.
inline constexpr std::size_t summed_channels = 64;

template <class Sum>
using ChannelSums = std::array<Sum, summed_channels>;

/// Adds the first `channels` numbers of each of `places` places, which lie `step` numbers apart, in their order.
template <class Sum, class T>
inline void add_places(const T* input, std::size_t places, std::size_t step, std::size_t channels,
                       ChannelSums<Sum>& sums) {
  for (std::size_t place = 0; place < places; ++place, input += step) {
    if (channels == summed_channels) {  // a number of turns that the compiler knows
      for (std::size_t c = 0; c < summed_channels; ++c) sums[c] += input[c];
    } else {
      for (std::size_t c = 0; c < channels; ++c) sums[c] += input[c];
    }
  }
}

#if DLPU_HAS_PORTABLE_RUNG
/// The same of bytes: first in 16 bits, as long as those surely hold the sums.
template <class Storage>
requires(QuantizedStorage<Storage> &&
         sizeof(Storage) == 1) inline void add_places(const Storage* input, std::size_t places, std::size_t step,
                                                      std::size_t channels, ChannelSums<std::int32_t>& sums) {
  if (channels != summed_channels) return add_places<std::int32_t>(input, places, step, channels, sums);
  constexpr std::size_t most_places = 128, vectors = summed_channels / 16;
  for (std::size_t first = 0; first < places; first += most_places) {
    Shorts low[vectors]{}, high[vectors]{};
    for (std::size_t place = first; place < std::min(first + most_places, places); ++place, input += step) {
      unroll<vectors>([&](auto v) {
        const auto bytes = load<Bytes<Storage>>(input + v * 16);
        low[v] += widen_low<Storage>(bytes);
        high[v] += widen_high<Storage>(bytes);
      });
    }
    for (std::size_t c = 0; c < summed_channels; ++c) sums[c] += (c % 16 < 8 ? low : high)[c / 16][c % 8];
  }
}
#endif

/// `finish(sums, channels, outputs)` makes the outputs of some channels from their sums over `places` places: input
/// [places, channels], output [channels].
template <class Sum, class T, class Finish>
inline void sum_places(const T* input, std::size_t places, std::size_t channels, T* output, const Finish& finish) {
  for (std::size_t channel = 0; channel < channels; channel += summed_channels) {
    const std::size_t count = std::min(summed_channels, channels - channel);
    ChannelSums<Sum> sums{};
    add_places(input + channel, places, channels, count, sums);
    finish(sums, count, output + channel);
  }
}

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Pooling with the channels innermost: plain loops over blocks of channels, which compilers turn into vector code.
/// Every channel sees its places in the oracle's order, so the results are the oracle's, float32 included.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "dlpu/kernels/portable/channel_sums.hpp"
#include "dlpu/kernels/reference/pool2d.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels {
namespace portable {

/// `join(accumulator, value)` takes each place of a window into an accumulator that begins as `start`;
/// `finish(accumulator, places)` makes the output of it.
template <class T, class Accumulator, class Join, class Finish>
constexpr void pool2d(const WindowGeometry& g, const T* input, T* output, Accumulator start, Join join,
                      Finish finish) {
  constexpr std::int32_t block = 32;  // channels whose accumulators stay in registers or the nearest cache
  reference::for_each_place(g, [&](std::int32_t batch, std::int32_t y, std::int32_t x, std::int64_t place) {
    for (std::int32_t first = 0; first < g.output_channels; first += block) {
      const std::int32_t channels = std::min(block, g.output_channels - first);
      Accumulator accumulators[block]{};
      for (Accumulator& accumulator : accumulators) accumulator = start;
      std::int32_t places = 0;
      reference::for_each_tap(g, batch, y, x, [&](std::int64_t in_place, std::int64_t) {
        const T* values = input + in_place * g.input_channels + first;
        ++places;
        if (channels == block) {  // a number of turns that the compiler knows
          for (std::int32_t c = 0; c < block; ++c) accumulators[c] = join(accumulators[c], values[c]);
        } else {
          for (std::int32_t c = 0; c < channels; ++c) accumulators[c] = join(accumulators[c], values[c]);
        }
      });
      T* out = output + place * g.output_channels + first;
      for (std::int32_t c = 0; c < channels; ++c) out[c] = static_cast<T>(finish(accumulators[c], places));
    }
  });
}

/// Whether the one window of each image is the image.
[[nodiscard]] constexpr bool is_global(const WindowGeometry& g) {
  return g.kernel == Size2D{g.input_height, g.input_width} && g.output_height == 1 && g.output_width == 1 &&
         g.pad_top == 0 && g.pad_left == 0;
}

template <QuantizedStorage Storage>
constexpr void average_pool2d(const WindowGeometry& g, const Storage* input, Range<std::int32_t> range,
                              Storage* output) {
  constexpr std::size_t most_places = std::numeric_limits<std::int32_t>::max() / 65536;  // of 16-bit numbers
  // Vectors have no division of integers. That of floats does not round up to the next integer where dividends lie below
  // 2^23, as those of bytes do.
  using Real = std::conditional_t<sizeof(Storage) == 1, float, double>;
  if (g.taps() > most_places) return reference::average_pool2d(g, input, range, output);
  const auto rounded = [range](std::int32_t sum, std::int32_t places) {
    const std::int32_t half = places / 2, dividend = sum > 0 ? sum + half : sum - half;
    return range.clamp(static_cast<std::int32_t>(static_cast<Real>(dividend) / static_cast<Real>(places)));
  };
  if (!std::is_constant_evaluated() && is_global(g)) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    for (std::int32_t batch = 0; batch < g.batch; ++batch, input += g.taps() * channels, output += channels) {
      sum_places<std::int32_t>(input, g.taps(), channels, output,
                               [&](const ChannelSums<std::int32_t>& sums, std::size_t count, Storage* outputs) {
                                 const auto places = static_cast<std::int32_t>(g.taps());
                                 for (std::size_t c = 0; c < count; ++c)
                                   outputs[c] = static_cast<Storage>(rounded(sums[c], places));
                               });
    }
    return;
  }
  pool2d(
      g, input, output, std::int32_t{0}, [](std::int32_t sum, Storage value) { return sum + value; }, rounded);
}

constexpr void average_pool2d(const WindowGeometry& g, const float* input, Range<float> range, float* output) {
  pool2d(
      g, input, output, 0.0f, [](float sum, float value) { return sum + value; },
      [range](float sum, std::int32_t places) { return range.clamp(sum / static_cast<float>(places)); });
}

/// `T` is float or a quantized storage; `Bound` is float or int32.
template <class T, class Bound>
constexpr void max_pool2d(const WindowGeometry& g, const T* input, Range<Bound> range, T* output) {
  pool2d(
      g, input, output, std::numeric_limits<T>::lowest(), [](T most, T value) { return value > most ? value : most; },
      [range](T most, std::int32_t) { return range.clamp(most); });
}

}  // namespace portable
}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

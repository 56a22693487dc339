#pragma once

/// DepthwiseConv2D on the portable rung: neighbouring channels side by side in a vector, two taps at once.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/portable/requantize.hpp"
#include "dlpu/kernels/portable/tap_table.hpp"
#include "dlpu/kernels/reference/depthwise_conv2d_rung.hpp"

#if DLPU_HAS_PORTABLE_RUNG

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace portable {

/// `output = requantized(bias + the sum over all taps)`, of sixteen channels of which `count` are stored. `filter` holds, for each pair of taps, the
/// weights of `row_elements` channels in pairs.
template <class Storage, class R>
inline void multiply_taps(const Storage* const* taps, std::size_t tap_pairs, std::size_t channel,
                          const std::int16_t* filter, std::size_t row_elements, const std::int32_t* bias,
                          const Requantizer<Storage, R>& requantizer, std::size_t count, Storage* output) {
  Words sums[4];
  unroll<4>([&](auto i) { sums[i] = load<Words>(bias + channel + 4 * i); });
  const std::int16_t* weights = filter + 2 * channel;
  for (std::size_t pair = 0; pair < tap_pairs; ++pair, weights += 2 * row_elements) {
    const auto first = load<Bytes<Storage>>(taps[2 * pair] + channel);
    const auto second = load<Bytes<Storage>>(taps[2 * pair + 1] + channel);
    const Bytes<Storage> low = zip_low(first, second), high = zip_high(first, second);
    const Shorts inputs[4] = {widen_low<Storage>(low), widen_high<Storage>(low), widen_low<Storage>(high),
                              widen_high<Storage>(high)};
    unroll<4>([&](auto i) {
      sums[i] = wrapping_sum(sums[i], multiply_add_pairs(inputs[i], load<Shorts>(weights + 8 * i)));
    });
  }
  requantizer.store(sums[0], sums[1], channel, std::min<std::size_t>(count, 8), output);
  if (count > 8) requantizer.store(sums[2], sums[3], channel + 8, count - 8, output + 8);
}

/// The same of 16-bit activations, eight channels at once, with 64-bit sums.
template <class R>
inline void multiply_taps(const std::int16_t* const* taps, std::size_t tap_pairs, std::size_t channel,
                          const std::int16_t* filter, std::size_t row_elements, const std::int64_t* bias,
                          const Requantization<R>& requantization, std::size_t count, std::int16_t* output) {
  std::int64_t sums[8];
  std::copy_n(bias + channel, 8, sums);
  const std::int16_t* weights = filter + 2 * channel;
  for (std::size_t done = 0; done < tap_pairs;) {
    Words low{}, high{};
    for (const std::size_t end = std::min(done + most_wide_pairs, tap_pairs); done < end;
         ++done, weights += 2 * row_elements) {
      const auto first = load<Shorts>(taps[2 * done] + channel), second = load<Shorts>(taps[2 * done + 1] + channel);
      low = wrapping_sum(low, multiply_add_pairs(zip_low(first, second), load<Shorts>(weights)));
      high = wrapping_sum(high, multiply_add_pairs(zip_high(first, second), load<Shorts>(weights + 8)));
    }
    add_words(low, high, sums);
  }
  for (std::size_t c = 0; c < count; ++c)
    output[c] = static_cast<std::int16_t>(requantization.apply(sums[c], channel + c));
}

/// Calls `step(channel, count)` over all output channels. A last step of fewer than `lanes` channels begins earlier and
/// does some channels twice where rows lie in the input; where they are padded copies, it stores fewer.
template <class Storage, class Step>
inline void for_each_channel_step(const WindowGeometry& g, const Step& step) {
  constexpr std::size_t lanes = TapTable<Storage>::lanes;
  const auto channels = static_cast<std::size_t>(g.output_channels);
  std::size_t channel = 0;
  for (; channel + lanes <= channels; channel += lanes) step(channel, lanes);
  if (channel == channels) return;
  if (TapTable<Storage>::copies(g)) {
    step(channel, channels - channel);
  } else {
    step(channels - lanes, lanes);
  }
}

}  // namespace portable

/// Packed: sums [row elements] of bias less the input zero point times the channel's weights, so that inputs need no
/// correction and places outside the image read the zero point; then 16-bit corrected weights [tap pairs, row elements,
/// 2].
template <class Storage, class R>
requires(!std::is_void_v<R>) struct DepthwiseConv2dRung<isa::portable, Storage, R> {
  using isa_type = isa::portable;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Taps = portable::TapTable<Storage>;
  using Sum = SumOf<Storage>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return Taps::row_elements(g) * (sizeof(Sum) + Taps::taps(g) * sizeof(std::int16_t));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Taps::bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t row = Taps::row_elements(g);
    std::memset(packed, 0, packed_bytes(g));
    auto* bias = reinterpret_cast<Sum*>(packed);
    auto* weights = reinterpret_cast<std::int16_t*>(bias + row);
    for (std::size_t o = 0; o < channels; ++o) {
      std::int32_t sum = 0;
      for (std::size_t tap = 0; tap < g.taps(); ++tap) {
        const std::int32_t weight = arguments.filter[tap * channels + o] - arguments.filter_zero_point;
        weights[(tap / 2 * row + o) * 2 + tap % 2] = static_cast<std::int16_t>(weight);
        sum = wrapping_add(sum, weight);
      }
      const Sum correction = wrapping_multiply(-arguments.input_zero_point, sum);
      bias[o] = wrapping_add(arguments.bias ? arguments.bias[o] : Sum{0}, correction);
    }
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    const std::size_t row = Taps::row_elements(g);
    const auto* bias = reinterpret_cast<const Sum*>(packed);
    const auto* weights = reinterpret_cast<const std::int16_t*>(bias + row);
    const Requantizer requantizer(arguments.requantization);
    Taps table(g, input, static_cast<Storage>(arguments.input_zero_point), scratch);
    for (std::size_t place = 0; place < g.output_places(); ++place, output += g.output_channels) {
      const Storage* const* taps = table.at(portable::window_origin(g, place));
      portable::for_each_channel_step<Storage>(g, [&](std::size_t channel, std::size_t count) {
        portable::multiply_taps(taps, Taps::taps(g) / 2, channel, weights, row, bias, requantizer, count,
                                output + channel);
      });
    }
  }

 private:
  using Requantizer = std::conditional_t<sizeof(Storage) == 1, portable::Requantizer<Storage, R>, Requantization<R>>;
};

/// Packed: bias [row elements], weights [taps, row elements].
template <>
struct DepthwiseConv2dRung<isa::portable, float, void> {
  using isa_type = isa::portable;
  using Arguments = ConvolutionArguments<float, void>;
  using Taps = portable::TapTable<float>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return Taps::row_elements(g) * (1 + g.taps()) * sizeof(float);
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Taps::bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t row = Taps::row_elements(g);
    std::memset(packed, 0, packed_bytes(g));
    auto* bias = reinterpret_cast<float*>(packed);
    if (arguments.bias) std::copy_n(arguments.bias, channels, bias);
    for (std::size_t tap = 0; tap < g.taps(); ++tap) {
      std::copy_n(arguments.filter + tap * channels, channels, bias + (1 + tap) * row);
    }
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const float* input,
                  float* output, std::byte* scratch) {
    using portable::Floats;
    const std::size_t row = Taps::row_elements(g);
    const auto* bias = reinterpret_cast<const float*>(packed);
    Taps table(g, input, 0.0f, scratch);
    for (std::size_t place = 0; place < g.output_places(); ++place, output += g.output_channels) {
      const float* const* taps = table.at(portable::window_origin(g, place));
      portable::for_each_channel_step<float>(g, [&](std::size_t channel, std::size_t count) {
        Floats sum{};
        const float* weights = bias + row + channel;
        for (std::size_t tap = 0; tap < g.taps(); ++tap, weights += row) {
          sum += portable::load<Floats>(taps[tap] + channel) * portable::load<Floats>(weights);
        }
        portable::store_clamped(sum + portable::load<Floats>(bias + channel), arguments.range, count,
                                output + channel);
      });
    }
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

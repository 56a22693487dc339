#pragma once

/// DepthwiseConv2D on the AVX2 rung: windows of 3 x 3 by `Depthwise3x3`, others by the portable rung's taps and packed weights,
/// 16 channels at once in registers twice as wide. The constants of the requantization lie before the weights.

#include <algorithm>

#include "dlpu/kernels/avx2/depthwise_3x3.hpp"
#include "dlpu/kernels/avx2/pack_requantization.hpp"
#include "dlpu/kernels/portable/depthwise_conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct DepthwiseConv2dRung<isa::avx2, Storage, R>
    : DepthwiseConv2dRung<isa::portable, Storage, R> {
  using isa_type = isa::avx2;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Weaker = DepthwiseConv2dRung<isa::portable, Storage, R>;
  using Taps = portable::TapTable<Storage>;
  using Windows = avx2::Depthwise3x3<Storage>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    const std::size_t weights = Weaker::packed_bytes(g);
    return constants_bytes(g) + (Windows::takes(g) ? std::max(weights, Windows::packed_bytes(g)) : weights);
  }
  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    Weaker::pack(g, arguments, packed + constants_bytes(g));
    const auto* bias = reinterpret_cast<const std::int32_t*>(packed + constants_bytes(g));
    auto* constants = reinterpret_cast<avx2::ChannelConstants*>(packed);
    portable::for_each_channel_step<Storage>(
        g, [&](std::size_t channel, std::size_t) { std::copy_n(bias + channel, avx2::group, (constants++)->bias); });
    const auto channels = static_cast<std::size_t>(g.output_channels);
    avx2::pack_requantization(
        arguments.requantization, channels, groups(g),
        [&](std::size_t group, std::size_t lane) { return first_channel(g, group) + lane; },
        reinterpret_cast<avx2::ChannelConstants*>(packed), static_cast<std::int64_t>(g.taps()) * 255 * 255);
    if (Windows::takes(g)) {  // instead of the weaker rung's, whose biases are used
      Windows::pack(g, arguments.filter, arguments.filter_zero_point, packed + constants_bytes(g));
    }
  }

  DLPU_TARGET_AVX2 static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const Storage* input, Storage* output, std::byte* scratch) {
    const avx2::Requantizer requantizer(avx2::output_constants(arguments.requantization));
    const auto outside = static_cast<Storage>(arguments.input_zero_point);
    if (Windows::takes(g)) {
      return Windows::run(g, outside, requantizer, reinterpret_cast<const avx2::ChannelConstants*>(packed),
                          packed + constants_bytes(g), input, output);
    }
    const std::size_t row = Taps::row_elements(g);
    const auto* bias = reinterpret_cast<const std::int32_t*>(packed + constants_bytes(g));
    const auto* weights = reinterpret_cast<const std::int16_t*>(bias + row);
    Taps table(g, input, outside, scratch);
    for (std::size_t place = 0; place < g.output_places(); ++place, output += g.output_channels) {
      const Storage* const* taps = table.at(portable::window_origin(g, place));
      const auto* constants = reinterpret_cast<const avx2::ChannelConstants*>(packed);
      portable::for_each_channel_step<Storage>(g, [&](std::size_t channel, std::size_t count) {
        multiply(taps, Taps::taps(g) / 2, channel, weights, row, *constants++, requantizer, count, output + channel);
      });
    }
  }

 private:
  static_assert(Taps::lanes == avx2::group);

  /// As many as there are steps of channels.
  static constexpr std::size_t groups(const WindowGeometry& g) { return Taps::row_elements(g) / avx2::group; }
  static constexpr std::size_t constants_bytes(const WindowGeometry& g) {
    return groups(g) * sizeof(avx2::ChannelConstants);
  }
  static std::size_t first_channel(const WindowGeometry& g, std::size_t group) {
    const std::size_t channel = group * avx2::group, channels = static_cast<std::size_t>(g.output_channels);
    return Taps::copies(g) ? channel : std::min(channel, channels - avx2::group);
  }

  DLPU_TARGET_AVX2 static void multiply(const Storage* const* taps, std::size_t tap_pairs, std::size_t channel,
                                        const std::int16_t* filter, std::size_t row_elements,
                                        const avx2::ChannelConstants& constants, const avx2::Requantizer& requantizer,
                                        std::size_t count, Storage* output) {
    using avx2::lanes;
    avx2::Sums<2, 1> sums = {{avx2::load(constants.bias)}, {avx2::load(constants.bias + lanes)}};
    const std::int16_t* weights = filter + 2 * channel;
    for (std::size_t pair = 0; pair < tap_pairs; ++pair, weights += 2 * row_elements) {
      const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(taps[2 * pair] + channel));
      const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(taps[2 * pair + 1] + channel));
      const __m256i low = avx2::widen<Storage>(_mm_unpacklo_epi8(first, second));
      const __m256i high = avx2::widen<Storage>(_mm_unpackhi_epi8(first, second));
      sums[0][0] = _mm256_add_epi32(sums[0][0], _mm256_madd_epi16(low, avx2::load(weights)));
      sums[1][0] = _mm256_add_epi32(sums[1][0], _mm256_madd_epi16(high, avx2::load(weights + 2 * lanes)));
    }
    requantizer.store(constants, sums, count, reinterpret_cast<std::uint8_t*>(output), 0);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

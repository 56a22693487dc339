#pragma once

/// DepthwiseConv2D on the AVX2 rung: the portable rung's taps and packed weights, 16 channels at once in registers twice
/// as wide.

#include <algorithm>

#include "dlpu/kernels/avx2/requantize.hpp"
#include "dlpu/kernels/portable/depthwise_conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct DepthwiseConv2dRung<isa::avx2, Storage, R>
    : DepthwiseConv2dRung<isa::portable, Storage, R> {
  using isa_type = isa::avx2;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Taps = portable::TapTable<Storage>;
  using Requantizer = avx2::Requantizer<Storage, R>;

  DLPU_TARGET_AVX2 static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const Storage* input, Storage* output, std::byte* scratch) {
    const std::size_t row = Taps::row_elements(g);
    const auto* bias = reinterpret_cast<const std::int32_t*>(packed);
    const auto* weights = reinterpret_cast<const std::int16_t*>(bias + row);
    const Requantizer requantizer(arguments.requantization);
    Taps table(g, input, static_cast<Storage>(arguments.input_zero_point), scratch);
    for (std::size_t place = 0; place < portable::output_places(g); ++place, output += g.output_channels) {
      const Storage* const* taps = table.at(portable::window_origin(g, place));
      portable::for_each_channel_step<Storage>(g, [&](std::size_t channel, std::size_t count) {
        multiply(taps, Taps::taps(g) / 2, channel, weights, row, bias, requantizer, count, output + channel);
      });
    }
  }

 private:
  static constexpr std::size_t lanes = avx2::lanes;

  DLPU_TARGET_AVX2 static void multiply(const Storage* const* taps, std::size_t tap_pairs, std::size_t channel,
                                        const std::int16_t* filter, std::size_t row_elements,
                                        const std::int32_t* bias, const Requantizer& requantizer, std::size_t count,
                                        Storage* output) {
    __m256i low[1] = {avx2::load(bias + channel)}, high[1] = {avx2::load(bias + channel + lanes)};
    const std::int16_t* weights = filter + 2 * channel;
    for (std::size_t pair = 0; pair < tap_pairs; ++pair, weights += 2 * row_elements) {
      const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(taps[2 * pair] + channel));
      const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(taps[2 * pair + 1] + channel));
      const __m256i low_pairs = avx2::widen<Storage>(_mm_unpacklo_epi8(first, second));
      const __m256i high_pairs = avx2::widen<Storage>(_mm_unpackhi_epi8(first, second));
      low[0] = _mm256_add_epi32(low[0], _mm256_madd_epi16(low_pairs, avx2::load(weights)));
      high[0] = _mm256_add_epi32(high[0], _mm256_madd_epi16(high_pairs, avx2::load(weights + 2 * lanes)));
    }
    requantizer.store(low, channel, count, output, 0);
    if (count > lanes) requantizer.store(high, channel + lanes, count - lanes, output + lanes, 0);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

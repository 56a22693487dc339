#pragma once

/// Depthwise 3 x 3 windows on the AVX2 rung, 16 channels at once: of two rows of output where windows are one row apart.
///
/// Two rows of a column lie side by side in 16 bits, as one instruction multiplies and adds them, and serve as many windows
/// as the column is in. Four rows serve two rows of output, whose weights are (w0, w1), (w2, 0) and (0, w0), (w1, w2).

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx2/requantize.hpp"
#include "dlpu/kernels/portable/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/portable/image_rows.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// Packed: for each 16 channels the weights less their zero point, [2 rows of output, 3 columns, 2 pairs of rows, 16, 2].
/// The last channels of several times 16 and some begin earlier, and some are computed twice.
template <class Storage>
class Depthwise3x3 {
 public:
  [[nodiscard]] static constexpr bool takes(const WindowGeometry& g) {
    return g.is_3x3() && g.input_channels == g.output_channels;
  }
  [[nodiscard]] static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return groups(g) * group_weights * sizeof(std::int16_t);
  }

  static void pack(const WindowGeometry& g, const Storage* filter, std::int32_t zero_point, std::byte* packed) {
    std::memset(packed, 0, packed_bytes(g));
    auto* weights = reinterpret_cast<std::int16_t*>(packed);
    portable::for_each_channel_step<Storage>(g, [&](std::size_t channel, std::size_t count) {
      for (std::size_t c = 0; c < count; ++c) {
        for (std::size_t tap = 0; tap < 9; ++tap) {
          const Storage weight = filter[tap * channels_of(g) + channel + c];
          for (std::size_t row = 0; row < 2; ++row) {
            const std::size_t y = tap / 3 + row;  // of the four image rows
            weights[weight_of(row, tap % 3, y / 2) + 2 * c + y % 2] = static_cast<std::int16_t>(weight - zero_point);
          }
        }
      }
      weights += group_weights;
    });
  }

  /// `constants` of each 16 channels, with the input's zero point in the bias.
  DLPU_TARGET_AVX2 static void run(const WindowGeometry& g, Storage outside, const Requantizer& requantizer,
                                   const ChannelConstants* constants, const std::byte* packed, const Storage* input,
                                   Storage* output) {
    const Depthwise3x3 windows(g, outside, requantizer, constants, packed, input);
    for (std::int32_t batch = 0; batch < g.batch; ++batch) {
      for (std::int32_t y = 0, count; y < g.output_height; y += count) {
        count = g.stride.height == 1 && y + 1 < g.output_height ? 2 : 1;
        count == 2 ? windows.run_rows<2>(batch, y, output) : windows.run_rows<1>(batch, y, output);
        output += std::ptrdiff_t{count} * g.output_width * g.output_channels;
      }
    }
  }

 private:
  static constexpr std::size_t group_weights = 2 * 3 * 2 * 2 * group;

  template <std::size_t Rows>
  using ImageRows = portable::ImageRows<Storage, Rows + 2>;
  /// The rows of a column by twos, 8 channels in each vector.
  struct Column {
    __m256i pair[2][2];
  };

  Depthwise3x3(const WindowGeometry& g, Storage outside_number, const Requantizer& rounding,
               const ChannelConstants* constants_of_groups, const std::byte* weights_of_groups, const Storage* from)
      : geometry_(g),
        requantizer_(rounding),
        constants_(constants_of_groups),
        weights_(reinterpret_cast<const std::int16_t*>(weights_of_groups)),
        input_(from) {
    std::fill_n(outside_, group, outside_number);
  }

  [[nodiscard]] static constexpr std::size_t channels_of(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels);
  }
  [[nodiscard]] static constexpr std::size_t groups(const WindowGeometry& g) {
    return (channels_of(g) + group - 1) / group;
  }
  /// Where the weights of 16 channels for two rows of a column begin.
  [[nodiscard]] static constexpr std::size_t weight_of(std::size_t row, std::size_t column, std::size_t pair) {
    return ((row * 3 + column) * 2 + pair) * 2 * group;
  }

  template <std::size_t Rows>
  DLPU_TARGET_AVX2 void run_rows(std::int32_t batch, std::int32_t y, Storage* output) const {
    const ChannelConstants* constants = constants_;
    const std::int16_t* weights = weights_;
    portable::for_each_channel_step<Storage>(geometry_, [&](std::size_t channel, std::size_t count) DLPU_TARGET_AVX2 {
      run_group<Rows>({geometry_, input_, batch, y, channel, outside_}, *constants++, weights, count,
                      output + channel);
      weights += group_weights;
    });
  }

  template <std::size_t Rows>
  DLPU_INLINE_AVX2 void run_group(const ImageRows<Rows> rows, const ChannelConstants& constants,
                                  const std::int16_t* weights, std::size_t count, Storage* output) const {
    const WindowGeometry& g = geometry_;
    const std::size_t output_row = static_cast<std::size_t>(g.output_width) * channels_of(g);
    Column ring[3];
    std::size_t oldest = 0;
    for (std::int32_t x = 0, next = -g.pad_left; x < g.output_width; ++x, output += channels_of(g)) {
      const std::int32_t first = x * g.stride.width - g.pad_left;
      for (next = std::max(next, first); next < first + 3; ++next) {
        load<Rows>(rows, next, ring[oldest]);
        oldest = following(oldest);
      }
      const Column* const window[3] = {&ring[oldest], &ring[following(oldest)], &ring[following(following(oldest))]};
      Sums<2, Rows> sums;
      unroll<2>([&](auto half) DLPU_INLINE_AVX2 {
        unroll<Rows>([&](auto row) DLPU_INLINE_AVX2 { sums[half][row] = avx2::load(constants.bias + half * lanes); });
        unroll<3 * 2>([&](auto i) DLPU_INLINE_AVX2 {
          const __m256i inputs = window[i / 2]->pair[i % 2][half];
          unroll<Rows>([&](auto row) DLPU_INLINE_AVX2 {
            const __m256i weight = avx2::load(weights + weight_of(row, i / 2, i % 2) + half * 2 * lanes);
            sums[half][row] = _mm256_add_epi32(sums[half][row], _mm256_madd_epi16(inputs, weight));
          });
        });
      });
      requantizer_.store(constants, sums, count, reinterpret_cast<std::uint8_t*>(output), output_row);
    }
  }
  [[nodiscard]] static std::size_t following(std::size_t slot) { return slot == 2 ? 0 : slot + 1; }

  template <std::size_t Rows>
  DLPU_INLINE_AVX2 void load(const ImageRows<Rows>& rows, std::int32_t x, Column& column) const {
    __m128i bytes[4];
    unroll<Rows + 2>([&](auto r) DLPU_INLINE_AVX2 { bytes[r] = load_channels(rows.at(r, x)); });
    if constexpr (Rows == 1) bytes[3] = bytes[2];  // its weights are zero
    unroll<2>([&](auto pair) DLPU_INLINE_AVX2 {
      const __m128i upper = bytes[2 * pair], lower = bytes[2 * pair + 1];
      column.pair[pair][0] = widen<Storage>(_mm_unpacklo_epi8(upper, lower));
      column.pair[pair][1] = widen<Storage>(_mm_unpackhi_epi8(upper, lower));
    });
  }
  /// 16 channels, or those that there are.
  [[nodiscard]] DLPU_INLINE_AVX2 __m128i load_channels(const Storage* from) const {
    if (channels_of(geometry_) >= group) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    if (channels_of(geometry_) == 8) return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    alignas(16) Storage channels[group] = {};
    std::memcpy(channels, from, channels_of(geometry_));
    return _mm_load_si128(reinterpret_cast<const __m128i*>(channels));
  }

  const WindowGeometry& geometry_;
  const Requantizer& requantizer_;
  const ChannelConstants* constants_;
  const std::int16_t* weights_;
  const Storage* input_;
  Storage outside_[group];
};

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

#pragma once

/// What Conv2D by `vpdpbusd` is made of besides the product itself, with 256 bits or 512: the packed filter, and the way
/// over places and panels of channels.
///
/// Packed: the constants of each 16 channels, then for each panel of some times 16 channels its weights as
/// [depth / 4][groups][16][4] signed bytes. `vpdpbusd` multiplies unsigned by signed bytes, so int8 inputs move up by
/// 128 and uint8 weights down by 128; that, both zero points and the bias are one number per channel, except for the
/// filter's zero point times the sum of a window, which is added where there is such a zero point.

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

#include "dlpu/kernels/avx2/channel_constants.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_image.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx_vnni {

using avx2::ChannelConstants;
using avx2::group;

/// The sum of `count` unsigned bytes.
[[nodiscard]] DLPU_TARGET_AVX2 inline std::int32_t sum_bytes(const std::uint8_t* from, std::size_t count) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i sums = zero;
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) sums = _mm256_add_epi64(sums, _mm256_sad_epu8(avx2::load(from + i), zero));
  __m128i rest = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  for (; i + 8 <= count; i += 8) {
    const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + i));
    rest = _mm_add_epi64(rest, _mm_sad_epu8(eight, _mm_setzero_si128()));
  }
  std::int32_t sum = _mm_cvtsi128_si32(_mm_add_epi64(rest, _mm_unpackhi_epi64(rest, rest)));
  for (; i < count; ++i) sum = wrapping_add(sum, from[i]);
  return sum;
}

/// What a filter's zero point is multiplied with.
struct WindowSums {
  /// `sums[i] = factor * the sum of the window of the place `offset` bytes and i steps from the first`.
  static void multiply(const Places& places, const Runs& runs, std::size_t offset, std::int32_t factor,
                       std::size_t count, std::int32_t* sums) {
    for (std::size_t i = 0; i < count; ++i, offset += places.step) {
      std::int32_t sum = 0;
      for (std::size_t run = 0; run < runs.count; ++run)
        sum = wrapping_add(sum, sum_bytes(places.runs[run] + offset, runs.elements));
      sums[i] = wrapping_multiply(factor, sum);
    }
  }
};

/// What a tile, some places times the channels of a panel, reads and writes, in memory rather than in registers: compilers
/// that run out of general ones in the loop over products keep numbers in vector registers, from where they come back late.
template <class Requantizer>
struct Tile {
  Places places;
  std::size_t offset;  ///< of the first place, in bytes
  std::size_t run_count, run_stride;
  const std::int8_t* weights;         ///< [run_count * run_stride / 4][groups][16][4]
  const ChannelConstants* constants;  ///< [groups]
  const Requantizer* requantizer;
  const std::int32_t* corrections;  ///< added to all channels of each place; null: none
  std::uint8_t* output;             ///< of the first place
  std::size_t output_step;          ///< from one place to the next
  std::size_t channels;             ///< that are stored

  /// Goes on behind `count` places.
  void advance(std::size_t count) {
    offset += count * places.step;
    output += count * output_step;
    if (corrections != nullptr) corrections += count;
  }
};

/// Panels have up to `MostGroups`, 1 or 4, times 16 channels. Their order within a panel is that in which saturating packs
/// of 512 bits leave them, which for 16 is their own.
///
/// Templates, so that only who runs them compiles them: every source that includes this would pay for a plain class.
template <std::size_t MostGroups, class RequantizerOfRung, class SumsOfRung = WindowSums>
class Conv2dFrame {
 public:
  using Requantizer = RequantizerOfRung;

  [[nodiscard]] static constexpr std::size_t groups(const WindowGeometry& g) {
    return round_up(channels_of(g), group) / group;
  }
  [[nodiscard]] static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return groups(g) * (sizeof(ChannelConstants) + Runs(g).depth() * group);
  }
  /// The channel in a lane of a group; lanes of the last groups may have none. Up to 8 channels alone are there twice.
  [[nodiscard]] static constexpr std::size_t channel_of(const WindowGeometry& g, std::size_t index,
                                                        std::size_t lane) {
    const std::size_t first = first_of_panel(channels_of(g), index), size = panel_size(channels_of(g), first);
    if (MostGroups > 1 && channels_of(g) - first * group <= group / 2) return first * group + lane % (group / 2);
    return first * group + lane / 4 * (4 * size) + (index - first) * 4 + lane % 4;
  }

  /// How far products take accumulators from the bias, with what the filter's zero point adds.
  [[nodiscard]] static constexpr std::int64_t reach(const WindowGeometry& g, Signs signs, ZeroPoints zero_points) {
    const std::int64_t zero_point = zero_points.filter + signs.signed_offset();
    return static_cast<std::int64_t>(Runs(g).depth()) * 255 * (128 + (zero_point < 0 ? -zero_point : zero_point));
  }

  /// Fills the weights and the biases; the requantization is left to do. `filter` is OHWI.
  template <class Storage>
  static void pack(const WindowGeometry& g, const Storage* filter, const std::int32_t* bias, ZeroPoints zero_points,
                   std::byte* packed) {
    const std::size_t channels = channels_of(g);
    const Runs runs(g);
    constexpr Signs signs = Signs::of<Storage>();
    auto* constants = reinterpret_cast<ChannelConstants*>(packed);
    std::byte* weights = packed + groups(g) * sizeof(ChannelConstants);
    std::memset(packed, 0, packed_bytes(g));
    for (std::size_t index = 0; index < groups(g); ++index) {
      const std::size_t panel = first_of_panel(channels, index), size = panel_size(channels, panel);
      std::byte* const to = weights + panel * runs.depth() * group + (index - panel) * 4 * group;
      for (std::size_t lane = 0; lane < group; ++lane) {
        const std::size_t channel = channel_of(g, index, lane);
        if (channel >= channels) continue;
        const Storage* weight = filter + channel * runs.count * runs.elements;
        std::int32_t sum = 0;
        for (std::size_t run = 0; run < runs.count; ++run) {
          for (std::size_t i = 0; i < runs.elements; ++i, ++weight) {
            const std::size_t k = run * runs.stride + i;
            to[k / 4 * size * 4 * group + lane * 4 + k % 4] = static_cast<std::byte>(*weight + signs.signed_offset());
            sum = wrapping_add(sum, *weight - zero_points.filter);
          }
        }
        constants[index].bias[lane] = wrapping_add(
            bias ? bias[channel] : 0, wrapping_multiply(-(zero_points.input + signs.input_offset()), sum));
      }
    }
  }

  // No parameter is called as a user's global might be: g++ 12 would warn of that where it instantiates a constructor.
  Conv2dFrame(const WindowGeometry& g, std::int32_t packed_zero_point, const Requantizer& requantizer,
              const std::byte* from)
      : runs_(g),
        groups_(groups(g)),
        channels_(channels_of(g)),
        zero_point_(packed_zero_point),
        requantizer_(requantizer),
        constants_(reinterpret_cast<const ChannelConstants*>(from)),
        weights_(reinterpret_cast<const std::int8_t*>(from + groups_ * sizeof(ChannelConstants))) {}

 protected:
  [[nodiscard]] static constexpr std::size_t channels_of(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels);
  }
  /// Groups that are computed together, from the group `first` on.
  [[nodiscard]] static constexpr std::size_t panel_size(std::size_t channels, std::size_t first) {
    if (MostGroups == 1) return 1;
    const std::size_t left = channels - first * group;
    return left > 3 * group ? 4 : left > group ? 2 : 1;
  }
  /// The first group of the panel of a group.
  [[nodiscard]] static constexpr std::size_t first_of_panel(std::size_t channels, std::size_t index) {
    std::size_t first = MostGroups == 1 ? index : index / 4 * 4;
    while (first + panel_size(channels, first) <= index) first += panel_size(channels, first);
    return first;
  }

  /// What the filter's zero point adds to every sum of `count` places, of which the first lies `offset` bytes from `places`.
  void correct(const Places& places, std::size_t offset, std::size_t count, std::int32_t* corrections) const {
    SumsOfRung::multiply(places, runs_, offset, -zero_point_, count, corrections);
  }
  /// Calls `multiply(tile, groups, places)` with each panel of channels for the first places of a row, then with those for the
  /// next ones: a panel's weights stay in the first-level cache while many places read them.
  template <class Multiply>
  void for_each_panel(const Places& places, std::size_t count, std::uint8_t* output, const Multiply& multiply) const {
    constexpr std::size_t most_places = 96;
    for (std::size_t first = 0; first < count; first += most_places) {
      const std::size_t taken = std::min(count - first, most_places), offset = first * places.step;
      std::int32_t corrections[most_places];
      if (zero_point_ != 0) correct(places, offset, taken, corrections);
      for (std::size_t index = 0; index < groups_;) {
        const std::size_t size = panel_size(channels_, index);
        Tile<Requantizer> panel = tile(places, offset, index, corrections, output + first * channels_);
        multiply(panel, size, taken);
        index += size;
      }
    }
  }
  /// Calls `multiply(integral_constant<Count>, tiles)` for as many tiles of `Count` places as there are, then for smaller
  /// ones of powers of two.
  template <std::size_t Count, class Multiply>
  static void in_tiles(std::size_t places, const Multiply& multiply) {
    if (places >= Count) multiply(std::integral_constant<std::size_t, Count>{}, places / Count);
    if constexpr (Count > 1) {
      if (places % Count > 0) in_tiles<std::bit_floor(Count - 1)>(places % Count, multiply);
    }
  }
  /// The panel of channels that begins with a group.
  [[nodiscard]] Tile<Requantizer> tile(const Places& places, std::size_t offset, std::size_t index,
                                       const std::int32_t* corrections, std::uint8_t* output) const {
    return {places,
            offset,
            runs_.count,
            runs_.stride,
            weights_ + index * runs_.depth() * group,
            constants_ + index,
            &requantizer_,
            zero_point_ != 0 ? corrections : nullptr,
            output + index * group,
            channels_,
            std::min(channels_ - index * group, panel_size(channels_, index) * group)};
  }

  Runs runs_;
  std::size_t groups_, channels_;
  std::int32_t zero_point_;  // of the weights as they are packed
  const Requantizer& requantizer_;
  const ChannelConstants* constants_;
  const std::int8_t* weights_;
};

/// Multiplies the image by the packed filter, row by row of places. `Product` is a `Conv2dFrame` with `multiply_row`.
template <class Product>
void multiply_image(const WindowGeometry& g, Signs signs, ZeroPoints zero_points,
                    const typename Product::Requantizer& requantizer, const std::byte* packed,
                    const std::uint8_t* input, std::uint8_t* output, std::byte* scratch) {
  Product product(g, zero_points.filter + signs.signed_offset(), requantizer, packed);
  const UnsignedBytes source{signs, static_cast<std::uint8_t>(zero_points.input + signs.input_offset())};
  Image image(g, source, input, scratch);
  const std::size_t places = g.output_places(), row = Image::row_places(g, source, Product::row_multiple);
  for (std::size_t first = 0; first < places; first += row) {
    const std::size_t count = std::min(row, places - first);
    product.multiply_row(image.at(first, count), count, output + first * static_cast<std::size_t>(g.output_channels));
  }
}

}  // namespace kernels::avx_vnni
}  // namespace dlpu::inline DLPU_ABI

#endif

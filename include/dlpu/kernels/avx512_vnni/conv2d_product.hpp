#pragma once

/// Conv2D on the AVX-512 VNNI rung: in tiles of places and output channels.
///
/// Packed: the constants of each 16 channels, then for each panel of up to 4 times 16 channels its weights as
/// [depth / 4][vectors][16][4] signed bytes. `vpdpbusd` multiplies unsigned by signed bytes, so int8 inputs move up by
/// 128 and uint8 weights down by 128; that, both zero points and the bias are one number per channel, except for the
/// filter's zero point times the sum of a window, which is added where there is such a zero point.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx512_vnni/conv2d_tile.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// Zero points as the operator states them.
struct ZeroPoints {
  std::int32_t input, filter;
};

/// The sum of `count` unsigned bytes.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline std::int32_t sum_bytes(const std::uint8_t* from, std::size_t count) {
  __m512i sums = _mm512_setzero_si512();
  for (std::size_t i = 0; i < count; i += 64) {
    sums = _mm512_add_epi64(sums, _mm512_sad_epu8(load_bytes(from + i, count - i), _mm512_setzero_si512()));
  }
  return static_cast<std::int32_t>(_mm512_reduce_add_epi64(sums));
}

/// A template of its rung, so that only who runs it compiles it: every source that includes it would pay for a plain class.
template <class Isa>
class Conv2dProduct {
  // Accumulators and their operands fit the 32 registers: 6 places times 4 vectors, 12 times 2 or 1.
  static constexpr std::size_t most_places = 12, most_wide_places = 6;

 public:
  /// `Image::row_places` that keep the product busy.
  static constexpr std::size_t row_multiple = most_places;

  [[nodiscard]] static constexpr std::size_t vectors(const WindowGeometry& g) {
    return round_up(static_cast<std::size_t>(g.output_channels), lanes) / lanes;
  }
  [[nodiscard]] static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return vectors(g) * (sizeof(ChannelConstants) + Runs(g).depth() * lanes);
  }
  /// The channel in a lane of a vector; lanes of the last vectors may have none.
  [[nodiscard]] static constexpr std::size_t channel_of(const WindowGeometry& g, std::size_t v, std::size_t lane) {
    const std::size_t first = first_of_panel(vectors(g), v), size = panel_size(vectors(g) - first);
    return first * lanes + lane / 4 * (4 * size) + (v - first) * 4 + lane % 4;
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
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const Runs runs(g);
    constexpr Signs signs = Signs::of<Storage>();
    auto* constants = reinterpret_cast<ChannelConstants*>(packed);
    std::byte* weights = packed + vectors(g) * sizeof(ChannelConstants);
    std::memset(packed, 0, packed_bytes(g));
    for (std::size_t v = 0; v < vectors(g); ++v) {
      const std::size_t panel = first_of_panel(vectors(g), v), size = panel_size(vectors(g) - panel);
      std::byte* const to = weights + panel * runs.depth() * lanes + (v - panel) * 4 * lanes;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::size_t channel = channel_of(g, v, lane);
        if (channel >= channels) continue;
        const Storage* weight = filter + channel * runs.count * runs.bytes;
        std::int32_t sum = 0;
        for (std::size_t run = 0; run < runs.count; ++run) {
          for (std::size_t i = 0; i < runs.bytes; ++i, ++weight) {
            const std::size_t k = run * runs.stride + i;
            to[k / 4 * size * 4 * lanes + lane * 4 + k % 4] = static_cast<std::byte>(*weight + signs.signed_offset());
            sum = wrapping_add(sum, *weight - zero_points.filter);
          }
        }
        constants[v].bias[lane] = wrapping_add(bias ? bias[channel] : 0,
                                               wrapping_multiply(-(zero_points.input + signs.input_offset()), sum));
      }
    }
  }

  // No parameter is called as a user's global might be: g++ 12 would warn of that where it instantiates a constructor.
  Conv2dProduct(const WindowGeometry& g, std::int32_t packed_zero_point, const Requantizer& requantizer,
                const std::byte* from)
      : runs_(g),
        vectors_(vectors(g)),
        channels_(static_cast<std::size_t>(g.output_channels)),
        zero_point_(packed_zero_point),
        requantizer_(requantizer),
        constants_(reinterpret_cast<const ChannelConstants*>(from)),
        weights_(reinterpret_cast<const std::int8_t*>(from + vectors_ * sizeof(ChannelConstants))) {}

  /// Neighbouring places in tiles, the largest first.
  void multiply_row(const Places& places, std::size_t count, std::uint8_t* output) const {
    for (std::size_t first = 0; first < count;) {
      const std::size_t taken = tile_of(count - first);
      multiply_tile(places, first * places.step, taken, output + first * channels_);
      first += taken;
    }
  }

 protected:
  /// Vectors that are computed together, of those that are left.
  [[nodiscard]] static constexpr std::size_t panel_size(std::size_t left) {
    return left >= 4 ? 4 : left >= 2 ? 2 : 1;
  }
  [[nodiscard]] static constexpr std::size_t first_of_panel(std::size_t all, std::size_t v) {
    const std::size_t first = v / 4 * 4;
    return all - first == 3 && v - first == 2 ? v : first;
  }

  /// What the filter's zero point adds to every sum of the place `offset` bytes from `places`.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI std::int32_t correction(const Places& places, std::size_t offset) const {
    std::int32_t sum = 0;
    for (std::size_t run = 0; run < runs_.count; ++run) {
      sum = wrapping_add(sum, sum_bytes(places.runs[run] + offset, runs_.bytes));
    }
    return wrapping_multiply(-zero_point_, sum);
  }
  /// The panel of channels that begins with vector `v`, for places from `offset` bytes on, whose outputs begin at `output`.
  [[nodiscard]] Tile tile(const Places& places, std::size_t offset, std::size_t v, const std::int32_t* corrections,
                          std::uint8_t* output) const {
    return {places,
            offset,
            runs_.count,
            runs_.stride,
            weights_ + v * runs_.depth() * lanes,
            constants_ + v,
            &requantizer_,
            zero_point_ != 0 ? corrections : nullptr,
            output + v * lanes,
            channels_,
            std::min(channels_ - v * lanes, panel_size(vectors_ - v) * lanes)};
  }

  Runs runs_;
  std::size_t vectors_, channels_;
  std::int32_t zero_point_;  // of the weights as they are packed
  const Requantizer& requantizer_;
  const ChannelConstants* constants_;
  const std::int8_t* weights_;

 private:
  /// How many of the places left are computed together: few different numbers, as each is code of its own.
  [[nodiscard]] static constexpr std::size_t tile_of(std::size_t left) {
    if (left >= most_places) return most_places;
    if (left > 8) return 6;
    return left > 6 || left == 5 ? (left + 1) / 2 : left;
  }
  void multiply_tile(const Places& places, std::size_t offset, std::size_t count, std::uint8_t* output) const {
    switch (count) {
      case 1:
        return multiply_places<1>(places, offset, output);
      case 2:
        return multiply_places<2>(places, offset, output);
      case 3:
        return multiply_places<3>(places, offset, output);
      case 4:
        return multiply_places<4>(places, offset, output);
      case 6:
        return multiply_places<6>(places, offset, output);
      default:
        return multiply_places<most_places>(places, offset, output);
    }
  }

  template <std::size_t Count>
  DLPU_TARGET_AVX512_VNNI void multiply_places(const Places& places, std::size_t offset, std::uint8_t* output) const {
    std::int32_t corrections[Count] = {};
    if (zero_point_ != 0) {
      for (std::size_t r = 0; r < Count; ++r) corrections[r] = correction(places, offset + r * places.step);
    }
    for (std::size_t v = 0; v < vectors_; v += panel_size(vectors_ - v)) {
      multiply_panel<Count>(tile(places, offset, v, corrections, output), panel_size(vectors_ - v));
    }
  }

  /// As many places at once as there are registers for.
  template <std::size_t Count>
  static void multiply_panel(Tile tile, std::size_t vectors) {
    if (vectors == 1) return TileProduct<Count, 1>::run(tile);
    if (vectors == 2) return TileProduct<Count, 2>::run(tile);
    constexpr std::size_t at_once = std::min(Count, most_wide_places);
    static_assert(Count % at_once == 0);
    for (std::size_t r = 0; r < Count; r += at_once) {
      TileProduct<at_once, 4>::run(tile);
      tile.offset += at_once * tile.places.step;
      tile.output += at_once * tile.output_step;
      if (tile.corrections != nullptr) tile.corrections += at_once;
    }
  }
};

/// Multiplies the image by the packed filter, row by row of places. `Product` is a `Conv2dProduct`.
template <class Product>
void multiply_image(const WindowGeometry& g, Signs signs, ZeroPoints zero_points, const Requantizer& requantizer,
                    const std::byte* packed, const std::uint8_t* input, std::uint8_t* output, std::byte* scratch) {
  Product product(g, zero_points.filter + signs.signed_offset(), requantizer, packed);
  Image image(g, signs, input, zero_points.input, scratch);
  const std::size_t places = Image::output_places(g), row = Image::row_places(g, signs, Product::row_multiple);
  for (std::size_t first = 0; first < places; first += row) {
    const std::size_t count = std::min(row, places - first);
    product.multiply_row(image.at(first, count), count, output + first * static_cast<std::size_t>(g.output_channels));
  }
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

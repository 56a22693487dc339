#pragma once

/// Conv2D on the AVX-512 VNNI rung: up to six places times up to 64 output channels in registers.
///
/// Packed: the constants of each 16 channels, then for each 16 channels their weights as [depth / 4][16][4] signed
/// bytes. `vpdpbusd` multiplies unsigned by signed bytes, so int8 inputs move up by 128 and uint8 weights down by 128;
/// that, both zero points and the bias are one number per channel, except for the filter's zero point times the sum of
/// a window, which is added where there is such a zero point.
///
/// Four vectors of accumulators become 64 neighbouring bytes by saturating packs alone, because channels lie in the
/// vectors as those packs take them (`channel_of`). Two vectors, or one, do the same with two or four places.

#include "dlpu/kernels/avx512_vnni/conv2d_image.hpp"
#include "dlpu/kernels/avx512_vnni/requantize.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// Zero points as the operator states them.
struct ZeroPoints {
  std::int32_t input, filter;
};

/// `sums += windows * weights` for `Count` places, the first `offset` bytes from `places`, and `Vectors` times 16
/// channels.
template <std::size_t Count, std::size_t Vectors>
DLPU_INLINE_AVX512_VNNI inline void multiply(const Places& places, std::size_t offset, const Runs& runs,
                                             const std::int8_t* weights, __m512i (&sums)[Vectors][Count]) {
  const std::size_t vector_stride = runs.depth() * lanes;
  for (std::size_t run = 0; run < runs.count; ++run) {
    const std::uint8_t* const window = places.runs[run] + offset;
    for (std::size_t k = 0; k < runs.stride; k += 4, weights += 4 * lanes) {
      __m512i filter[Vectors];
      unroll<Vectors>([&](auto v)
                          DLPU_INLINE_AVX512_VNNI { filter[v] = _mm512_load_si512(weights + v * vector_stride); });
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
        std::int32_t four;
        std::memcpy(&four, window + r * places.step + k, sizeof four);
        const __m512i input = _mm512_set1_epi32(four);
        unroll<Vectors>(
            [&](auto v) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_dpbusd_epi32(sums[v][r], input, filter[v]); });
      });
    }
  }
}

/// The sum of `count` unsigned bytes.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline std::int32_t sum_bytes(const std::uint8_t* from, std::size_t count) {
  __m512i sums = _mm512_setzero_si512();
  for (std::size_t i = 0; i < count; i += 64) {
    sums = _mm512_add_epi64(sums, _mm512_sad_epu8(load_bytes(from + i, count - i), _mm512_setzero_si512()));
  }
  return static_cast<std::int32_t>(_mm512_reduce_add_epi64(sums));
}

class Conv2dProduct {
  static constexpr std::size_t most_places = 6;  // times 4 vectors: with their operands they fit the 32 registers

 public:
  /// `Image::row_places` that keep the product busy.
  static constexpr std::size_t least_places = 2 * most_places;

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
    for (std::size_t v = 0; v < vectors(g); ++v, weights += runs.depth() * lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::size_t channel = channel_of(g, v, lane);
        if (channel >= channels) continue;
        const Storage* weight = filter + channel * runs.count * runs.bytes;
        std::int32_t sum = 0;
        for (std::size_t run = 0; run < runs.count; ++run) {
          for (std::size_t i = 0; i < runs.bytes; ++i, ++weight) {
            const std::size_t k = run * runs.stride + i;
            weights[k / 4 * 4 * lanes + lane * 4 + k % 4] = static_cast<std::byte>(*weight + signs.signed_offset());
            sum = wrapping_add(sum, *weight - zero_points.filter);
          }
        }
        constants[v].bias[lane] = wrapping_add(bias ? bias[channel] : 0,
                                               wrapping_multiply(-(zero_points.input + signs.input_offset()), sum));
      }
    }
  }

  /// `packed_zero_point` is that of the weights as they are packed.
  Conv2dProduct(const WindowGeometry& g, std::int32_t packed_zero_point, const Requantizer& requantizer,
                const std::byte* packed)
      : runs_(g),
        vectors_(vectors(g)),
        channels_(static_cast<std::size_t>(g.output_channels)),
        zero_point_(packed_zero_point),
        requantizer_(requantizer),
        constants_(reinterpret_cast<const ChannelConstants*>(packed)),
        weights_(reinterpret_cast<const std::int8_t*>(packed + vectors_ * sizeof(ChannelConstants))) {}

  /// Neighbouring places in tiles of nearly the same size.
  void multiply_row(const Places& places, std::size_t count, std::uint8_t* output) const {
    const std::size_t tiles = (count + most_places - 1) / most_places;
    for (std::size_t t = 0, first = 0; t < tiles; ++t) {
      const std::size_t end = count * (t + 1) / tiles;
      multiply_tile(places, first * places.step, end - first, output + first * channels_);
      first = end;
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

  /// From sums to outputs: `Vectors` times 16 channels of each place.
  template <std::size_t Count, std::size_t Vectors>
  DLPU_INLINE_AVX512_VNNI void finish(__m512i (&sums)[Vectors][Count], std::size_t first_vector,
                                      const std::int32_t* corrections, std::uint8_t* output) const {
    if (zero_point_ != 0) {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
        const __m512i correction = _mm512_set1_epi32(corrections[r]);
        unroll<Vectors>([&](auto v)
                            DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_add_epi32(sums[v][r], correction); });
      });
    }
    unroll<Vectors>([&](auto v)
                        DLPU_INLINE_AVX512_VNNI { requantizer_.round(constants_[first_vector + v], sums[v]); });
    const std::size_t channel = first_vector * lanes;
    store(sums, output + channel, std::min(channels_ - channel, Vectors * lanes));
  }

  Runs runs_;
  std::size_t vectors_, channels_;
  std::int32_t zero_point_;
  const Requantizer& requantizer_;
  const ChannelConstants* constants_;
  const std::int8_t* weights_;

 private:
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
      case 5:
        return multiply_places<5>(places, offset, output);
      default:
        return multiply_places<6>(places, offset, output);
    }
  }

  template <std::size_t Count>
  DLPU_TARGET_AVX512_VNNI void multiply_places(const Places& places, std::size_t offset, std::uint8_t* output) const {
    std::int32_t corrections[Count] = {};
    if (zero_point_ != 0) {
      for (std::size_t r = 0; r < Count; ++r) corrections[r] = correction(places, offset + r * places.step);
    }
    for (std::size_t v = 0; v < vectors_;) {
      const std::size_t size = panel_size(vectors_ - v);
      if (size == 4) multiply_panel<Count, 4>(places, offset, v, corrections, output);
      if (size == 2) multiply_panel<Count, 2>(places, offset, v, corrections, output);
      if (size == 1) multiply_panel<Count, 1>(places, offset, v, corrections, output);
      v += size;
    }
  }

  template <std::size_t Count, std::size_t Vectors>
  DLPU_TARGET_AVX512_VNNI void multiply_panel(const Places& places, std::size_t offset, std::size_t first_vector,
                                              const std::int32_t (&corrections)[Count], std::uint8_t* output) const {
    const ChannelConstants* constants = constants_ + first_vector;
    __m512i sums[Vectors][Count];
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_load_si512(constants[v].bias); });
    });
    multiply<Count, Vectors>(places, offset, runs_, weights_ + first_vector * runs_.depth() * lanes, sums);
    finish(sums, first_vector, corrections, output);
  }

  /// Narrows and stores `count` channels of each place.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void store(__m512i (&sums)[4][Count], std::uint8_t* output, std::size_t count) const {
    unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      const __m512i low = _mm512_packs_epi32(sums[0][r], sums[1][r]),
                    high = _mm512_packs_epi32(sums[2][r], sums[3][r]);
      store_bytes(output + r * channels_, requantizer_.narrow(low, high), count);
    });
  }
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void store(__m512i (&sums)[2][Count], std::uint8_t* output, std::size_t count) const {
    const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);  // bytes of two places come by turns of 8
    unroll<(Count + 1) / 2>([&](auto pair) DLPU_INLINE_AVX512_VNNI {
      constexpr std::size_t r = 2 * pair, second = r + 1 < Count ? r + 1 : r;
      const __m512i bytes =
          _mm512_permutexvar_epi64(order, requantizer_.narrow(_mm512_packs_epi32(sums[0][r], sums[1][r]),
                                                              _mm512_packs_epi32(sums[0][second], sums[1][second])));
      store_bytes(output + r * channels_, _mm512_castsi512_si256(bytes), count);
      if constexpr (second != r) {
        store_bytes(output + second * channels_, _mm512_extracti64x4_epi64(bytes, 1), count);
      }
    });
  }
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void store(__m512i (&sums)[1][Count], std::uint8_t* output, std::size_t count) const {
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);  // turns of 4
    unroll<(Count + 3) / 4>([&](auto four) DLPU_INLINE_AVX512_VNNI {
      constexpr std::size_t r = 4 * four;
      constexpr auto place = [](std::size_t i) { return r + i < Count ? r + i : r; };
      const __m512i bytes = _mm512_permutexvar_epi32(
          order, requantizer_.narrow(_mm512_packs_epi32(sums[0][r], sums[0][place(1)]),
                                     _mm512_packs_epi32(sums[0][place(2)], sums[0][place(3)])));
      unroll<4>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        if constexpr (r + i < Count) {
          store_bytes(output + (r + i) * channels_, _mm512_extracti32x4_epi32(bytes, decltype(i)::value), count);
        }
      });
    });
  }
};

/// Multiplies the image by the packed filter, row by row of places. `Product` is a `Conv2dProduct`.
template <class Product>
void multiply_image(const WindowGeometry& g, Signs signs, ZeroPoints zero_points, const Requantizer& requantizer,
                    const std::byte* packed, const std::uint8_t* input, std::uint8_t* output, std::byte* scratch) {
  Product product(g, zero_points.filter + signs.signed_offset(), requantizer, packed);
  Image image(g, signs, input, zero_points.input, scratch);
  const std::size_t places = Image::output_places(g), row = Image::row_places(g, signs, Product::least_places);
  for (std::size_t first = 0; first < places; first += row) {
    const std::size_t count = std::min(row, places - first);
    product.multiply_row(image.at(first, count), count, output + first * static_cast<std::size_t>(g.output_channels));
  }
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

#pragma once

/// One tile of Conv2D on the AVX-512 VNNI rung: some places times up to 4 vectors of 16 output channels, from products to
/// stored bytes without leaving the registers.
///
/// Four vectors of accumulators become 64 neighbouring bytes by saturating packs alone, because channels lie in the
/// vectors as those packs take them (`Conv2dFrame::channel_of`). Two vectors, or one, do the same with two or four
/// places, half a vector with eight.

#include <cstring>

#include "dlpu/kernels/avx512_vnni/requantize.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_frame.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

using Tile = avx_vnni::Tile<Requantizer>;

/// How many places share a vector: of 8 channels or fewer, two do.
enum class Sharing : std::size_t { none = 1, pairs = 2 };

template <std::size_t Count, std::size_t Vectors, Sharing S = Sharing::none>
class TileProduct {
  static constexpr std::size_t shared = static_cast<std::size_t>(S), vectors_of_places = Count / shared;
  static_assert(Count % shared == 0 && (S == Sharing::none || Vectors == 1));
  using Sums = __m512i[Vectors][vectors_of_places];

 public:
  /// `count` tiles along a row.
  [[gnu::noinline]] DLPU_TARGET_AVX512_VNNI static void run(Tile& tile, std::size_t count) {
    for (; count > 0; --count) {
      Sums sums;
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
        unroll<vectors_of_places>(
            [&](auto r) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_load_si512(tile.constants[v].bias); });
      });
      multiply(tile, sums);
      asm volatile("" ::: "memory");  // what comes now is not read before
      finish(tile, sums);
      tile.advance(Count);
    }
  }

  /// From sums to stored outputs.
  DLPU_INLINE_AVX512_VNNI static void finish(const Tile& tile, Sums& sums) {
    if (tile.corrections != nullptr) {
      unroll<vectors_of_places>([&](auto r) DLPU_INLINE_AVX512_VNNI {
        const __m512i correction =
            broadcast_of(r, [&](auto i) DLPU_INLINE_AVX512_VNNI { return tile.corrections[i]; });
        unroll<Vectors>([&](auto v)
                            DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_add_epi32(sums[v][r], correction); });
      });
    }
    tile.requantizer->round(tile.constants, sums);
    store(tile, sums);
  }

 private:
  /// The number of each place of the R-th vector, in all lanes of the place.
  template <class R, class NumberOf>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __m512i broadcast_of(R, const NumberOf& number_of) {
    constexpr std::size_t first = R::value * shared;
    const __m512i numbers = _mm512_set1_epi32(number_of(std::integral_constant<std::size_t, first>{}));
    if constexpr (S == Sharing::none) return numbers;
    return _mm512_mask_set1_epi32(numbers, 0xff00, number_of(std::integral_constant<std::size_t, first + 1>{}));
  }

  /// `sums += windows * weights`.
  DLPU_INLINE_AVX512_VNNI static void multiply(const Tile& tile, Sums& sums) {
    constexpr std::size_t group = 3;  // places at a pointer: the pointer, and the step once and twice behind
    constexpr std::size_t pointers = (Count + group - 1) / group;
    const std::uint8_t* windows[pointers];  // in general registers: no loop over them must remain
    const std::int8_t* weights = tile.weights;
    for (std::size_t run = 0; run < tile.run_count; ++run) {
      // What the tile has is read anew rather than kept where windows belong; where two places share a
      // vector, the products would wait for it.
      if constexpr (S == Sharing::none) asm volatile("" ::: "memory");
      const std::size_t step = tile.places.step;
      windows[0] = tile.places.runs[run] + tile.offset;
      const std::uint8_t* const end = windows[0] + tile.run_stride;
      unroll<pointers - 1>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        windows[i + 1] = windows[i] + group * step;
        asm("" : "+r"(windows[i + 1]));  // compilers would rather keep one pointer and a dozen multiples of the step
      });
      for (; windows[0] != end; weights += Vectors * 4 * lanes) {
        __m512i filter[Vectors];
        unroll<Vectors>([&](auto v)
                            DLPU_INLINE_AVX512_VNNI { filter[v] = _mm512_load_si512(weights + v * 4 * lanes); });
        unroll<vectors_of_places>([&](auto r) DLPU_INLINE_AVX512_VNNI {
          const __m512i input = broadcast_of(r, [&](auto i) DLPU_INLINE_AVX512_VNNI {
            std::int32_t four;
            std::memcpy(&four, windows[i / group] + i % group * step, sizeof four);
            return four;
          });
          unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
            sums[v][r] = _mm512_dpbusd_epi32(sums[v][r], input, filter[v]);
          });
        });
        unroll<pointers>([&](auto i) DLPU_INLINE_AVX512_VNNI { windows[i] += 4; });
      }
    }
  }

  /// Narrows and stores the channels of each place.
  DLPU_INLINE_AVX512_VNNI static void store(const Tile& tile, __m512i (&sums)[4][Count]) {
    unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      const __m512i low = _mm512_packs_epi32(sums[0][r], sums[1][r]),
                    high = _mm512_packs_epi32(sums[2][r], sums[3][r]);
      store_bytes(tile.output + r * tile.output_step, tile.requantizer->narrow(low, high), tile.channels);
    });
  }
  DLPU_INLINE_AVX512_VNNI static void store(const Tile& tile, __m512i (&sums)[2][Count]) {
    const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);  // bytes of two places come by turns of 8
    unroll<(Count + 1) / 2>([&](auto pair) DLPU_INLINE_AVX512_VNNI {
      constexpr std::size_t r = 2 * pair, second = r + 1 < Count ? r + 1 : r;
      const __m512i bytes = _mm512_permutexvar_epi64(
          order, tile.requantizer->narrow(_mm512_packs_epi32(sums[0][r], sums[1][r]),
                                          _mm512_packs_epi32(sums[0][second], sums[1][second])));
      std::uint8_t* const to = tile.output + r * tile.output_step;
      if (second != r && tile.output_step == 2 * lanes) return _mm512_storeu_si512(to, bytes);
      store_bytes(to, _mm512_castsi512_si256(bytes), tile.channels);
      if (second != r) store_bytes(to + tile.output_step, _mm512_extracti64x4_epi64(bytes, 1), tile.channels);
    });
  }
  DLPU_INLINE_AVX512_VNNI static void store(const Tile& tile, __m512i (&sums)[1][vectors_of_places]) {
    constexpr std::size_t bytes_of_place = lanes / shared, at_once = 4 * shared;
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);  // turns of 4
    unroll<(Count + at_once - 1) / at_once>([&](auto n) DLPU_INLINE_AVX512_VNNI {
      constexpr std::size_t r = 4 * n, place = r * shared;
      constexpr auto vector = [](std::size_t i) { return r + i < vectors_of_places ? r + i : r; };
      const __m512i bytes = _mm512_permutexvar_epi32(
          order, tile.requantizer->narrow(_mm512_packs_epi32(sums[0][r], sums[0][vector(1)]),
                                          _mm512_packs_epi32(sums[0][vector(2)], sums[0][vector(3)])));
      std::uint8_t* const to = tile.output + place * tile.output_step;
      if (place + at_once <= Count && tile.output_step == bytes_of_place) return _mm512_storeu_si512(to, bytes);
      unroll<at_once>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        if constexpr (place + i < Count) {
          const __m128i quarter = _mm512_extracti32x4_epi32(bytes, decltype(i)::value / shared);
          store_bytes(to + i * tile.output_step, i % shared == 0 ? quarter : _mm_unpackhi_epi64(quarter, quarter),
                      tile.channels);
        }
      });
    });
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

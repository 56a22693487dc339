#pragma once

/// One tile of Conv2D on the AVX-512 VNNI rung: some places times up to 4 vectors of 16 output channels, from products to
/// stored bytes without leaving the registers.
///
/// Four vectors of accumulators become 64 neighbouring bytes by saturating packs alone, because channels lie in the
/// vectors as those packs take them (`Conv2dFrame::channel_of`). Two vectors, or one, do the same with two or four
/// places.

#include <array>
#include <cstring>

#include "dlpu/kernels/avx512_vnni/requantize.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_frame.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

using Tile = avx_vnni::Tile<Requantizer>;

template <std::size_t Count, std::size_t Vectors>
class TileProduct {
 public:
  [[gnu::noinline]] DLPU_TARGET_AVX512_VNNI static void run(const Tile& tile) {
    __m512i sums[Vectors][Count];
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_load_si512(tile.constants[v].bias); });
    });
    multiply(tile, sums);
    asm volatile("" ::: "memory");  // what comes now is not read before
    finish(tile, sums);
  }

  /// From sums to stored outputs.
  DLPU_INLINE_AVX512_VNNI static void finish(const Tile& tile, __m512i (&sums)[Vectors][Count]) {
    if (tile.corrections != nullptr) {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
        const __m512i correction = _mm512_set1_epi32(tile.corrections[r]);
        unroll<Vectors>([&](auto v)
                            DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_add_epi32(sums[v][r], correction); });
      });
    }
    tile.requantizer->round(tile.constants, sums);
    store(tile, sums);
  }

 private:
  /// `sums += windows * weights`.
  DLPU_INLINE_AVX512_VNNI static void multiply(const Tile& tile, __m512i (&sums)[Vectors][Count]) {
    constexpr std::size_t group = 3;  // places at a pointer: the pointer, and the step once and twice behind
    const std::uint8_t* windows[(Count + group - 1) / group];
    const std::size_t step = tile.places.step, stride = tile.run_stride;
    const std::int8_t* weights = tile.weights;
    const std::uint8_t* const* const end = tile.places.runs + tile.run_count;
    for (const std::uint8_t* const* run = tile.places.runs; run != end; ++run) {
      windows[0] = *run + tile.offset;
      for (std::size_t i = 1; i < std::size(windows); ++i) {
        windows[i] = windows[i - 1] + group * step;
        asm("" : "+r"(windows[i]));  // compilers would rather keep one pointer and a dozen multiples of the step
      }
      for (std::size_t k = 0; k < stride; k += 4, weights += Vectors * 4 * lanes) {
        __m512i filter[Vectors];
        unroll<Vectors>([&](auto v)
                            DLPU_INLINE_AVX512_VNNI { filter[v] = _mm512_load_si512(weights + v * 4 * lanes); });
        unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
          std::int32_t four;
          std::memcpy(&four, windows[r / group] + r % group * step, sizeof four);
          const __m512i input = _mm512_set1_epi32(four);
          unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
            sums[v][r] = _mm512_dpbusd_epi32(sums[v][r], input, filter[v]);
          });
        });
        for (const std::uint8_t*& window : windows) window += 4;
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
  DLPU_INLINE_AVX512_VNNI static void store(const Tile& tile, __m512i (&sums)[1][Count]) {
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);  // turns of 4
    unroll<(Count + 3) / 4>([&](auto four) DLPU_INLINE_AVX512_VNNI {
      constexpr std::size_t r = 4 * four;
      constexpr auto place = [](std::size_t i) { return r + i < Count ? r + i : r; };
      const __m512i bytes = _mm512_permutexvar_epi32(
          order, tile.requantizer->narrow(_mm512_packs_epi32(sums[0][r], sums[0][place(1)]),
                                          _mm512_packs_epi32(sums[0][place(2)], sums[0][place(3)])));
      std::uint8_t* const to = tile.output + r * tile.output_step;
      if (r + 4 <= Count && tile.output_step == lanes) return _mm512_storeu_si512(to, bytes);
      unroll<4>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        if constexpr (r + i < Count) {
          store_bytes(to + i * tile.output_step, _mm512_extracti32x4_epi32(bytes, decltype(i)::value), tile.channels);
        }
      });
    });
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

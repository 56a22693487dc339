#pragma once

/// Conv2D on the AVX-VNNI rung: some places times 16 output channels, two registers, from products to stored bytes without
/// leaving the registers.
///
/// The instruction is in assembly because it has two encodings. CPUs that have AVX-VNNI know the VEX one, CPUs with AVX-512
/// VNNI the EVEX one, and not all of the latter know both. Everything around it is AVX2.

#include "dlpu/kernels/avx2/requantize.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_frame.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx_vnni {

enum class Encoding { vex, evex };

/// `sums +=` four products of unsigned by signed bytes in each lane.
template <Encoding E>
DLPU_INLINE_AVX2 inline void add_products(__m256i& sums, __m256i unsigned_bytes, __m256i signed_bytes) {
  if constexpr (E == Encoding::vex) {
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sums) : "x"(unsigned_bytes), "x"(signed_bytes));
  } else {
    __asm__("%{evex%} vpdpbusd %2, %1, %0" : "+x"(sums) : "x"(unsigned_bytes), "x"(signed_bytes));
  }
}

template <Encoding E>
class Conv2dProduct : public Conv2dFrame<1, avx2::Requantizer> {
  using Frame = Conv2dFrame<1, avx2::Requantizer>;
  using Tile = avx_vnni::Tile<avx2::Requantizer>;
  // Twelve accumulators and their operands fit the 16 registers.
  static constexpr std::size_t most_places = 6, vectors = 2;

 public:
  /// `Image::row_places` that keep the product busy.
  static constexpr std::size_t row_multiple = most_places;

  using Frame::Frame;

  /// Neighbouring places in tiles, the largest first.
  void multiply_row(const Places& places, std::size_t count, std::uint8_t* output) const {
    for_each_panel(places, count, output, [](Tile& tile, std::size_t, std::size_t left) {
      Frame::template in_tiles<most_places>(left,
                                            [&](auto at_once, std::size_t tiles) { multiply<at_once>(tile, tiles); });
    });
  }

 private:
  /// `count` tiles along a row.
  template <std::size_t Count>
  [[gnu::noinline]] DLPU_TARGET_AVX2 static void multiply(Tile& tile, std::size_t count) {
    for (; count > 0; --count) {
      multiply<Count>(tile);
      tile.advance(Count);
    }
  }
  template <std::size_t Count>
  DLPU_INLINE_AVX2 static void multiply(const Tile& tile) {
    using avx2::unroll;
    avx2::Sums<vectors, Count> sums;
    unroll<vectors>([&](auto v) DLPU_INLINE_AVX2 {
      unroll<Count>([&](auto r)
                        DLPU_INLINE_AVX2 { sums[v][r] = avx2::load(tile.constants->bias + v * avx2::lanes); });
    });
    constexpr std::size_t at_pointer = 3;  // places: the pointer, and the step once and twice behind
    constexpr std::size_t pointers = (Count + at_pointer - 1) / at_pointer;
    const std::uint8_t* windows[pointers];  // in general registers: no loop over them must remain
    const std::int8_t* weights = tile.weights;
    for (std::size_t run = 0; run < tile.run_count; ++run) {
      asm volatile("" ::: "memory");  // what the tile has is read anew rather than kept where windows belong
      const std::size_t step = tile.places.step;
      unroll<pointers>([&](auto i) DLPU_INLINE_AVX2 {
        windows[i] = tile.places.runs[run] + tile.offset + i * at_pointer * step;
        asm("" : "+r"(windows[i]));  // compilers would rather keep one pointer and several multiples of the step
      });
      for (const std::uint8_t* const end = windows[0] + tile.run_stride; windows[0] != end; weights += 4 * group) {
        __m256i filter[vectors];
        unroll<vectors>([&](auto v) DLPU_INLINE_AVX2 { filter[v] = avx2::load(weights + v * 4 * avx2::lanes); });
        unroll<Count>([&](auto r) DLPU_INLINE_AVX2 {
          std::int32_t four;
          std::memcpy(&four, windows[r / at_pointer] + r % at_pointer * step, sizeof four);
          const __m256i input = _mm256_set1_epi32(four);
          unroll<vectors>([&](auto v) DLPU_INLINE_AVX2 { add_products<E>(sums[v][r], input, filter[v]); });
        });
        unroll<pointers>([&](auto i) DLPU_INLINE_AVX2 { windows[i] += 4; });
      }
    }
    asm volatile("" ::: "memory");  // what comes now is not read before
    if (tile.corrections != nullptr) {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX2 {
        const __m256i correction = _mm256_set1_epi32(tile.corrections[r]);
        unroll<vectors>([&](auto v) DLPU_INLINE_AVX2 { sums[v][r] = _mm256_add_epi32(sums[v][r], correction); });
      });
    }
    tile.requantizer->store(*tile.constants, sums, tile.channels, tile.output, tile.output_step);
  }
};

}  // namespace kernels::avx_vnni
}  // namespace dlpu::inline DLPU_ABI

#endif

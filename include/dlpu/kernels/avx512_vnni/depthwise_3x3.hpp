#pragma once

/// Depthwise 3 x 3 windows, rows of the image at a time.
///
/// The rows of one column become neighbours once, and serve as many windows as the column is in. With stride 1, four
/// rows serve two rows of output, whose weights are (w0, w1, w2, 0) and (0, w0, w1, w2).

#include "dlpu/kernels/avx512_vnni/depthwise_block.hpp"
#include "dlpu/kernels/portable/image_rows.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// One block of channels (`WholeBlock` or `SplitBlock`) of one row of output, or of two with stride 1. Sets of weights are
/// added up, each [2 rows of output, 3 columns, 4 vectors] of 64 bytes.
template <class Block, std::size_t Stride>
class Depthwise3x3 {
  static constexpr std::size_t kept = 3 - Stride;  // columns that the next window has too

 public:
  static constexpr std::size_t output_rows = Stride == 1 ? 2 : 1, rows = output_rows + 2;
  static constexpr std::size_t set_bytes = 2 * 3 * block_vectors * 64;

  portable::ImageRows<std::uint8_t, rows> image;
  std::uint8_t flip;  ///< what makes stored bytes unsigned
  const std::int8_t* weights;
  std::int32_t sets;
  const ChannelConstants* constants;
  const Requantizer* requantizer;
  Block block;

  /// `output_step` from one place of output to the next, `output_row` from one row to the next; 0: of two rows, only
  /// the first one stays.
  DLPU_TARGET_AVX512_VNNI void run(std::int32_t first_column, std::int32_t output_width, std::uint8_t* output,
                                   std::size_t output_step, std::size_t output_row) const {
    constexpr std::size_t at_once = 2;
    Quad columns[kept + at_once * Stride];
    std::int32_t column = first_column, x = 0;
    unroll<kept>([&](auto i) DLPU_INLINE_AVX512_VNNI { columns[i] = load(column++); });
    for (; x + 2 <= output_width; x += 2, output += 2 * output_step) {
      step<2>(columns, column, output, output_step, output_row);
    }
    if (x < output_width) step<1>(columns, column, output, output_step, output_row);
  }

 private:
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI Quad load(std::int32_t column) const {
    if (block.is_inside(column, image.width)) {
      return load(column,
                  [&](std::size_t r, std::int32_t x) DLPU_INLINE_AVX512_VNNI { return image.at_inside(r, x); });
    }
    return load(column, [&](std::size_t r, std::int32_t x) DLPU_INLINE_AVX512_VNNI { return image.at(r, x); });
  }
  template <class Place>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI Quad load(std::int32_t column, const Place& place) const {
    __m512i bytes[4];
    unroll<rows>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      const __m512i stored = block.load(column, [&](std::int32_t x) DLPU_INLINE_AVX512_VNNI { return place(r, x); });
      bytes[r] = _mm512_xor_si512(stored, broadcast(flip));
    });
    if constexpr (rows == 3) bytes[3] = bytes[2];  // its weights are zero
    return interleave(bytes[0], bytes[1], bytes[2], bytes[3]);
  }

  /// `Count` places of each row of output.
  template <std::size_t Count, std::size_t Columns>
  DLPU_INLINE_AVX512_VNNI void step(Quad (&columns)[Columns], std::int32_t& column, std::uint8_t* output,
                                    std::size_t output_step, std::size_t output_row) const {
    unroll<Count * Stride>([&](auto i) DLPU_INLINE_AVX512_VNNI { columns[kept + i] = load(column++); });
    constexpr std::size_t outputs = output_rows * Count;
    std::uint8_t* to[outputs];
    unroll<outputs>(
        [&](auto i) DLPU_INLINE_AVX512_VNNI { to[i] = output + i / Count * output_row + i % Count * output_step; });
    const auto accumulate = [&](auto v, __m512i(&sums)[outputs]) DLPU_INLINE_AVX512_VNNI {
      unroll<outputs>([&](auto i) DLPU_INLINE_AVX512_VNNI { sums[i] = _mm512_load_si512(constants[v].bias); });
      const std::int8_t* set = weights + v * 64;
      for (std::int32_t left = sets; left > 0; --left, set += set_bytes) {
        unroll<output_rows * 3>([&](auto tap) DLPU_INLINE_AVX512_VNNI {
          __m512i weight = _mm512_load_si512(set + tap * block_vectors * 64);
          asm("" : "+v"(weight));  // g++ would rather load it for each place
          unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
            __m512i& sum = sums[tap / 3 * Count + i];
            sum = _mm512_dpbusd_epi32(sum, columns[i * Stride + tap % 3].vector[v], weight);
          });
        });
      }
    };
    requantize_block<outputs>(*requantizer, constants, block, accumulate, to);
    unroll<kept>([&](auto i) DLPU_INLINE_AVX512_VNNI { columns[i] = columns[Count * Stride + i]; });
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

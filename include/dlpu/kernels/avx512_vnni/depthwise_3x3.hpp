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
  std::int32_t flips;  ///< what makes four stored bytes unsigned
  const std::int8_t* weights;
  std::int32_t sets;  ///< one or two
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
    load_anywhere<kept>(column, columns);
    column += static_cast<std::int32_t>(kept);
    Addresses at = addresses(column);
    for (; x + 2 <= output_width; x += 2, output += 2 * output_step) {
      step<2>(columns, column, at, output, output_step, output_row);
      column += static_cast<std::int32_t>(2 * Stride);
    }
    if (x < output_width) step<1>(columns, column, at, output, output_step, output_row);
  }

 private:
  /// Where the next column of each row lies, if it lies in the image. Products and roundings are but a few hundred
  /// instructions, so that what a multiplication would take to find it could not be hidden behind them.
  struct Addresses {
    std::uintptr_t row[rows];  // no pointer may point outside the image
    std::ptrdiff_t step[rows], part[rows];
  };
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI Addresses addresses(std::int32_t column) const {
    Addresses at;
    unroll<rows>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      at.step[r] = image.step[r];
      at.part[r] = image.step[r] * block.part_columns();
      at.row[r] = reinterpret_cast<std::uintptr_t>(image.row[r]) + static_cast<std::uintptr_t>(at.step[r] * column);
    });
    return at;
  }

  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void load_anywhere(std::int32_t column, Quad* to) const {
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
      const std::int32_t x = column + static_cast<std::int32_t>(i);
      to[i] = interleaved([&](auto r) DLPU_INLINE_AVX512_VNNI {
        return block.load([&](std::int32_t part)
                              DLPU_INLINE_AVX512_VNNI { return image.at(r, x + part * block.part_columns()); });
      });
    });
  }
  /// Where all of them lie in the image.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void load_inside(const Addresses& at, Quad* to) const {
    const std::uint8_t* places[rows];
    unroll<rows>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      places[r] = reinterpret_cast<const std::uint8_t*>(at.row[r]);  // NOLINT(performance-no-int-to-ptr)
    });
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
      to[i] = interleaved([&](auto r) DLPU_INLINE_AVX512_VNNI {
        return block.load([&](std::int32_t part) DLPU_INLINE_AVX512_VNNI { return places[r] + part * at.part[r]; });
      });
      unroll<rows>([&](auto r) DLPU_INLINE_AVX512_VNNI { places[r] += at.step[r]; });
    });
  }
  /// `stored(row)` are the bytes of a column.
  template <class Stored>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI Quad interleaved(const Stored& stored) const {
    __m512i bytes[4];
    unroll<rows>([&](auto r)
                     DLPU_INLINE_AVX512_VNNI { bytes[r] = _mm512_xor_si512(stored(r), _mm512_set1_epi32(flips)); });
    if constexpr (rows == 3) bytes[3] = bytes[2];  // its weights are zero
    return interleave(bytes[0], bytes[1], bytes[2], bytes[3]);
  }

  /// `Count` places of each row of output, for which columns are loaded from `column` on.
  template <std::size_t Count, std::size_t Columns>
  DLPU_INLINE_AVX512_VNNI void step(Quad (&columns)[Columns], std::int32_t column, Addresses& at,
                                    std::uint8_t* output, std::size_t output_step, std::size_t output_row) const {
    constexpr std::size_t loaded = Count * Stride, outputs = output_rows * Count;
    if (column >= 0 && block.is_inside(column + static_cast<std::int32_t>(loaded) - 1, image.width)) [[likely]]
      load_inside<loaded>(at, columns + kept);
    else
      load_anywhere<loaded>(column, columns + kept);
    unroll<rows>([&](auto r)
                     DLPU_INLINE_AVX512_VNNI { at.row[r] += loaded * static_cast<std::uintptr_t>(at.step[r]); });
    const auto accumulate = [&](auto v, __m512i(&sums)[outputs]) DLPU_INLINE_AVX512_VNNI {
      unroll<outputs>([&](auto i) DLPU_INLINE_AVX512_VNNI { sums[i] = _mm512_load_si512(constants[v].bias); });
      const auto add = [&](const std::int8_t* set) DLPU_INLINE_AVX512_VNNI {
        unroll<output_rows * 3>([&](auto tap) DLPU_INLINE_AVX512_VNNI {
          __m512i weight = _mm512_load_si512(set + (tap * block_vectors + v) * 64);
          asm("" : "+v"(weight));  // g++ would rather load it for each place
          unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
            __m512i& sum = sums[tap / 3 * Count + i];
            sum = _mm512_dpbusd_epi32(sum, columns[i * Stride + tap % 3].vector[v], weight);
          });
        });
      };
      add(weights);
      if (sets > 1) [[unlikely]]
        add(weights + set_bytes);
    };
    std::uint8_t* to[outputs];
    unroll<outputs>(
        [&](auto i) DLPU_INLINE_AVX512_VNNI { to[i] = output + i / Count * output_row + i % Count * output_step; });
    requantize_block<outputs>(*requantizer, constants, block, accumulate, to);
    unroll<kept>([&](auto i) DLPU_INLINE_AVX512_VNNI { columns[i] = columns[loaded + i]; });
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

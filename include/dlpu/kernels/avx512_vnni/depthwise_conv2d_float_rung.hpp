#pragma once

/// DepthwiseConv2D in float32 on the AVX-512 VNNI rung: 7 places of a row, in windows of 3 x 3 of two rows, times 16
/// channels at once.

#include "dlpu/kernels/avx2/depthwise_conv2d_float_rung.hpp"
#include "dlpu/kernels/avx512_vnni/conv2d_float_rung.hpp"
#include "dlpu/kernels/portable/float_depthwise.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace avx512_vnni {

/// A template for the reason that `FloatProduct` is one.
template <class Isa>
class FloatDepthwise {
  using Rows = portable::FloatDepthwiseRows;

 public:
  static constexpr std::size_t lanes = avx512_vnni::lanes;
  static constexpr bool takes_part = true;

  static constexpr std::int32_t most_rows(const WindowGeometry& g) {
    return g.kernel == Size2D(3) && g.dilation == Size2D(1) && (g.stride == Size2D(1) || g.stride == Size2D(2)) ? 2
                                                                                                                : 1;
  }

  DLPU_TARGET_AVX512_VNNI static void run(const Rows& rows) {
    const bool is_3x3 = rows.tap_rows == 3 && rows.tap_columns == 3 && rows.dilation == 1;
    if (is_3x3 && rows.stride == 1) return multiply_3x3<1>(rows);
    if (is_3x3 && rows.stride == 2) return multiply_3x3<2>(rows);
    multiply_places<AnyTaps>(rows);
  }

 private:
  /// As many sums hide each other's latency, and images of most networks are a multiple of seven wide.
  static constexpr std::int32_t places = 7;

  /// The channels of a column of the image; of one outside, zeros.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __mmask16 lanes_of_column(const Rows& rows, __mmask16 chosen,
                                                                         std::int32_t column) {
    return column >= 0 && column < rows.input_width ? chosen : __mmask16{0};
  }

  /// Adds all taps to the sums of places in a row; the first place's first tap is in the column `first`.
  template <bool Border>
  struct AnyTaps {
    static constexpr std::size_t output_rows = 1;

    const Rows& rows;
    std::int32_t first;
    __mmask16 chosen;

    DLPU_INLINE_AVX512_VNNI AnyTaps(const Rows& r, std::int32_t column, __mmask16 c)
        : rows(r), first(column), chosen(c) {}

    DLPU_INLINE_AVX512_VNNI void add(__m512 (&sums)[output_rows][places]) const {
      const float* input = rows.input;
      const float* weights = rows.weights + rows.first_row * rows.tap_columns * std::ptrdiff_t{lanes};
      for (std::int32_t y = rows.first_row; y < rows.end_row; ++y, input += rows.input_row) {
        for (std::int32_t x = 0; x < rows.tap_columns; ++x, weights += lanes) {
          const __m512 weight = _mm512_loadu_ps(weights);
          unroll<places>([&](auto i) DLPU_INLINE_AVX512_VNNI {
            const std::int32_t column = first + x * rows.dilation + static_cast<std::int32_t>(i) * rows.stride;
            const __mmask16 mask = Border ? lanes_of_column(rows, chosen, column) : chosen;
            const __m512 value = _mm512_maskz_loadu_ps(mask, input + column * rows.input_column);
            sums[0][i] = _mm512_fmadd_ps(value, weight, sums[0][i]);
          });
        }
      }
    }
  };

  /// The same of windows of 3 x 3, of places in `Count` rows: each input is loaded once, for all windows that it is in.
  template <std::size_t Stride, std::size_t Count>
  struct Taps3x3 {
    template <bool Border>
    struct At {
      static constexpr std::size_t output_rows = Count;
      static constexpr std::size_t columns = (places - 1) * Stride + 3;

      const Rows& rows;
      const float* first;
      __mmask16 chosen[Border ? columns : 1];

      DLPU_INLINE_AVX512_VNNI At(const Rows& r, std::int32_t column, __mmask16 c)
          : rows(r), first(r.input + column * r.input_column) {
        unroll<Border ? columns : 1>([&](auto i) DLPU_INLINE_AVX512_VNNI {
          chosen[i] = Border ? lanes_of_column(r, c, column + static_cast<std::int32_t>(i)) : c;
        });
      }

      DLPU_INLINE_AVX512_VNNI void add(__m512 (&sums)[output_rows][places]) const {
        __m512 weights[3][3];
        unroll<9>([&](auto tap) DLPU_INLINE_AVX512_VNNI {
          weights[tap / 3][tap % 3] = _mm512_loadu_ps(rows.weights + tap * lanes);
        });
        const float* input = first;
        unroll<(Count - 1) * Stride + 3>([&](auto y) DLPU_INLINE_AVX512_VNNI {
          if (static_cast<std::int32_t>(y) < rows.first_row || static_cast<std::int32_t>(y) >= rows.end_row) return;
          add_row(y, input, weights, sums);
          input += rows.input_row;
        });
      }

     private:
      /// A row of the image, `y` rows under the top of the windows of the first row.
      template <class Y>
      DLPU_INLINE_AVX512_VNNI void add_row(Y y, const float* input, const __m512 (&weights)[3][3],
                                           __m512 (&sums)[output_rows][places]) const {
        unroll<columns>([&](auto column) DLPU_INLINE_AVX512_VNNI {
          const __m512 value = _mm512_maskz_loadu_ps(chosen[Border ? column : 0],
                                                     input + static_cast<std::ptrdiff_t>(column) * rows.input_column);
          unroll<Count * 3>([&](auto i) DLPU_INLINE_AVX512_VNNI {
            constexpr std::size_t row = i / 3, x = i % 3;
            // Both wrap around where there is no such tap or place.
            constexpr std::size_t tap_row = y - row * Stride, offset = column - x;
            if constexpr (tap_row < 3 && offset % Stride == 0 && offset / Stride < places) {
              __m512& sum = sums[row][offset / Stride];
              sum = _mm512_fmadd_ps(value, weights[tap_row][x], sum);
            }
          });
        });
      }
    };
  };

  template <std::size_t Stride>
  DLPU_TARGET_AVX512_VNNI static void multiply_3x3(const Rows& rows) {
    if (rows.output_rows == 2) return multiply_places<Taps3x3<Stride, 2>::template At>(rows);
    multiply_places<Taps3x3<Stride, 1>::template At>(rows);
  }

  template <template <bool> class Taps>
  DLPU_TARGET_AVX512_VNNI static void multiply_places(const Rows& rows) {
    const __mmask16 chosen = first_lanes(rows.channels);
    for (std::int32_t place = 0; place < rows.output_width; place += places) {
      rows.inside(place, places) ? multiply<Taps<false>>(rows, place, chosen)
                                 : multiply<Taps<true>>(rows, place, chosen);
    }
  }

  template <class Taps>
  DLPU_INLINE_AVX512_VNNI static void multiply(const Rows& rows, std::int32_t place, __mmask16 chosen) {
    const Taps taps(rows, rows.first_column + place * rows.stride, chosen);
    __m512 sums[Taps::output_rows][places];
    unroll<Taps::output_rows * places>(
        [&](auto i) DLPU_INLINE_AVX512_VNNI { sums[i / places][i % places] = _mm512_loadu_ps(rows.bias); });
    taps.add(sums);
    unroll<Taps::output_rows>([&](auto row) DLPU_INLINE_AVX512_VNNI {
      store(rows, rows.output + static_cast<std::ptrdiff_t>(row) * rows.output_row, place, chosen, sums[row]);
    });
  }

  /// The places of a row that exist.
  DLPU_INLINE_AVX512_VNNI static void store(const Rows& rows, float* output, std::int32_t place, __mmask16 chosen,
                                            const __m512 (&sums)[places]) {
    output += place * rows.output_step;
    const std::ptrdiff_t step = rows.output_step;
    const Range<float> range = rows.range;
    if (rows.output_width - place >= places && chosen == 0xffff) {
      return unroll<places>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        _mm512_storeu_ps(output + static_cast<std::ptrdiff_t>(i) * step, clamped(sums[i], range));
      });
    }
    unroll<places>([&](auto i) DLPU_INLINE_AVX512_VNNI {
      if (place + static_cast<std::int32_t>(i) >= rows.output_width) return;
      _mm512_mask_storeu_ps(output + static_cast<std::ptrdiff_t>(i) * step, chosen, clamped(sums[i], range));
    });
  }
};

}  // namespace avx512_vnni

template <>
struct DepthwiseConv2dRung<isa::avx512_vnni, float, void>
    : portable::FloatDepthwiseConv2d<avx512_vnni::FloatDepthwise<isa::avx512_vnni>,
                                     DepthwiseConv2dRung<isa::avx2, float, void>> {
  using isa_type = isa::avx512_vnni;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

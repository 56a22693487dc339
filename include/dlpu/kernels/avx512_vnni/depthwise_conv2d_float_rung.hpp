#pragma once

/// DepthwiseConv2D in float32 on the AVX-512 VNNI rung: 7 places of a row times 16 channels at once.

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
 public:
  static constexpr std::size_t lanes = avx512_vnni::lanes;
  static constexpr bool takes_part = true;

  DLPU_TARGET_AVX512_VNNI static void run(const portable::FloatDepthwiseRow& row) {
    const bool neighbours = row.tap_columns == 3 && row.dilation == 1;
    if (neighbours && row.stride == 1) return multiply_row<Neighbours<1>::template Of3>(row);
    if (neighbours && row.stride == 2) return multiply_row<Neighbours<2>::template Of3>(row);
    multiply_row<AnyTaps>(row);
  }

 private:
  /// As many sums hide each other's latency, and images of most networks are a multiple of seven wide.
  static constexpr std::int32_t places = 7;

  /// The channels of a column of the image; of one outside, zeros.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __mmask16 lanes_of_column(const portable::FloatDepthwiseRow& row,
                                                                         __mmask16 chosen, std::int32_t column) {
    return column >= 0 && column < row.input_width ? chosen : __mmask16{0};
  }

  /// Adds rows of taps to the sums of all places; the first place's first tap is in the column `first`.
  template <bool Border>
  struct AnyTaps {
    const portable::FloatDepthwiseRow& row;
    std::int32_t first;
    __mmask16 chosen;

    DLPU_INLINE_AVX512_VNNI AnyTaps(const portable::FloatDepthwiseRow& r, std::int32_t column, __mmask16 c)
        : row(r), first(column), chosen(c) {}

    DLPU_INLINE_AVX512_VNNI void add(const float* input, const float* weights, __m512 (&sums)[places]) const {
      for (std::int32_t x = 0; x < row.tap_columns; ++x, weights += lanes) {
        const __m512 weight = _mm512_loadu_ps(weights);
        unroll<places>([&](auto i) DLPU_INLINE_AVX512_VNNI {
          const std::int32_t column = first + x * row.dilation + static_cast<std::int32_t>(i) * row.stride;
          const __mmask16 mask = Border ? lanes_of_column(row, chosen, column) : chosen;
          const __m512 value = _mm512_maskz_loadu_ps(mask, input + column * row.input_column);
          sums[i] = _mm512_fmadd_ps(value, weight, sums[i]);
        });
      }
    }
  };

  /// The same of three columns side by side: each is loaded once, for all windows that it is in.
  template <std::size_t Stride>
  struct Neighbours {
    template <bool Border>
    struct Of3 {
      static constexpr std::size_t columns = (places - 1) * Stride + 3;
      std::ptrdiff_t step, first;
      __mmask16 chosen[Border ? columns : 1];

      DLPU_INLINE_AVX512_VNNI Of3(const portable::FloatDepthwiseRow& row, std::int32_t column, __mmask16 c)
          : step(row.input_column), first(column * step) {
        unroll<Border ? columns : 1>([&](auto i) DLPU_INLINE_AVX512_VNNI {
          chosen[i] = Border ? lanes_of_column(row, c, column + static_cast<std::int32_t>(i)) : c;
        });
      }

      DLPU_INLINE_AVX512_VNNI void add(const float* input, const float* weights, __m512 (&sums)[places]) const {
        __m512 weight[3];
        unroll<3>([&](auto x) DLPU_INLINE_AVX512_VNNI { weight[x] = _mm512_loadu_ps(weights + x * lanes); });
        unroll<columns>([&](auto column) DLPU_INLINE_AVX512_VNNI {
          const __m512 value = _mm512_maskz_loadu_ps(chosen[Border ? column : 0],
                                                     input + first + static_cast<std::ptrdiff_t>(column) * step);
          unroll<3>([&](auto x) DLPU_INLINE_AVX512_VNNI {
            constexpr std::size_t offset = decltype(column)::value - decltype(x)::value;  // wraps where there is none
            if constexpr (offset % Stride == 0 && offset / Stride < places) {
              sums[offset / Stride] = _mm512_fmadd_ps(value, weight[x], sums[offset / Stride]);
            }
          });
        });
      }
    };
  };

  template <template <bool> class Taps>
  DLPU_TARGET_AVX512_VNNI static void multiply_row(const portable::FloatDepthwiseRow& row) {
    const __mmask16 chosen = first_lanes(row.channels);
    for (std::int32_t place = 0; place < row.output_width; place += places) {
      row.inside(place, places) ? multiply<Taps<false>>(row, place, chosen)
                                : multiply<Taps<true>>(row, place, chosen);
    }
  }

  template <class Taps>
  DLPU_INLINE_AVX512_VNNI static void multiply(const portable::FloatDepthwiseRow& row, std::int32_t place,
                                               __mmask16 chosen) {
    const Taps taps(row, row.first_column + place * row.stride, chosen);
    __m512 sums[places];
    unroll<places>([&](auto i) DLPU_INLINE_AVX512_VNNI { sums[i] = _mm512_loadu_ps(row.bias); });
    const float* input = row.input;
    const float* weights = row.weights;
    for (std::int32_t y = 0; y < row.tap_rows;
         ++y, input += row.input_row, weights += row.tap_columns * std::ptrdiff_t{lanes}) {
      taps.add(input, weights, sums);
    }
    store(row, place, chosen, sums);
  }

  /// The places that exist.
  DLPU_INLINE_AVX512_VNNI static void store(const portable::FloatDepthwiseRow& row, std::int32_t place,
                                            __mmask16 chosen, const __m512 (&sums)[places]) {
    float* output = row.output + place * row.output_step;
    const std::ptrdiff_t step = row.output_step;
    const Range<float> range = row.range;
    if (row.output_width - place >= places && chosen == 0xffff) {
      return unroll<places>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        _mm512_storeu_ps(output + static_cast<std::ptrdiff_t>(i) * step, clamped(sums[i], range));
      });
    }
    unroll<places>([&](auto i) DLPU_INLINE_AVX512_VNNI {
      if (place + static_cast<std::int32_t>(i) >= row.output_width) return;
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

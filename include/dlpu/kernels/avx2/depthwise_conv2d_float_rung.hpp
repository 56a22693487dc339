#pragma once

/// DepthwiseConv2D in float32 on the AVX2 rung: 7 places of a row times 8 channels at once.

#include "dlpu/kernels/avx2/conv2d_float_rung.hpp"
#include "dlpu/kernels/portable/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/portable/float_depthwise.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace avx2 {

/// A template for the reason that `FloatProduct` is one.
template <class Isa>
class FloatDepthwise {
 public:
  static constexpr std::size_t lanes = avx2::lanes;
  static constexpr bool takes_part = false;

  static constexpr std::int32_t most_rows(const WindowGeometry&) { return 1; }

  DLPU_TARGET_AVX2 static void run(const portable::FloatDepthwiseRows& row) {
    const bool neighbours = row.tap_columns == 3 && row.dilation == 1;
    if (neighbours && row.stride == 1) return multiply_row<NeighboursOf3<1>>(row);
    if (neighbours && row.stride == 2) return multiply_row<NeighboursOf3<2>>(row);
    multiply_row<AnyTaps>(row);
  }

 private:
  /// As many sums hide each other's latency, and images of most networks are a multiple of seven wide.
  static constexpr std::int32_t places = 7;

  /// The channels of a column of the image; of one outside, zeros.
  template <bool Border>
  DLPU_INLINE_AVX2 static __m256 load(const portable::FloatDepthwiseRows& row, const float* input,
                                      std::int32_t column) {
    alignas(32) static constexpr float zeros[lanes] = {};
    const float* from = input + column * row.input_column;
    if constexpr (Border) from = column >= 0 && column < row.input_width ? from : zeros;
    return _mm256_loadu_ps(from);
  }

  /// Adds a row of taps to the sums of all places; the first place's first tap is in the column `first`.
  struct AnyTaps {
    template <bool Border>
    DLPU_INLINE_AVX2 static void add(const portable::FloatDepthwiseRows& row, const float* input, std::int32_t first,
                                     const float* weights, __m256 (&sums)[places]) {
      for (std::int32_t x = 0; x < row.tap_columns; ++x, first += row.dilation, weights += lanes) {
        const __m256 weight = _mm256_loadu_ps(weights);
        unroll<places>([&](auto i) DLPU_INLINE_AVX2 {
          const std::int32_t column = first + static_cast<std::int32_t>(i) * row.stride;
          sums[i] = _mm256_fmadd_ps(load<Border>(row, input, column), weight, sums[i]);
        });
      }
    }
  };

  /// The same of three columns side by side: each is loaded once, for all windows that it is in.
  template <std::size_t Stride>
  struct NeighboursOf3 {
    template <bool Border>
    DLPU_INLINE_AVX2 static void add(const portable::FloatDepthwiseRows& row, const float* input, std::int32_t first,
                                     const float* weights, __m256 (&sums)[places]) {
      __m256 weight[3];
      unroll<3>([&](auto x) DLPU_INLINE_AVX2 { weight[x] = _mm256_loadu_ps(weights + x * lanes); });
      unroll<(places - 1) * Stride + 3>([&](auto column) DLPU_INLINE_AVX2 {
        const __m256 value = load<Border>(row, input, first + static_cast<std::int32_t>(column));
        unroll<3>([&](auto x) DLPU_INLINE_AVX2 {
          constexpr std::size_t offset = decltype(column)::value - decltype(x)::value;  // wraps where there is none
          if constexpr (offset % Stride == 0 && offset / Stride < places) {
            sums[offset / Stride] = _mm256_fmadd_ps(value, weight[x], sums[offset / Stride]);
          }
        });
      });
    }
  };

  template <class Taps>
  DLPU_TARGET_AVX2 static void multiply_row(const portable::FloatDepthwiseRows& row) {
    for (std::int32_t place = 0; place < row.output_width; place += places) {
      row.inside(place, places) ? multiply<Taps, false>(row, place) : multiply<Taps, true>(row, place);
    }
  }

  template <class Taps, bool Border>
  DLPU_INLINE_AVX2 static void multiply(const portable::FloatDepthwiseRows& row, std::int32_t place) {
    __m256 sums[places];
    unroll<places>([&](auto i) DLPU_INLINE_AVX2 { sums[i] = _mm256_loadu_ps(row.bias); });
    const float* input = row.input;
    const std::ptrdiff_t row_weights = row.tap_columns * std::ptrdiff_t{lanes};
    const float* weights = row.weights + row.first_row * row_weights;
    const std::int32_t first = row.first_column + place * row.stride;
    for (std::int32_t y = row.first_row; y < row.end_row; ++y, input += row.input_row, weights += row_weights) {
      Taps::template add<Border>(row, input, first, weights, sums);
    }
    float* output = row.output + place * row.output_step;
    const std::ptrdiff_t step = row.output_step;
    const Range<float> range = row.range;
    const std::int32_t left = row.output_width - place;
    if (left >= places) {
      return unroll<places>([&](auto i) DLPU_INLINE_AVX2 {
        store_clamped(sums[i], range, lanes, output + static_cast<std::ptrdiff_t>(i) * step);
      });
    }
    unroll<places>([&](auto i) DLPU_INLINE_AVX2 {
      if (static_cast<std::int32_t>(i) >= left) return;
      store_clamped(sums[i], range, lanes, output + static_cast<std::ptrdiff_t>(i) * step);
    });
  }
};

}  // namespace avx2

template <>
struct DepthwiseConv2dRung<isa::avx2, float, void>
    : portable::FloatDepthwiseConv2d<avx2::FloatDepthwise<isa::avx2>,
                                     DepthwiseConv2dRung<isa::portable, float, void>> {
  using isa_type = isa::avx2;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

#pragma once

/// Conv2D in float32 on the AVX2 rung: the portable rung's rows and packed panels, with fused multiply-adds on 8 channels
/// at once.

#include <algorithm>

#include "dlpu/kernels/avx2/vectors.hpp"
#include "dlpu/kernels/portable/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace avx2 {

/// `range.clamp` of the first `count` of 8 numbers; NaN stays NaN, as in the oracle, because the second operand of the
/// instructions is what they return then.
DLPU_INLINE_AVX2 inline void store_clamped(__m256 values, Range<float> range, std::size_t count, float* output) {
  const __m256 clamped = _mm256_min_ps(_mm256_set1_ps(range.high), _mm256_max_ps(_mm256_set1_ps(range.low), values));
  if (count >= lanes) return _mm256_storeu_ps(output, clamped);
  float numbers[lanes];
  _mm256_storeu_ps(numbers, clamped);
  std::copy_n(numbers, count, output);
}

}  // namespace avx2

template <>
struct Conv2dRung<isa::avx2, float, void> : Conv2dRung<isa::portable, float, void> {
  using isa_type = isa::avx2;

  DLPU_TARGET_AVX2 static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const float* input, float* output, std::byte* scratch) {
    const portable::ProductShape shape(g);
    const std::size_t block = shape.block_rows(shape.depth * sizeof(float));
    auto* gathered = reinterpret_cast<float*>(scratch);
    const auto copy = [](const float* from, std::size_t count, float* to) { std::copy_n(from, count, to); };
    for (std::size_t place = 0; place < shape.places; place += block) {
      const std::size_t count = std::min(block, shape.places - place);
      const float* rows = input + place * shape.depth;  // a pointwise convolution's rows are its input
      if (!g.pointwise()) {
        for (std::size_t r = 0; r < count; ++r) {
          portable::gather_window(g, input, portable::window_origin(g, place + r), gathered + r * shape.depth, copy);
        }
        rows = gathered;
      }
      multiply_rows(shape, arguments, packed, rows, count, output + place * shape.channels);
    }
  }

 private:
  static constexpr std::size_t lanes = avx2::lanes;
  static_assert(panel % lanes == 0);

  /// Two vectors of channels by 4 rows or by 1: 8 accumulators hide the latency of the multiply-adds.
  DLPU_TARGET_AVX2 static void multiply_rows(const portable::ProductShape& shape, const Arguments& arguments,
                                             const std::byte* packed, const float* rows, std::size_t count,
                                             float* output) {
    const auto* bias = reinterpret_cast<const float*>(packed);
    const float* filter = bias + portable::round_up(shape.channels, panel);
    for (std::size_t o = 0; o < shape.channels; o += 2 * lanes) {
      const bool two = shape.channels - o > lanes;
      std::size_t row = 0;
      for (; row + 4 <= count; row += 4) {
        const float* from = rows + row * shape.depth;
        float* to = output + row * shape.channels + o;
        two ? multiply<4, 2>(shape, arguments, from, filter, bias, o, to)
            : multiply<4, 1>(shape, arguments, from, filter, bias, o, to);
      }
      for (; row < count; ++row) {
        const float* from = rows + row * shape.depth;
        float* to = output + row * shape.channels + o;
        two ? multiply<1, 2>(shape, arguments, from, filter, bias, o, to)
            : multiply<1, 1>(shape, arguments, from, filter, bias, o, to);
      }
    }
  }

  template <std::size_t Rows, std::size_t Vectors>
  DLPU_TARGET_AVX2 static void multiply(const portable::ProductShape& shape, const Arguments& arguments,
                                        const float* rows, const float* filter, const float* bias,
                                        std::size_t channel, float* output) {
    using avx2::unroll;
    __m256 sums[Vectors][Rows];
    const float* weights[Vectors];  // panels are wider where the compiler flags give the portable rung wider vectors
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      const std::size_t first = channel + v * lanes;
      weights[v] = filter + first / panel * panel * shape.depth + first % panel;
      unroll<Rows>([&](auto r) DLPU_INLINE_AVX2 { sums[v][r] = _mm256_setzero_ps(); });
    });
    for (std::size_t k = 0; k < shape.depth; ++k) {
      __m256 weight[Vectors];
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 { weight[v] = _mm256_loadu_ps(weights[v] + k * panel); });
      unroll<Rows>([&](auto r) DLPU_INLINE_AVX2 {
        const __m256 value = _mm256_set1_ps(rows[r * shape.depth + k]);
        unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 { sums[v][r] = _mm256_fmadd_ps(weight[v], value, sums[v][r]); });
      });
    }
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      const std::size_t first = channel + v * lanes;
      const __m256 offset = _mm256_loadu_ps(bias + first);
      unroll<Rows>([&](auto r) DLPU_INLINE_AVX2 {
        avx2::store_clamped(_mm256_add_ps(sums[v][r], offset), arguments.range, shape.channels - first,
                            output + r * shape.channels + v * lanes);
      });
    });
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

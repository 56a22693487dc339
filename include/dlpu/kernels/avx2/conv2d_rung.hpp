#pragma once

/// Conv2D on the AVX2 rung: the portable rung's gathered rows and packed panels, with 16-bit products in registers twice
/// as wide and the requantization of 8 channels at once. 16-bit products are exact, whereas `vpmaddubsw` on bytes
/// saturates.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx2/requantize.hpp"
#include "dlpu/kernels/portable/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::avx2, Storage, R> : Conv2dRung<isa::portable, Storage, R> {
  using isa_type = isa::avx2;
  using Arguments = ConvolutionArguments<Storage, R>;

  DLPU_TARGET_AVX2 static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const Storage* input, Storage* output, std::byte* scratch) {
    const portable::ProductShape shape(g);
    const std::size_t stride = portable::round_up(shape.depth, 2);
    const std::size_t block = shape.block_rows(stride * sizeof(std::int16_t));
    auto* rows = reinterpret_cast<std::int16_t*>(scratch);
    const auto zero_point = static_cast<std::int16_t>(arguments.input_zero_point);
    const auto convert = [&](const Storage* from, std::size_t count, std::int16_t* to) {
      widen_centered(from, count, zero_point, to);
    };
    for (std::size_t place = 0; place < shape.places; place += block) {
      const std::size_t count = std::min(block, shape.places - place);
      for (std::size_t r = 0; r < count; ++r) {
        std::int16_t* row = rows + r * stride;
        row[stride - 1] = 0;  // where depth is odd
        portable::gather_window(g, input, portable::window_origin(g, place + r), row, convert);
      }
      multiply_rows(shape, arguments, packed, rows, stride, count, output + place * shape.channels);
    }
  }

 private:
  static constexpr std::size_t lanes = avx2::lanes;
  using Requantizer = avx2::Requantizer<Storage, R>;

  DLPU_TARGET_AVX2 static void widen_centered(const Storage* from, std::size_t count, std::int16_t zero_point,
                                              std::int16_t* to) {
    const __m256i zero = _mm256_set1_epi16(zero_point);
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) avx2::store(to + i, _mm256_sub_epi16(avx2::load_widened(from + i), zero));
    for (; i < count; ++i) to[i] = static_cast<std::int16_t>(from[i] - zero_point);
  }

  /// Two panels of 8 channels at once, by 4 rows or by 1: 8 accumulators and what they need fit the 16 registers.
  DLPU_TARGET_AVX2 static void multiply_rows(const portable::ProductShape& shape, const Arguments& arguments,
                                             const std::byte* packed, const std::int16_t* rows, std::size_t stride,
                                             std::size_t count, Storage* output) {
    const auto* bias = reinterpret_cast<const std::int32_t*>(packed);
    const auto* filter = reinterpret_cast<const Storage*>(bias + portable::round_up(shape.channels, lanes));
    const Requantizer requantizer(arguments.requantization);
    for (std::size_t o = 0; o < shape.channels; o += 2 * lanes) {
      const Panel panel{filter + o * stride, stride, bias + o, arguments.filter_zero_point, o, shape.channels};
      const bool two = shape.channels - o > lanes;
      std::size_t row = 0;
      for (; row + 4 <= count; row += 4) {
        const std::int16_t* from = rows + row * stride;
        Storage* to = output + row * shape.channels + o;
        two ? multiply<4, 2>(from, panel, requantizer, to) : multiply<4, 1>(from, panel, requantizer, to);
      }
      for (; row < count; ++row) {
        const std::int16_t* from = rows + row * stride;
        Storage* to = output + row * shape.channels + o;
        two ? multiply<1, 2>(from, panel, requantizer, to) : multiply<1, 1>(from, panel, requantizer, to);
      }
    }
  }

  struct Panel {
    const Storage* weights;
    std::size_t stride;  ///< of a row, and weights of a channel
    const std::int32_t* bias;
    std::int32_t zero_point;
    std::size_t channel, channels;
  };

  template <std::size_t Rows, std::size_t Vectors>
  DLPU_TARGET_AVX2 static void multiply(const std::int16_t* rows, const Panel& panel, const Requantizer& requantizer,
                                        Storage* output) {
    using avx2::unroll;
    const __m256i zero_point = _mm256_set1_epi16(static_cast<std::int16_t>(panel.zero_point));
    __m256i sums[Vectors][Rows];
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      unroll<Rows>([&](auto r) DLPU_INLINE_AVX2 { sums[v][r] = avx2::load(panel.bias + v * lanes); });
    });
    const Storage* weights = panel.weights;
    for (std::size_t k = 0; k < panel.stride; k += 2, weights += 2 * lanes) {
      __m256i pairs[Vectors];
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
        pairs[v] = _mm256_sub_epi16(avx2::load_widened(weights + v * lanes * panel.stride), zero_point);
      });
      unroll<Rows>([&](auto r) DLPU_INLINE_AVX2 {
        std::int32_t two;
        std::memcpy(&two, rows + r * panel.stride + k, sizeof two);
        const __m256i input = _mm256_set1_epi32(two);
        unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
          sums[v][r] = _mm256_add_epi32(sums[v][r], _mm256_madd_epi16(pairs[v], input));
        });
      });
    }
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      requantizer.store(sums[v], panel.channel + v * lanes, panel.channels - panel.channel - v * lanes,
                        output + v * lanes, panel.channels);
    });
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

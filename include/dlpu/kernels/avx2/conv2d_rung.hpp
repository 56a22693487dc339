#pragma once

/// Conv2D on the AVX2 rung: the portable rung's gathered rows and packed panels, with 16-bit products in registers twice
/// as wide, and a requantization of 16 channels at once whose constants lie before the panels. 16-bit products are exact,
/// whereas `vpmaddubsw` on bytes saturates.

#include <algorithm>
#include <cstring>
#include <limits>

#include "dlpu/kernels/avx2/pack_requantization.hpp"
#include "dlpu/kernels/avx2/requantize.hpp"
#include "dlpu/kernels/portable/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::avx2, Storage, R> : Conv2dRung<isa::portable, Storage, R> {
  using isa_type = isa::avx2;
  using Weaker = Conv2dRung<isa::portable, Storage, R>;
  using Arguments = ConvolutionArguments<Storage, R>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return constants_bytes(g) + Weaker::packed_bytes(g);
  }
  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    auto* constants = reinterpret_cast<avx2::ChannelConstants*>(packed);
    std::memset(packed, 0, constants_bytes(g));
    for (std::size_t o = 0; arguments.bias != nullptr && o < channels; ++o) {
      constants[o / avx2::group].bias[o % avx2::group] = arguments.bias[o];
    }
    avx2::pack_requantization(
        arguments.requantization, channels, groups(g),
        [](std::size_t group, std::size_t lane) { return group * avx2::group + lane; }, constants,
        reach(g, arguments));
    Weaker::pack(g, arguments, packed + constants_bytes(g));
  }

  DLPU_TARGET_AVX2 static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const Storage* input, Storage* output, std::byte* scratch) {
    const portable::ProductShape shape(g);
    const avx2::Requantizer requantizer(avx2::output_constants(arguments.requantization));
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
      multiply_rows(g, arguments, packed, requantizer, rows, stride, count, output + place * shape.channels);
    }
  }

 private:
  static constexpr std::size_t lanes = avx2::lanes;

  static constexpr std::size_t groups(const WindowGeometry& g) {
    return portable::round_up(static_cast<std::size_t>(g.output_channels), avx2::group) / avx2::group;
  }
  static constexpr std::size_t constants_bytes(const WindowGeometry& g) {
    return groups(g) * sizeof(avx2::ChannelConstants);
  }
  /// How far products take accumulators from the bias.
  static std::int64_t reach(const WindowGeometry& g, const Arguments& arguments) {
    constexpr std::int64_t low = std::numeric_limits<Storage>::min(), high = std::numeric_limits<Storage>::max();
    const auto farthest = [&](std::int64_t zero_point) { return std::max(high - zero_point, zero_point - low); };
    return static_cast<std::int64_t>(portable::ProductShape(g).depth) * farthest(arguments.input_zero_point) *
           farthest(arguments.filter_zero_point);
  }

  DLPU_TARGET_AVX2 static void widen_centered(const Storage* from, std::size_t count, std::int16_t zero_point,
                                              std::int16_t* to) {
    const __m256i zero = _mm256_set1_epi16(zero_point);
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) avx2::store(to + i, _mm256_sub_epi16(avx2::load_widened(from + i), zero));
    for (; i < count; ++i) to[i] = static_cast<std::int16_t>(from[i] - zero_point);
  }

  /// Two panels of 8 channels at once, by 4 rows or by 1: 8 accumulators and what they need fit the 16 registers.
  DLPU_TARGET_AVX2 static void multiply_rows(const WindowGeometry& g, const Arguments& arguments,
                                             const std::byte* packed, const avx2::Requantizer& requantizer,
                                             const std::int16_t* rows, std::size_t stride, std::size_t count,
                                             Storage* output) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const auto* constants = reinterpret_cast<const avx2::ChannelConstants*>(packed);
    const auto* bias = reinterpret_cast<const std::int32_t*>(packed + constants_bytes(g));
    const auto* filter = reinterpret_cast<const Storage*>(bias + portable::round_up(channels, lanes));
    for (std::size_t o = 0; o < channels; o += avx2::group, ++constants) {
      const Panel panel{filter + o * stride, stride, arguments.filter_zero_point, *constants, channels - o, channels};
      const bool two = channels - o > lanes;
      std::size_t row = 0;
      for (; row + 4 <= count; row += 4) {
        const std::int16_t* from = rows + row * stride;
        Storage* to = output + row * channels + o;
        two ? multiply<4, 2>(from, panel, requantizer, to) : multiply<4, 1>(from, panel, requantizer, to);
      }
      for (; row < count; ++row) {
        const std::int16_t* from = rows + row * stride;
        Storage* to = output + row * channels + o;
        two ? multiply<1, 2>(from, panel, requantizer, to) : multiply<1, 1>(from, panel, requantizer, to);
      }
    }
  }

  struct Panel {
    const Storage* weights;
    std::size_t stride;  ///< of a row, and weights of a channel
    std::int32_t zero_point;
    const avx2::ChannelConstants& constants;
    std::size_t channels, output_step;
  };

  template <std::size_t Rows, std::size_t Vectors>
  DLPU_TARGET_AVX2 static void multiply(const std::int16_t* rows, const Panel& panel,
                                        const avx2::Requantizer& requantizer, Storage* output) {
    using avx2::unroll;
    const __m256i zero_point = _mm256_set1_epi16(static_cast<std::int16_t>(panel.zero_point));
    avx2::Sums<Vectors, Rows> sums;
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      unroll<Rows>([&](auto r) DLPU_INLINE_AVX2 { sums[v][r] = avx2::load(panel.constants.bias + v * lanes); });
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
    requantizer.store(panel.constants, sums, panel.channels, reinterpret_cast<std::uint8_t*>(output),
                      panel.output_step);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

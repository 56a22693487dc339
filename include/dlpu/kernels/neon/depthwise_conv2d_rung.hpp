#pragma once

/// DepthwiseConv2D on the NEON rung (Armv8.0, Armv7): 8 channels at once, 16-bit products added up in 32 bits.
///
/// Packed: a header, the constants of each 4 channels of a block, then for each block of 8 channels its weights less
/// their zero point, 16 bits wide, as [taps, 8]. The bias has the input's zero point folded in, so that inputs need no
/// correction and places outside the image read the zero point.

#include <cstring>

#include "dlpu/kernels/neon/depthwise_blocks.hpp"
#include "dlpu/kernels/neon/requantize.hpp"
#include "dlpu/kernels/portable/image_rows.hpp"
#include "dlpu/kernels/portable/tap_table.hpp"
#include "dlpu/kernels/reference/depthwise_conv2d_rung.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct DepthwiseConv2dRung<isa::neon, Storage, R> {
  using isa_type = isa::neon;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Requantizer = neon::Requantizer<Storage, R>;
  using Constants = neon::ChannelConstants<R>;
  using Taps = portable::TapTable<Storage>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return sizeof(Header) +
           neon::channel_blocks(g) * (2 * sizeof(Constants) + block_weights(g) * sizeof(std::int16_t));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Taps::bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    std::memset(packed, 0, packed_bytes(g));
    auto& header = *reinterpret_cast<Header*>(packed);
    header.handled = Requantizer::handles(arguments.requantization);
    auto* constants = reinterpret_cast<Constants*>(packed + sizeof(Header));
    auto* weights = reinterpret_cast<std::int16_t*>(constants + 2 * neon::channel_blocks(g));
    for (std::size_t b = 0; b < neon::channel_blocks(g); ++b, weights += block_weights(g)) {
      const std::size_t begin = neon::block_begin(g, b);
      for (std::size_t v = 0; v < 2; ++v) {
        Requantizer::pack(arguments.requantization, header.handled, begin + v * neon::lanes, channels,
                          constants[2 * b + v]);
      }
      for (std::size_t c = 0; c < std::min(neon::block_channels, channels - begin); ++c) {
        std::int32_t sum = 0;
        for (std::size_t tap = 0; tap < g.taps(); ++tap) {
          const std::int32_t weight = arguments.filter[tap * channels + begin + c] - arguments.filter_zero_point;
          weights[tap * neon::block_channels + c] = static_cast<std::int16_t>(weight);
          sum = wrapping_add(sum, weight);
        }
        constants[2 * b + c / neon::lanes].bias[c % neon::lanes] = wrapping_add(
            arguments.bias ? arguments.bias[begin + c] : 0, wrapping_multiply(-arguments.input_zero_point, sum));
      }
    }
  }

  DLPU_TARGET_NEON static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const Storage* input, Storage* output, std::byte* scratch) {
    const auto* constants = reinterpret_cast<const Constants*>(packed + sizeof(Header));
    const bool handled = reinterpret_cast<const Header*>(packed)->handled;
    const Requantizer requantizer(arguments.requantization, handled);
    const auto outside = static_cast<Storage>(arguments.input_zero_point);
    if constexpr (neon::VectorRounding<R>::available) {
      if (neon::slides(g) && handled) {
        if (g.stride.width == 1) return run_3x3<1>(g, outside, constants, requantizer, input, output);
        if (g.stride.width == 2) return run_3x3<2>(g, outside, constants, requantizer, input, output);
        return run_3x3<3>(g, outside, constants, requantizer, input, output);
      }
    }
    run_any(g, outside, constants, requantizer, input, output, scratch);
  }

 private:
  struct alignas(64) Header {
    bool handled;  ///< every multiplier has a vector form
  };

  static constexpr std::size_t block_weights(const WindowGeometry& g) { return g.taps() * neon::block_channels; }

  /// `Stride` 3 stands for all that leave no column to the next window.
  template <std::int32_t Stride>
  DLPU_TARGET_NEON static void run_3x3(const WindowGeometry& g, Storage outside, const Constants* constants,
                                       const Requantizer& requantizer, const Storage* input, Storage* output) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const auto* weights = reinterpret_cast<const std::int16_t*>(constants + 2 * neon::channel_blocks(g));
    Storage outside_place[neon::block_channels];
    std::fill_n(outside_place, neon::block_channels, outside);
    for (std::int32_t batch = 0; batch < g.batch; ++batch) {
      for (std::int32_t y = 0; y < g.output_height; ++y) {
        for (std::size_t b = 0; b < neon::channel_blocks(g); ++b) {
          const std::size_t begin = neon::block_begin(g, b);
          slide<Stride>(g, {g, input, batch, y, begin, outside_place}, weights + b * block_weights(g),
                        constants + 2 * b, requantizer, output + begin);
        }
        output += static_cast<std::size_t>(g.output_width) * channels;
      }
    }
  }

  /// One row of output. Columns that neighbouring windows share are loaded once; three windows at a time, because
  /// then every column keeps its registers.
  template <std::int32_t Stride>
  DLPU_TARGET_NEON static void slide(const WindowGeometry& g, const portable::ImageRows<Storage, 3> rows,
                                     const std::int16_t* weights, const Constants* constants,
                                     const Requantizer requantizer, Storage* output) {
    using neon::unroll;
    constexpr std::size_t kept = 3 - Stride;
    const std::int32_t places = g.output_width, step = g.stride.width;
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const int32x4_t low_bias = vld1q_s32(constants[0].bias), high_bias = vld1q_s32(constants[1].bias);
    const neon::VectorRounding<R> round_low(constants[0].memory), round_high(constants[1].memory);
    int16x8_t columns[3][3], filter[9];
    unroll<9>([&](auto tap) DLPU_INLINE_NEON { filter[tap] = vld1q_s16(weights + tap * neon::block_channels); });
    const auto load = [&](int16x8_t(&column)[3], std::int32_t x) DLPU_INLINE_NEON {
      unroll<3>([&](auto row) DLPU_INLINE_NEON { column[row] = neon::load_widened(rows.at(row, x)); });
    };
    std::int32_t x = -g.pad_left;
    unroll<kept>([&](auto i) DLPU_INLINE_NEON { load(columns[i], x + static_cast<std::int32_t>(i)); });
    for (std::int32_t place = 0; place < places; place += 3) {
      unroll<3>([&](auto i) DLPU_INLINE_NEON {
        if (place + static_cast<std::int32_t>(i) >= places) return;
        constexpr std::size_t first = i * Stride % 3;
        unroll<3 - kept>([&](auto j) DLPU_INLINE_NEON {
          load(columns[(first + kept + j) % 3], x + static_cast<std::int32_t>(kept + j));
        });
        int32x4_t low = low_bias, high = high_bias;
        unroll<9>([&](auto tap) DLPU_INLINE_NEON {
          neon::multiply_add(low, high, columns[(first + tap % 3) % 3][tap / 3], filter[tap]);
        });
        const int32x4_t rounded[2] = {round_low(low), round_high(high)};
        requantizer.store_rounded(rounded, neon::block_channels, output);
        output += channels;
        x += step;
      });
    }
  }

  DLPU_TARGET_NEON static void run_any(const WindowGeometry& g, Storage outside, const Constants* constants,
                                       const Requantizer& requantizer, const Storage* input, Storage* output,
                                       std::byte* scratch) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t places = g.output_elements() / channels, count = std::min(channels, neon::block_channels);
    Taps table(g, input, outside, scratch);
    portable::WindowOrigin origin = portable::window_origin(g, 0);
    for (std::size_t place = 0; place < places; ++place, output += channels) {
      const Storage* const* taps = table.at(origin);
      portable::advance(g, origin);
      const auto* weights = reinterpret_cast<const std::int16_t*>(constants + 2 * neon::channel_blocks(g));
      for (std::size_t b = 0; b < neon::channel_blocks(g); ++b) {
        const std::size_t begin = neon::block_begin(g, b);
        int32x4_t sums[2][1] = {{vld1q_s32(constants[2 * b].bias)}, {vld1q_s32(constants[2 * b + 1].bias)}};
        for (std::size_t tap = 0; tap < g.taps(); ++tap, weights += neon::block_channels) {
          neon::multiply_add(sums[0][0], sums[1][0], neon::load_widened(taps[tap] + begin), vld1q_s16(weights));
        }
        requantizer.store(constants + 2 * b, sums, count, output + begin, channels);
      }
    }
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

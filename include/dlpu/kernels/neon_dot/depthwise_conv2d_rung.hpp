#pragma once

/// DepthwiseConv2D on the NEON dot product rung: for 3 x 3 windows, one instruction multiplies the three rows of a column
/// in 4 channels. Other windows take the weaker rung.
///
/// Packed: a header, the constants of each 4 channels of a block, then for each block of 8 channels its weights less
/// their zero point, as signed bytes, [column][vector of 4 channels][channel][row 0, 1, 2, and a zero]. uint8 weights may
/// need the sum of two bytes; where that is not enough (a weight 255 above its zero point), or a multiplier has no vector
/// form, the weaker rung runs.

#include <cstring>

#include "dlpu/kernels/neon/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/neon_dot/dot.hpp"

#if DLPU_HAS_NEON && defined(__aarch64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1 &&
         neon::VectorRounding<R>::available) struct DepthwiseConv2dRung<isa::neon_dot, Storage, R> {
  using isa_type = isa::neon_dot;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Weaker = DepthwiseConv2dRung<isa::neon, Storage, R>;
  using Requantizer = neon::Requantizer<Storage, R>;
  using Constants = neon::ChannelConstants<R>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    const std::size_t own = neon::channel_blocks(g) * (2 * sizeof(Constants) + most_sets * set_bytes);
    return sizeof(Header) + std::max(own, Weaker::packed_bytes(g));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Weaker::scratch_bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    std::memset(packed, 0, packed_bytes(g));
    auto& header = *reinterpret_cast<Header*>(packed);
    const bool has_kernel = neon::slides(g) && Requantizer::handles(arguments.requantization);
    header.sets = has_kernel ? sets_for(g, arguments) : 0;
    if (header.sets == 0) return Weaker::pack(g, arguments, packed + sizeof(Header));
    const auto channels = static_cast<std::size_t>(g.output_channels);
    auto* constants = reinterpret_cast<Constants*>(packed + sizeof(Header));
    auto* weights = reinterpret_cast<std::int8_t*>(constants + 2 * neon::channel_blocks(g));
    for (std::size_t b = 0; b < neon::channel_blocks(g); ++b, weights += most_sets * set_bytes) {
      const std::size_t begin = neon::block_begin(g, b);
      for (std::size_t c = 0; c < neon::block_channels; ++c) {
        Constants& own = constants[2 * b + c / lanes];
        if (c % lanes == 0) Requantizer::pack(arguments.requantization, true, begin + c, channels, own);
        own.bias[c % lanes] = pack_channel(arguments, channels, begin + c, weights + c / lanes * 16 + c % lanes * 4);
      }
    }
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    const auto& header = *reinterpret_cast<const Header*>(packed);
    if (header.sets == 0) return Weaker::run(g, arguments, packed + sizeof(Header), input, output, scratch);
    const auto* constants = reinterpret_cast<const Constants*>(packed + sizeof(Header));
    const Requantizer requantizer(arguments.requantization, true);
    const auto outside = static_cast<Storage>(arguments.input_zero_point);
    if (header.sets == 1) return run_sets<1>(g, outside, constants, requantizer, input, output);
    if constexpr (most_sets > 1) run_sets<2>(g, outside, constants, requantizer, input, output);
  }

 private:
  struct alignas(64) Header {
    std::int32_t sets;  ///< of weights; 0 where the weaker rung runs
  };
  static constexpr std::size_t lanes = neon::lanes, set_bytes = 3 * 2 * 16;
  static constexpr std::size_t most_sets = std::is_signed_v<Storage> ? 1 : 2;

  static std::int32_t sets_for(const WindowGeometry& g, const Arguments& arguments) {
    std::int32_t sets = 1;
    for (std::size_t i = 0; i < 9 * static_cast<std::size_t>(g.output_channels); ++i) {
      const std::int32_t weight = arguments.filter[i] - arguments.filter_zero_point;
      if (weight < -256 || weight > 254) return 0;
      if (weight < -128 || weight > 127) sets = 2;
    }
    return sets <= static_cast<std::int32_t>(most_sets) ? sets : 0;
  }

  /// Writes the weights of one channel and returns its folded bias.
  static std::int32_t pack_channel(const Arguments& arguments, std::size_t channels, std::size_t channel,
                                   std::int8_t* to) {
    std::int32_t sum = 0;
    for (std::size_t tap = 0; tap < 9; ++tap) {
      const std::int32_t weight = arguments.filter[tap * channels + channel] - arguments.filter_zero_point;
      const std::int32_t first = std::clamp(weight, -128, 127);
      const std::size_t at = tap % 3 * 32 + tap / 3;
      to[at] = static_cast<std::int8_t>(first);
      if (first != weight) to[set_bytes + at] = static_cast<std::int8_t>(weight - first);
      sum = wrapping_add(sum, weight);
    }
    return wrapping_add(arguments.bias ? arguments.bias[channel] : 0,
                        wrapping_multiply(-(arguments.input_zero_point + neon::signed_offset<Storage>), sum));
  }

  template <std::size_t Sets>
  static void run_sets(const WindowGeometry& g, Storage outside, const Constants* constants,
                       const Requantizer& requantizer, const Storage* input, Storage* output) {
    if (g.stride.width == 1) return run_3x3<Sets, 1>(g, outside, constants, requantizer, input, output);
    if (g.stride.width == 2) return run_3x3<Sets, 2>(g, outside, constants, requantizer, input, output);
    run_3x3<Sets, 3>(g, outside, constants, requantizer, input, output);
  }

  /// `Stride` 3 stands for all that leave no column to the next window.
  template <std::size_t Sets, std::int32_t Stride>
  DLPU_TARGET_NEON_DOT static void run_3x3(const WindowGeometry& g, Storage outside, const Constants* constants,
                                           const Requantizer& requantizer, const Storage* input, Storage* output) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const auto* weights = reinterpret_cast<const std::int8_t*>(constants + 2 * neon::channel_blocks(g));
    Storage outside_place[neon::block_channels];
    std::fill_n(outside_place, neon::block_channels, outside);
    for (std::int32_t batch = 0; batch < g.batch; ++batch) {
      for (std::int32_t y = 0; y < g.output_height; ++y) {
        for (std::size_t b = 0; b < neon::channel_blocks(g); ++b) {
          const std::size_t begin = neon::block_begin(g, b);
          slide<Sets, Stride>(g, {g, input, batch, y, begin, outside_place}, weights + b * most_sets * set_bytes,
                              constants + 2 * b, requantizer, output + begin);
        }
        output += static_cast<std::size_t>(g.output_width) * channels;
      }
    }
  }

  /// The rows of a column side by side, 4 channels in each vector.
  struct Column {
    int8x16_t low, high;
  };

  /// What the fourth byte of a channel is does not matter: its weight is zero.
  [[nodiscard]] DLPU_INLINE_NEON_DOT static Column load(const portable::ImageRows<Storage, 3>& rows, std::int32_t x) {
    const auto row = [&](std::size_t i) DLPU_INLINE_NEON_DOT {
      return vld1_s8(reinterpret_cast<const std::int8_t*>(rows.at(i, x)));
    };
    const int8x8_t none = vdup_n_s8(0);
    const int16x8_t first = vreinterpretq_s16_s8(vzip1q_s8(vcombine_s8(row(0), none), vcombine_s8(row(1), none)));
    const int16x8_t last = vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_s8(row(2))));
    const int8x16_t flip = vdupq_n_s8(std::is_signed_v<Storage> ? 0 : -128);
    Column column{vreinterpretq_s8_s16(vzip1q_s16(first, last)), vreinterpretq_s8_s16(vzip2q_s16(first, last))};
    if constexpr (!std::is_signed_v<Storage>) {
      column = {veorq_s8(column.low, flip), veorq_s8(column.high, flip)};
    }
    return column;
  }

  /// One row of output. Columns that neighbouring windows share are loaded once; three windows at a time, because
  /// then every column keeps its registers.
  template <std::size_t Sets, std::int32_t Stride>
  DLPU_TARGET_NEON_DOT static void slide(const WindowGeometry& g, const portable::ImageRows<Storage, 3> rows,
                                         const std::int8_t* weights, const Constants* constants,
                                         const Requantizer requantizer, Storage* output) {
    using neon_dot::unroll;
    constexpr std::size_t kept = 3 - Stride;
    const std::int32_t places = g.output_width, step = g.stride.width;
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const int32x4_t low_bias = vld1q_s32(constants[0].bias), high_bias = vld1q_s32(constants[1].bias);
    const neon::VectorRounding<R> round_low(constants[0].memory), round_high(constants[1].memory);
    Column columns[3], filter[Sets * 3];
    unroll<Sets * 3>([&](auto i) DLPU_INLINE_NEON_DOT {
      filter[i] = {vld1q_s8(weights + i * 32), vld1q_s8(weights + i * 32 + 16)};
    });
    std::int32_t x = -g.pad_left;
    unroll<kept>([&](auto i) DLPU_INLINE_NEON_DOT { columns[i] = load(rows, x + static_cast<std::int32_t>(i)); });
    for (std::int32_t place = 0; place < places; place += 3) {
      unroll<3>([&](auto i) DLPU_INLINE_NEON_DOT {
        if (place + static_cast<std::int32_t>(i) >= places) return;
        constexpr std::size_t first = i * Stride % 3;
        unroll<3 - kept>([&](auto j) DLPU_INLINE_NEON_DOT {
          columns[(first + kept + j) % 3] = load(rows, x + static_cast<std::int32_t>(kept + j));
        });
        int32x4_t low = low_bias, high = high_bias;
        unroll<Sets * 3>([&](auto j) DLPU_INLINE_NEON_DOT {
          low = neon_dot::dot(low, columns[(first + j) % 3].low, filter[j].low);
          high = neon_dot::dot(high, columns[(first + j) % 3].high, filter[j].high);
        });
        const int32x4_t rounded[2] = {round_low(low), round_high(high)};
        requantizer.store_rounded(rounded, neon::block_channels, output);
        output += channels;
        x += step;
      });
    }
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

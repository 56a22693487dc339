#pragma once

/// DepthwiseConv2D on the AVX-512 VNNI rung: 64 channels at once, four taps by one instruction. What 3 x 3 windows have left,
/// 32 channels and the rest, are `SplitBlock`s, several places side by side.
///
/// Packed: the constants of each 16 channels, then for each block its weights as signed bytes in the order of the kernel:
/// `Depthwise3x3`'s, or [taps / 4] quads. Weights less their zero point need up to two bytes that are added up.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx512_vnni/conv2d_product.hpp"
#include "dlpu/kernels/avx512_vnni/depthwise_3x3.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// A template of its rung, so that only who runs it compiles it: as a plain class it cost every source that includes it
/// a quarter of a second.
template <class Isa>
class DepthwiseWindows {
 public:
  /// int8 weights have no zero point, so that one byte suffices.
  [[nodiscard]] static constexpr std::int32_t most_sets(Signs signs) { return signs.is_signed ? 1 : 2; }

  [[nodiscard]] static constexpr std::size_t vectors(const WindowGeometry& g) { return blocks(g) * block_vectors; }
  [[nodiscard]] static constexpr std::size_t packed_bytes(const WindowGeometry& g, Signs signs) {
    return blocks(g) *
           (block_vectors * sizeof(ChannelConstants) + static_cast<std::size_t>(most_sets(signs)) * set_bytes(g));
  }
  /// The channel in a lane of a vector of constants.
  [[nodiscard]] static constexpr std::size_t channel_of(const WindowGeometry& g, std::size_t v, std::size_t lane) {
    const std::size_t block = v / block_vectors, channel = channel_in_block(v % block_vectors, lane);
    return first_channel(g, block) + channel % (block_channels / parts(g, block));
  }

  /// How far products take accumulators from the bias.
  [[nodiscard]] static constexpr std::int64_t reach(const WindowGeometry& g) {
    return static_cast<std::int64_t>(g.taps()) * 255 * 256;
  }

  /// How many signed bytes a weight must be the sum of; more than `most_sets` where this kernel cannot run: a weight is
  /// 255 above its zero point, or a channel has several outputs.
  template <class Storage>
  [[nodiscard]] static std::int32_t sets_for(const WindowGeometry& g, const Storage* filter,
                                             std::int32_t zero_point) {
    constexpr std::int32_t no_kernel = most_sets(Signs::of<Storage>()) + 1;
    if (g.output_channels != g.input_channels) return no_kernel;
    std::int32_t sets = 1;
    for (std::size_t i = 0; i < g.taps() * channels_of(g); ++i) {
      const std::int32_t weight = filter[i] - zero_point;
      if (weight < -256 || weight > 254) return no_kernel;
      if (weight < -128 || weight > 127) sets = 2;
    }
    return std::min(sets, no_kernel);
  }

  /// Fills the weights and the biases; the requantization is left to do.
  template <class Storage>
  static void pack(const WindowGeometry& g, const Storage* filter, const std::int32_t* bias, ZeroPoints zero_points,
                   std::byte* packed) {
    constexpr Signs signs = Signs::of<Storage>();
    std::memset(packed, 0, packed_bytes(g, signs));
    auto* constants = reinterpret_cast<ChannelConstants*>(packed);
    for (std::size_t v = 0; v < vectors(g); ++v) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::size_t channel = channel_of(g, v, lane);
        if (channel >= channels_of(g)) continue;
        std::byte* to = packed + weights_offset(g, signs, v / block_vectors) + v % block_vectors * 64 + lane * 4;
        const std::int32_t sum = pack_channel(g, filter + channel, zero_points.filter, to);
        constants[v].bias[lane] = wrapping_add(bias ? bias[channel] : 0,
                                               wrapping_multiply(-(zero_points.input + signs.input_offset()), sum));
      }
    }
  }

  static void run(const WindowGeometry& g, Signs signs, std::int32_t sets, std::int32_t input_zero_point,
                  const Requantizer& requantizer, const std::byte* packed, const std::uint8_t* input,
                  std::uint8_t* output) {
    const DepthwiseWindows windows(g, signs, sets, input_zero_point, requantizer, packed, input, output);
    if (!slides(g)) return windows.run_any();
    g.stride == Size2D(1) ? windows.run_3x3<1>() : windows.run_3x3<2>();
  }

 private:
  DepthwiseWindows(const WindowGeometry& g, Signs signs, std::int32_t weight_sets, std::int32_t zero_point,
                   const Requantizer& requantizer, const std::byte* weights_of_blocks, const std::uint8_t* from,
                   std::uint8_t* to)
      : geometry_(g),
        signs_(signs),
        sets_(weight_sets),
        outside_(static_cast<std::uint8_t>(zero_point)),
        requantizer_(requantizer),
        packed_(weights_of_blocks),
        input_(from),
        output_(to) {}

  static constexpr std::size_t most_split_channels = block_channels / 2;

  static constexpr std::size_t channels_of(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels);
  }
  static constexpr std::size_t whole_blocks(const WindowGeometry& g) { return channels_of(g) / block_channels; }
  static constexpr std::size_t blocks(const WindowGeometry& g) {
    const std::size_t left = channels_of(g) % block_channels;
    return whole_blocks(g) + (left > most_split_channels && slides(g) ? 2 : left > 0 ? 1 : 0);
  }
  static constexpr std::size_t first_channel(const WindowGeometry& g, std::size_t block) {
    return std::min(block, whole_blocks(g)) * block_channels + (block > whole_blocks(g) ? most_split_channels : 0);
  }
  static constexpr std::size_t channels_in(const WindowGeometry& g, std::size_t block) {
    const std::size_t most = block < whole_blocks(g) || !slides(g) ? block_channels : most_split_channels;
    return std::min(channels_of(g) - first_channel(g, block), most);
  }
  /// Windows for which there is a kernel that slides along rows.
  static constexpr bool slides(const WindowGeometry& g) {
    return g.is_3x3() && (g.stride == Size2D(1) || g.stride == Size2D(2));
  }
  /// How many places of a row lie side by side in the registers of a block: as many as make a row shortest.
  [[nodiscard]] static constexpr std::size_t parts(const WindowGeometry& g, std::size_t block) {
    std::size_t best = 1;
    if (block < whole_blocks(g) || !slides(g)) return best;
    for (std::size_t count = 2; count <= 8; count *= 2) {
      const bool fits = channels_in(g, block) <= block_channels / count;
      if (fits && (best == 1 || part_places(g, count) < part_places(g, best))) best = count;
    }
    return best;
  }
  /// From the first place of a part of a row to the first of the next.
  static constexpr std::int32_t part_distance(const WindowGeometry& g, std::size_t parts) {
    return g.output_width / static_cast<std::int32_t>(parts);
  }
  /// Of each part: all places have one, and those that are left over have two.
  static constexpr std::int32_t part_places(const WindowGeometry& g, std::size_t parts) {
    return g.output_width - static_cast<std::int32_t>(parts - 1) * part_distance(g, parts);
  }
  /// Of the weights of one block.
  static constexpr std::size_t set_bytes(const WindowGeometry& g) {
    const std::size_t quads = slides(g) ? 2 * 3 : round_up(g.taps(), 4) / 4;
    return quads * block_vectors * 64;
  }
  static constexpr std::size_t weights_offset(const WindowGeometry& g, Signs signs, std::size_t block) {
    return vectors(g) * sizeof(ChannelConstants) + block * static_cast<std::size_t>(most_sets(signs)) * set_bytes(g);
  }

  /// Writes the weights of one channel and returns their sum. Quads of taps are `block_vectors` vectors apart.
  template <class Storage>
  static std::int32_t pack_channel(const WindowGeometry& g, const Storage* filter, std::int32_t zero_point,
                                   std::byte* to) {
    const auto write = [&](std::size_t quad, std::size_t byte, std::int32_t weight) {
      const std::size_t at = quad * block_vectors * 64 + byte;
      const std::int32_t first = std::clamp(weight, -128, 127);
      to[at] = static_cast<std::byte>(first);
      if (first != weight) to[set_bytes(g) + at] = static_cast<std::byte>(weight - first);
    };
    std::int32_t sum = 0;
    for (std::size_t tap = 0; tap < g.taps(); ++tap) {
      const std::int32_t weight = filter[tap * channels_of(g)] - zero_point;
      if (slides(g)) {
        write(tap % 3, tap / 3, weight);
        write(3 + tap % 3, tap / 3 + 1, weight);
      } else {
        write(tap / 4, tap % 4, weight);
      }
      sum += weight;
    }
    return sum;
  }

  [[nodiscard]] const ChannelConstants* constants(std::size_t block) const {
    return reinterpret_cast<const ChannelConstants*>(packed_) + block * block_vectors;
  }
  [[nodiscard]] const std::int8_t* weights(std::size_t block) const {
    return reinterpret_cast<const std::int8_t*>(packed_ + weights_offset(geometry_, signs_, block));
  }

  template <std::size_t Stride>
  void run_3x3() const {
    constexpr auto rows = static_cast<std::int32_t>(Depthwise3x3<WholeBlock, Stride>::output_rows);
    for (std::int32_t batch = 0; batch < geometry_.batch; ++batch) {
      for (std::int32_t y = 0; y < geometry_.output_height; y += rows) run_rows<Stride>(batch, y);
    }
  }

  template <std::size_t Stride>
  DLPU_TARGET_AVX512_VNNI void run_rows(std::int32_t batch, std::int32_t y) const {
    const WindowGeometry& g = geometry_;
    const std::size_t channels = channels_of(g), output_row = static_cast<std::size_t>(g.output_width) * channels;
    const auto row_number =
        static_cast<std::size_t>(batch) * static_cast<std::size_t>(g.output_height) + static_cast<std::size_t>(y);
    std::uint8_t* to = output_ + row_number * output_row;
    for (std::size_t block = 0; block < blocks(g); ++block) {
      const std::size_t channel = first_channel(g, block), count_of_channels = channels_in(g, block);
      const auto run = [&](const auto& lanes_of_block, std::size_t count) DLPU_INLINE_AVX512_VNNI {
        run_block<Stride>(lanes_of_block, block, batch, y, part_places(g, count), to + channel,
                          y + 1 < g.output_height ? output_row : 0);
      };
      const auto split = [&](auto count) DLPU_INLINE_AVX512_VNNI {
        const std::int32_t distance = part_distance(g, count);
        run(SplitBlock<count>(count_of_channels, distance * static_cast<std::int32_t>(Stride),
                              static_cast<std::size_t>(distance) * channels),
            count);
      };
      switch (parts(g, block)) {
        case 2:
          split(std::integral_constant<std::size_t, 2>{});
          break;
        case 4:
          split(std::integral_constant<std::size_t, 4>{});
          break;
        case 8:
          split(std::integral_constant<std::size_t, 8>{});
          break;
        default:
          run(WholeBlock{}, 1);
      }
    }
  }

  template <std::size_t Stride, class Block>
  DLPU_INLINE_AVX512_VNNI void run_block(const Block& lanes_of_block, std::size_t block, std::int32_t batch,
                                         std::int32_t y, std::int32_t output_width, std::uint8_t* output,
                                         std::size_t output_row) const {
    const WindowGeometry& g = geometry_;
    alignas(64) std::uint8_t outside_place[block_channels];
    std::fill_n(outside_place, block_channels, outside_);
    const Depthwise3x3<Block, Stride> kernel{.image = {g, input_, batch, y, first_channel(g, block), outside_place},
                                             .flips = avx2::repeated<std::uint8_t>(signs_.input_flip()),
                                             .weights = weights(block),
                                             .sets = sets_,
                                             .constants = constants(block),
                                             .requantizer = &requantizer_,
                                             .block = lanes_of_block};
    kernel.run(-g.pad_left, output_width, output, channels_of(g), output_row);
  }

  /// Any window, place by place.
  DLPU_TARGET_AVX512_VNNI void run_any() const {
    const std::size_t channels = channels_of(geometry_), places = geometry_.output_elements() / channels;
    std::uint8_t* to = output_;
    for (std::size_t place = 0; place < places; ++place, to += channels) {
      const portable::WindowOrigin origin = portable::window_origin(geometry_, place);
      for (std::size_t block = 0; block < blocks(geometry_); ++block) {
        const std::size_t channel = first_channel(geometry_, block);
        const MaskedBlock some(channels_in(geometry_, block));
        __m512i sums[block_vectors];
        accumulate_window(origin, block, some, sums);
        std::uint8_t* const outputs[1] = {to + channel};
        requantize_block<1>(
            requantizer_, constants(block), some,
            [&](auto v, __m512i(&sum)[1]) DLPU_INLINE_AVX512_VNNI { sum[0] = sums[v]; }, outputs);
      }
    }
  }

  DLPU_INLINE_AVX512_VNNI void accumulate_window(portable::WindowOrigin origin, std::size_t block,
                                                 const MaskedBlock& some, __m512i (&sums)[block_vectors]) const {
    const WindowGeometry& g = geometry_;
    const std::size_t channel = first_channel(g, block);
    const std::int8_t* weight_quads = weights(block);
    const __m512i flip = broadcast(signs_.input_flip()), outside = broadcast(outside_);
    unroll<block_vectors>([&](auto v)
                              DLPU_INLINE_AVX512_VNNI { sums[v] = _mm512_load_si512(constants(block)[v].bias); });
    std::int32_t ky = 0, kx = 0;
    for (std::size_t tap = 0; tap < g.taps(); tap += 4, weight_quads += block_vectors * 64) {
      __m512i bytes[4];
      unroll<4>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        const std::int32_t y = origin.y + ky * g.dilation.height, x = origin.x + kx * g.dilation.width;
        const bool inside = ky < g.kernel.height && y >= 0 && y < g.input_height && x >= 0 && x < g.input_width;
        const __m512i stored =
            inside ? some.load(portable::input_place(g, input_, origin.batch, y, x) + channel) : outside;
        bytes[i] = _mm512_xor_si512(stored, flip);
        if (++kx == g.kernel.width) {
          kx = 0;
          ++ky;
        }
      });
      const Quad quad = interleave(bytes[0], bytes[1], bytes[2], bytes[3]);
      const std::int8_t* set = weight_quads;
      for (std::int32_t left = sets_; left > 0; --left, set += set_bytes(g)) {
        unroll<block_vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
          sums[v] = _mm512_dpbusd_epi32(sums[v], quad.vector[v], _mm512_load_si512(set + v * 64));
        });
      }
    }
  }

  const WindowGeometry& geometry_;
  Signs signs_;
  std::int32_t sets_;
  std::uint8_t outside_;  // the input's zero point
  const Requantizer& requantizer_;
  const std::byte* packed_;
  const std::uint8_t* input_;
  std::uint8_t* output_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

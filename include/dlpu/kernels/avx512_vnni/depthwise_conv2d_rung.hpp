#pragma once

/// DepthwiseConv2D on the AVX-512 VNNI rung: 64 channels at once, four taps by one instruction.
///
/// Packed: a header, the constants of each 16 channels, then for each block of 64 channels its weights as signed bytes
/// in the order of the kernel: `Depthwise3x3`'s, or [taps / 4] quads. Weights less their zero point need up to two
/// bytes that are added up; where that is not enough (a weight 255 above its zero point), or a channel has several
/// outputs, the weaker rung runs.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx512_vnni/depthwise_3x3.hpp"
#include "dlpu/kernels/portable/patch.hpp"
#include "dlpu/kernels/reference/depthwise_conv2d_rung.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct DepthwiseConv2dRung<isa::avx512_vnni, Storage, R> {
  using isa_type = isa::avx512_vnni;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Weaker = DepthwiseConv2dRung<isa_type::weaker, Storage, R>;
  using Requantizer = avx512_vnni::Requantizer<Storage, R>;
  using Constants = typename Requantizer::Constants;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    const std::size_t own = blocks(g) * (block_vectors * sizeof(Constants) + most_sets * set_bytes(g));
    return sizeof(Header) + std::max(own, Weaker::packed_bytes(g));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Weaker::scratch_bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    auto& header = *reinterpret_cast<Header*>(packed);
    header.sets = sets_for(g, arguments);
    if (header.sets > most_sets) return Weaker::pack(g, arguments, packed + sizeof(Header));
    std::memset(packed + sizeof(Header), 0, packed_bytes(g) - sizeof(Header));
    const std::size_t channels = channels_of(g);
    auto* constants = reinterpret_cast<Constants*>(packed + sizeof(Header));
    const auto& requantization = arguments.requantization;
    const Requantizer requantizer(requantization);
    for (std::size_t v = 0; v < blocks(g) * block_vectors; ++v) {
      const auto channel_of = [&](std::size_t lane) {
        return v / block_vectors * block_channels + avx512_vnni::channel_in_block(v % block_vectors, lane);
      };
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::size_t channel = channel_of(lane);
        if (channel < channels) constants[v].bias[lane] = pack_channel(g, arguments, channel, v, lane, packed);
      }
      requantizer.pack(
          [&](std::size_t lane) {
            const std::size_t channel = std::min(channel_of(lane), channels - 1);
            return requantization.multipliers[requantization.multipliers.size() == 1 ? 0 : channel];
          },
          constants[v]);
    }
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    const std::int32_t sets = reinterpret_cast<const Header*>(packed)->sets;
    if (sets > most_sets) return Weaker::run(g, arguments, packed + sizeof(Header), input, output, scratch);
    if (sets == 1) return run_sets<1>(g, arguments, packed, input, output);
    if constexpr (most_sets > 1) run_sets<2>(g, arguments, packed, input, output);
  }

 private:
  struct alignas(64) Header {
    std::int32_t sets;
  };
  static constexpr std::size_t lanes = avx512_vnni::lanes, block_channels = avx512_vnni::block_channels,
                               block_vectors = avx512_vnni::block_vectors;
  static constexpr std::int32_t most_sets = std::is_signed_v<Storage> ? 1 : 2;

  static constexpr std::size_t channels_of(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels);
  }
  static constexpr std::size_t blocks(const WindowGeometry& g) {
    return avx512_vnni::round_up(channels_of(g), block_channels) / block_channels;
  }
  static constexpr bool is_3x3(const WindowGeometry& g) {
    return g.kernel == Size2D(3) && g.dilation == Size2D(1) && (g.stride == Size2D(1) || g.stride == Size2D(2));
  }
  /// Of the weights of one block.
  static constexpr std::size_t set_bytes(const WindowGeometry& g) {
    const std::size_t quads = is_3x3(g) ? 2 * 3 : avx512_vnni::round_up(g.taps(), 4) / 4;
    return quads * block_vectors * 64;
  }
  static const std::int8_t* weights_of(const WindowGeometry& g, const std::byte* packed, std::size_t block) {
    const std::size_t offset = blocks(g) * block_vectors * sizeof(Constants) + block * most_sets * set_bytes(g);
    return reinterpret_cast<const std::int8_t*>(packed + sizeof(Header) + offset);
  }

  /// How many signed bytes a weight must be the sum of; more than `most_sets` where this kernel cannot run.
  static std::int32_t sets_for(const WindowGeometry& g, const Arguments& arguments) {
    constexpr std::int32_t no_kernel = most_sets + 1;
    if (g.output_channels != g.input_channels) return no_kernel;
    std::int32_t sets = 1;
    for (std::size_t i = 0; i < g.taps() * channels_of(g); ++i) {
      const std::int32_t weight = arguments.filter[i] - arguments.filter_zero_point;
      if (weight < -256 || weight > 254) return no_kernel;
      if (weight < -128 || weight > 127) sets = 2;
    }
    return std::min(sets, no_kernel);
  }

  /// Writes the weights of one channel, in lane `lane` of vector `v`, and returns its folded bias.
  static std::int32_t pack_channel(const WindowGeometry& g, const Arguments& arguments, std::size_t channel,
                                   std::size_t v, std::size_t lane, std::byte* packed) {
    const std::size_t block = v / block_vectors;
    std::byte* to = packed + (reinterpret_cast<const std::byte*>(weights_of(g, packed, block)) - packed);
    const auto write = [&](std::size_t quad, std::size_t byte, std::int32_t weight) {
      const std::size_t at = (quad * block_vectors + v % block_vectors) * 64 + lane * 4 + byte;
      const std::int32_t first = std::clamp(weight, -128, 127);
      to[at] = static_cast<std::byte>(first);
      if (first != weight) to[set_bytes(g) + at] = static_cast<std::byte>(weight - first);
    };
    std::int32_t sum = 0;
    for (std::size_t tap = 0; tap < g.taps(); ++tap) {
      const std::int32_t weight = arguments.filter[tap * channels_of(g) + channel] - arguments.filter_zero_point;
      if (is_3x3(g)) {
        write(tap % 3, tap / 3, weight);
        write(3 + tap % 3, tap / 3 + 1, weight);
      } else {
        write(tap / 4, tap % 4, weight);
      }
      sum = wrapping_add(sum, weight);
    }
    const std::int32_t input_zero_point = arguments.input_zero_point + avx512_vnni::unsigned_offset<Storage>;
    return wrapping_add(arguments.bias ? arguments.bias[channel] : 0, wrapping_multiply(-input_zero_point, sum));
  }

  template <std::size_t Sets>
  static void run_sets(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                       const Storage* input, Storage* output) {
    if (!is_3x3(g)) return run_any<Sets>(g, arguments, packed, input, output);
    if (g.stride == Size2D(2)) return run_3x3<2, Sets>(g, arguments, packed, input, output);
    run_3x3<1, Sets>(g, arguments, packed, input, output);
  }

  template <std::size_t Stride, std::size_t Sets>
  static void run_3x3(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                      const Storage* input, Storage* output) {
    for (std::int32_t batch = 0; batch < g.batch; ++batch) {
      std::int32_t y = 0;
      if constexpr (Stride == 1) {
        for (; y + 2 <= g.output_height; y += 2) {
          run_rows<2, Stride, Sets>(g, arguments, packed, input, batch, y, output);
        }
      }
      for (; y < g.output_height; ++y) run_rows<1, Stride, Sets>(g, arguments, packed, input, batch, y, output);
    }
  }

  template <std::size_t OutputRows, std::size_t Stride, std::size_t Sets>
  DLPU_TARGET_AVX512_VNNI static void run_rows(const WindowGeometry& g, const Arguments& arguments,
                                               const std::byte* packed, const Storage* input, std::int32_t batch,
                                               std::int32_t y, Storage* output) {
    using Kernel = avx512_vnni::Depthwise3x3<Storage, R, OutputRows, Stride, Sets>;
    const auto* constants = reinterpret_cast<const Constants*>(packed + sizeof(Header));
    const auto outside = static_cast<Storage>(arguments.input_zero_point);
    alignas(64) Storage outside_place[block_channels];
    std::fill_n(outside_place, block_channels, outside);
    const Requantizer requantizer(arguments.requantization);
    const std::size_t channels = channels_of(g), output_row = static_cast<std::size_t>(g.output_width) * channels;
    Storage* to = output + (static_cast<std::size_t>(batch) * static_cast<std::size_t>(g.output_height) +
                            static_cast<std::size_t>(y)) *
                               output_row;
    for (std::size_t block = 0; block < blocks(g); ++block) {
      const std::size_t channel = block * block_channels;
      Kernel kernel{{},
                    g.input_width,
                    outside,
                    weights_of(g, packed, block),
                    constants + block * block_vectors,
                    &requantizer,
                    avx512_vnni::BlockMask(channels - channel)};
      for (std::size_t r = 0; r < OutputRows + 2; ++r) {
        const std::int32_t row = y * g.stride.height - g.pad_top + static_cast<std::int32_t>(r);
        const bool inside = row >= 0 && row < g.input_height;
        if (inside)
          kernel.row[r] = {portable::input_place(g, input, batch, row, 0) + channel, channels};
        else
          kernel.row[r] = {outside_place, 0};
      }
      kernel.run(-g.pad_left, g.output_width, to + channel, channels, output_row);
    }
  }

  /// Any window, place by place.
  template <std::size_t Sets>
  DLPU_TARGET_AVX512_VNNI static void run_any(const WindowGeometry& g, const Arguments& arguments,
                                              const std::byte* packed, const Storage* input, Storage* output) {
    const auto* constants = reinterpret_cast<const Constants*>(packed + sizeof(Header));
    const Requantizer requantizer(arguments.requantization);
    const std::size_t channels = channels_of(g), places = g.output_elements() / channels;
    for (std::size_t place = 0; place < places; ++place, output += channels) {
      const portable::WindowOrigin origin = portable::window_origin(g, place);
      for (std::size_t block = 0; block < blocks(g); ++block) {
        const std::size_t channel = block * block_channels;
        const avx512_vnni::BlockMask mask(channels - channel);
        __m512i sums[block_vectors];
        accumulate_window<Sets>(g, arguments, input, origin, channel, mask, weights_of(g, packed, block),
                                constants + block * block_vectors, sums);
        Storage* const outputs[1] = {output + channel};
        avx512_vnni::requantize_block<1>(
            requantizer, constants + block * block_vectors, mask,
            [&](auto v, __m512i(&sum)[1]) DLPU_INLINE_AVX512_VNNI { sum[0] = sums[v]; }, outputs);
      }
    }
  }

  template <std::size_t Sets>
  DLPU_INLINE_AVX512_VNNI static void accumulate_window(const WindowGeometry& g, const Arguments& arguments,
                                                        const Storage* input, portable::WindowOrigin origin,
                                                        std::size_t channel, const avx512_vnni::BlockMask& mask,
                                                        const std::int8_t* weights, const Constants* constants,
                                                        __m512i (&sums)[block_vectors]) {
    using avx512_vnni::unroll;
    const __m512i outside = avx512_vnni::to_unsigned<Storage>(
        _mm512_set1_epi8(static_cast<char>(static_cast<Storage>(arguments.input_zero_point))));
    unroll<block_vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI { sums[v] = _mm512_load_si512(constants[v].bias); });
    std::int32_t ky = 0, kx = 0;
    for (std::size_t tap = 0; tap < g.taps(); tap += 4, weights += block_vectors * 64) {
      __m512i bytes[4];
      unroll<4>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        const std::int32_t y = origin.y + ky * g.dilation.height, x = origin.x + kx * g.dilation.width;
        const bool inside = ky < g.kernel.height && y >= 0 && y < g.input_height && x >= 0 && x < g.input_width;
        bytes[i] = inside ? mask.load(portable::input_place(g, input, origin.batch, y, x) + channel) : outside;
        if (++kx == g.kernel.width) {
          kx = 0;
          ++ky;
        }
      });
      const avx512_vnni::Quad quad = avx512_vnni::interleave(bytes[0], bytes[1], bytes[2], bytes[3]);
      unroll<Sets * block_vectors>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        constexpr std::size_t set = i / block_vectors, v = i % block_vectors;
        const __m512i weight = _mm512_load_si512(weights + set * set_bytes(g) + v * 64);
        sums[v] = _mm512_dpbusd_epi32(sums[v], quad.vector[v], weight);
      });
    }
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

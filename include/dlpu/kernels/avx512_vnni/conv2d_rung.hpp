#pragma once

/// Conv2D on the AVX-512 VNNI rung: rows of unsigned bytes times panels of up to 48 output channels.
///
/// Packed: the constants of each 16 channels, then for each 16 channels their weights as [depth / 4][16][4] signed
/// bytes. `vpdpbusd` multiplies unsigned by signed bytes, so int8 inputs move up by 128 and uint8 weights down by 128;
/// that, both zero points and the bias are one number per channel (`folded_bias`), except for the filter's zero point
/// times the sum of a row, which is added where there is such a zero point.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx512_vnni/conv2d_rows.hpp"
#include "dlpu/kernels/avx512_vnni/requantize.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace avx512_vnni {

/// What a product of rows and packed weights has beside its sizes.
struct ProductRows {
  const std::uint8_t* bytes;
  std::size_t stride, depth_quads;
};

/// `sums = rows * weights` for `Count` rows and `Vectors` times 16 channels.
template <std::size_t Count, std::size_t Vectors>
DLPU_INLINE_AVX512_VNNI inline void multiply(const ProductRows& rows, const std::int8_t* weights,
                                             std::size_t vector_stride, __m512i (&sums)[Vectors][Count]) {
  const std::uint8_t* row = rows.bytes;
  const std::int8_t* weight = weights;
  for (std::size_t quad = 0; quad < rows.depth_quads; ++quad, row += 4, weight += 4 * lanes) {
    __m512i filter[Vectors];
    unroll<Vectors>([&](auto v)
                        DLPU_INLINE_AVX512_VNNI { filter[v] = _mm512_load_si512(weight + v * vector_stride); });
    unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      std::int32_t four;
      std::memcpy(&four, row + r * rows.stride, sizeof four);
      const __m512i input = _mm512_set1_epi32(four);
      unroll<Vectors>(
          [&](auto v) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_dpbusd_epi32(sums[v][r], input, filter[v]); });
    });
  }
}

}  // namespace avx512_vnni

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::avx512_vnni, Storage, R> {
  using isa_type = isa::avx512_vnni;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Rows = avx512_vnni::Rows<Storage>;
  using Requantizer = avx512_vnni::Requantizer<Storage, R>;
  using Constants = typename Requantizer::Constants;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return vectors(g) * (sizeof(Constants) + vector_bytes(g));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Rows::scratch_bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t depth = Rows::depth(g);
    const auto& requantization = arguments.requantization;
    const Requantizer requantizer(requantization);
    auto* constants = reinterpret_cast<Constants*>(packed);
    std::byte* weights = packed + vectors(g) * sizeof(Constants);
    std::memset(packed, 0, packed_bytes(g));
    for (std::size_t o = 0; o < channels; ++o) {
      std::byte* to = weights + o / lanes * vector_bytes(g) + o % lanes * 4;
      const Storage* filter = arguments.filter + o * depth;
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < depth; ++k) {
        const std::int32_t weight = filter[k] + weight_offset;
        to[k / 4 * 4 * lanes + k % 4] = static_cast<std::byte>(weight);
        sum = wrapping_add(sum, weight - filter_zero_point(arguments));
      }
      constants[o / lanes].bias[o % lanes] =
          wrapping_add(arguments.bias ? arguments.bias[o] : 0,
                       wrapping_multiply(-(arguments.input_zero_point + avx512_vnni::unsigned_offset<Storage>), sum));
    }
    for (std::size_t v = 0; v < vectors(g); ++v) {
      requantizer.pack(
          [&](std::size_t lane) {
            const std::size_t channel = std::min(v * lanes + lane, channels - 1);
            return requantization.multipliers[requantization.multipliers.size() == 1 ? 0 : channel];
          },
          constants[v]);
    }
  }

  DLPU_TARGET_AVX512_VNNI static void run(const WindowGeometry& g, const Arguments& arguments,
                                          const std::byte* packed, const Storage* input, Storage* output,
                                          std::byte* scratch) {
    constexpr std::size_t block = avx512_vnni::block_rows;
    const std::size_t places = Rows::places(g), stride = Rows::stride(g);
    const Requantizer requantizer(arguments.requantization);
    const std::int32_t zero_point = filter_zero_point(arguments);
    Rows rows(g, input, arguments.input_zero_point, scratch);
    for (std::size_t next = 0; next < places; next += block) {
      // A last block of fewer rows begins earlier and does some of them twice.
      const std::size_t first = places >= block ? std::min(next, places - block) : 0;
      const std::size_t count = std::min(block, places);
      const std::uint8_t* bytes = rows.at(first, count);
      std::int32_t corrections[block] = {};
      if (zero_point != 0) {
        for (std::size_t r = 0; r < count; ++r) {
          corrections[r] = wrapping_multiply(-zero_point, avx512_vnni::sum_bytes(bytes + r * stride, Rows::depth(g)));
        }
      }
      Storage* to = output + first * static_cast<std::size_t>(g.output_channels);
      if (count == block) {
        multiply_block<block>(g, packed, bytes, zero_point != 0 ? corrections : nullptr, requantizer, to);
      } else {
        for (std::size_t r = 0; r < count; ++r) {
          multiply_block<1>(g, packed, bytes + r * stride, corrections + r, requantizer,
                            to + r * static_cast<std::size_t>(g.output_channels));
        }
      }
    }
  }

 private:
  static constexpr std::size_t lanes = avx512_vnni::lanes;
  static constexpr std::int32_t weight_offset = avx512_vnni::signed_offset<Storage>;

  static constexpr std::size_t vectors(const WindowGeometry& g) {
    return avx512_vnni::round_up(static_cast<std::size_t>(g.output_channels), lanes) / lanes;
  }
  static constexpr std::size_t vector_bytes(const WindowGeometry& g) { return Rows::stride(g) * lanes; }
  /// Of the weights as they are packed.
  static std::int32_t filter_zero_point(const Arguments& arguments) {
    return arguments.filter_zero_point + weight_offset;
  }

  /// `Count` rows times all weights. Panels have 3 vectors, or 2 where that comes out more even.
  template <std::size_t Count>
  DLPU_TARGET_AVX512_VNNI static void multiply_block(const WindowGeometry& g, const std::byte* packed,
                                                     const std::uint8_t* bytes, const std::int32_t* corrections,
                                                     const Requantizer& requantizer, Storage* output) {
    const auto* constants = reinterpret_cast<const Constants*>(packed);
    const auto* weights = reinterpret_cast<const std::int8_t*>(packed + vectors(g) * sizeof(Constants));
    const avx512_vnni::ProductRows rows{bytes, Rows::stride(g), Rows::stride(g) / 4};
    const auto channels = static_cast<std::size_t>(g.output_channels);
    std::size_t left = vectors(g), panels = (left + 2) / 3;
    for (std::size_t v = 0; left > 0; --panels) {
      const std::size_t taken = (left + panels - 1) / panels;
      const std::int8_t* panel = weights + v * vector_bytes(g);
      const std::size_t count = channels - v * lanes;
      if (taken == 3) {
        multiply_panel<Count, 3>(rows, panel, constants + v, corrections, requantizer, count, output + v * lanes,
                                 channels);
      } else if (taken == 2) {
        multiply_panel<Count, 2>(rows, panel, constants + v, corrections, requantizer, count, output + v * lanes,
                                 channels);
      } else {
        multiply_panel<Count, 1>(rows, panel, constants + v, corrections, requantizer, count, output + v * lanes,
                                 channels);
      }
      v += taken;
      left -= taken;
    }
  }

  /// `count` channels are left from the panel's first on.
  template <std::size_t Count, std::size_t Vectors>
  DLPU_TARGET_AVX512_VNNI static void multiply_panel(const avx512_vnni::ProductRows& rows, const std::int8_t* weights,
                                                     const Constants* constants, const std::int32_t* corrections,
                                                     const Requantizer& requantizer, std::size_t count,
                                                     Storage* output, std::size_t output_stride) {
    using avx512_vnni::unroll;
    __m512i sums[Vectors][Count];
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_load_si512(constants[v].bias); });
    });
    avx512_vnni::multiply<Count, Vectors>(rows, weights, rows.depth_quads * 4 * lanes, sums);
    if (corrections) {
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
        unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
          sums[v][r] = _mm512_add_epi32(sums[v][r], _mm512_set1_epi32(corrections[r]));
        });
      });
    }
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      requantizer.round(constants[v], sums[v]);
      const std::size_t stored = count - v * lanes;  // the panel has no vector without a channel
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
        avx512_vnni::store_bytes(output + r * output_stride + v * lanes, requantizer.narrow(sums[v][r]), stored);
      });
    });
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

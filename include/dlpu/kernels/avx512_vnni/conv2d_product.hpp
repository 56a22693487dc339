#pragma once

/// Conv2D on the AVX-512 VNNI rung: rows of unsigned bytes times panels of up to 48 output channels.
///
/// Packed: the constants of each 16 channels, then for each 16 channels their weights as [depth / 4][16][4] signed
/// bytes. `vpdpbusd` multiplies unsigned by signed bytes, so int8 inputs move up by 128 and uint8 weights down by 128;
/// that, both zero points and the bias are one number per channel, except for the filter's zero point times the sum of
/// a row, which is added where there is such a zero point.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx512_vnni/conv2d_rows.hpp"
#include "dlpu/kernels/avx512_vnni/requantize.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// `sums += rows * weights` for `Count` rows, `row_stride` apart, and `Vectors` times 16 channels, `vector_stride` apart.
template <std::size_t Count, std::size_t Vectors>
DLPU_INLINE_AVX512_VNNI inline void multiply(const std::uint8_t* rows, std::size_t row_stride,
                                             const std::int8_t* weights, std::size_t vector_stride,
                                             __m512i (&sums)[Vectors][Count]) {
  for (std::size_t k = 0; k < row_stride; k += 4, weights += 4 * lanes) {
    __m512i filter[Vectors];
    unroll<Vectors>([&](auto v)
                        DLPU_INLINE_AVX512_VNNI { filter[v] = _mm512_load_si512(weights + v * vector_stride); });
    unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
      std::int32_t four;
      std::memcpy(&four, rows + r * row_stride + k, sizeof four);
      const __m512i input = _mm512_set1_epi32(four);
      unroll<Vectors>(
          [&](auto v) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_dpbusd_epi32(sums[v][r], input, filter[v]); });
    });
  }
}

/// Zero points as the operator states them.
struct ZeroPoints {
  std::int32_t input, filter;
};

template <class Storage>
class Conv2dProduct {
  static constexpr std::int32_t weight_offset = signed_offset<Storage>;
  using Rows = avx512_vnni::Rows<Storage>;

 public:
  [[nodiscard]] static constexpr std::size_t vectors(const WindowGeometry& g) {
    return round_up(static_cast<std::size_t>(g.output_channels), lanes) / lanes;
  }
  [[nodiscard]] static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return vectors(g) * (sizeof(ChannelConstants) + vector_bytes(g));
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Rows::scratch_bytes(g); }

  /// Fills the weights and the biases; the requantization is left to do.
  static void pack(const WindowGeometry& g, const Storage* filter, const std::int32_t* bias, ZeroPoints zero_points,
                   std::byte* packed) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t depth = Rows::depth(g);
    auto* constants = reinterpret_cast<ChannelConstants*>(packed);
    std::byte* weights = packed + vectors(g) * sizeof(ChannelConstants);
    std::memset(packed, 0, packed_bytes(g));
    for (std::size_t o = 0; o < channels; ++o, filter += depth) {
      std::byte* to = weights + o / lanes * vector_bytes(g) + o % lanes * 4;
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < depth; ++k) {
        const std::int32_t weight = filter[k] + weight_offset;
        to[k / 4 * 4 * lanes + k % 4] = static_cast<std::byte>(weight);
        sum = wrapping_add(sum, filter[k] - zero_points.filter);
      }
      constants[o / lanes].bias[o % lanes] =
          wrapping_add(bias ? bias[o] : 0, wrapping_multiply(-(zero_points.input + unsigned_offset<Storage>), sum));
    }
  }

  DLPU_TARGET_AVX512_VNNI static void run(const WindowGeometry& g, ZeroPoints zero_points,
                                          const Requantizer<Storage>& requantizer, const std::byte* packed,
                                          const Storage* input, Storage* output, std::byte* scratch) {
    const std::size_t places = Rows::places(g), stride = Rows::stride(g);
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::int32_t zero_point = zero_points.filter + weight_offset;  // of the weights as they are packed
    Rows rows(g, input, zero_points.input, scratch);
    for (std::size_t next = 0; next < places; next += block_rows) {
      // A last block of fewer rows begins earlier and does some of them twice.
      const std::size_t first = places >= block_rows ? std::min(next, places - block_rows) : 0;
      const std::size_t count = std::min(block_rows, places);
      const std::uint8_t* bytes = rows.at(first, count);
      std::int32_t corrections[block_rows] = {};
      if (zero_point != 0) {
        for (std::size_t r = 0; r < count; ++r) {
          corrections[r] = wrapping_multiply(-zero_point, sum_bytes(bytes + r * stride, Rows::depth(g)));
        }
      }
      Storage* to = output + first * channels;
      if (count == block_rows) {
        multiply_block<block_rows>(g, packed, bytes, zero_point != 0 ? corrections : nullptr, requantizer, to);
      } else {
        for (std::size_t r = 0; r < count; ++r) {
          multiply_block<1>(g, packed, bytes + r * stride, corrections + r, requantizer, to + r * channels);
        }
      }
    }
  }

 private:
  static constexpr std::size_t vector_bytes(const WindowGeometry& g) { return Rows::stride(g) * lanes; }

  /// `Count` rows times all weights. Panels have 3 vectors, or 2 where that comes out more even.
  template <std::size_t Count>
  DLPU_TARGET_AVX512_VNNI static void multiply_block(const WindowGeometry& g, const std::byte* packed,
                                                     const std::uint8_t* rows, const std::int32_t* corrections,
                                                     const Requantizer<Storage>& requantizer, Storage* output) {
    const auto* constants = reinterpret_cast<const ChannelConstants*>(packed);
    const auto* weights = reinterpret_cast<const std::int8_t*>(packed + vectors(g) * sizeof(ChannelConstants));
    const auto channels = static_cast<std::size_t>(g.output_channels);
    std::size_t left = vectors(g), panels = (left + 2) / 3;
    for (std::size_t v = 0; left > 0; --panels) {
      const std::size_t taken = (left + panels - 1) / panels;
      const Panel panel{weights + v * vector_bytes(g), Rows::stride(g), constants + v, channels - v * lanes,
                        channels};
      Storage* to = output + v * lanes;
      if (taken == 3) {
        multiply_panel<Count, 3>(rows, panel, corrections, requantizer, to);
      } else if (taken == 2) {
        multiply_panel<Count, 2>(rows, panel, corrections, requantizer, to);
      } else {
        multiply_panel<Count, 1>(rows, panel, corrections, requantizer, to);
      }
      v += taken;
      left -= taken;
    }
  }

  struct Panel {
    const std::int8_t* weights;
    std::size_t stride;  ///< of a row
    const ChannelConstants* constants;
    std::size_t count;          ///< channels from the panel's first on
    std::size_t output_stride;  ///< from one place to the next
  };

  template <std::size_t Count, std::size_t Vectors>
  DLPU_TARGET_AVX512_VNNI static void multiply_panel(const std::uint8_t* rows, const Panel& panel,
                                                     const std::int32_t* corrections,
                                                     const Requantizer<Storage>& requantizer, Storage* output) {
    __m512i sums[Vectors][Count];
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI { sums[v][r] = _mm512_load_si512(panel.constants[v].bias); });
    });
    multiply<Count, Vectors>(rows, panel.stride, panel.weights, panel.stride * lanes, sums);
    if (corrections) {
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
        unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
          sums[v][r] = _mm512_add_epi32(sums[v][r], _mm512_set1_epi32(corrections[r]));
        });
      });
    }
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      requantizer.round(panel.constants[v], sums[v]);
      const std::size_t stored = panel.count - v * lanes;  // the panel has no vector without a channel
      unroll<Count>([&](auto r) DLPU_INLINE_AVX512_VNNI {
        store_bytes(output + r * panel.output_stride + v * lanes, requantizer.narrow(sums[v][r]), stored);
      });
    });
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

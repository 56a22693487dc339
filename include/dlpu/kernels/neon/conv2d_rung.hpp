#pragma once

/// Conv2D on the NEON rung (Armv8.0, Armv7): byte products that are added up in 16, then in 32 bits.
///
/// A lane of 16 bits takes two products, of weights k and k + 2, before neighbouring lanes, k and k + 1, go to 32 bits
/// together. Two products of signed bytes fit 16 bits unless all four are -128; where a filter has two such weights
/// at such places, each product goes to 32 bits alone.

#include "dlpu/kernels/neon/conv2d_product.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace neon {

/// How 4 rows meet 4 weights of each channel.
template <class Storage, class R>
struct ByteProducts {
  using Requantizer = neon::Requantizer<Storage, R>;
  static constexpr std::size_t block_rows = 4;
  static constexpr std::size_t widest_panel = many_registers ? 4 : 2;

  static constexpr std::size_t position(std::size_t channel, std::size_t k) {
    return k / 2 * 8 + channel * 2 + k % 2;
  }

  /// One vector marks a filter whose products must not be added in pairs.
  static std::size_t most_vectors(const WindowGeometry& g, const ConvolutionArguments<Storage, R>& arguments) {
    const std::size_t depth = Rows<Storage>::depth(g);
    const auto least = [](Storage weight) { return weight + signed_offset<Storage> == -128; };
    const Storage* filter = arguments.filter;
    for (std::int32_t o = 0; o < g.output_channels; ++o, filter += depth) {
      for (std::size_t k = 0; k + 2 < depth; ++k) {
        if (k % 4 < 2 && least(filter[k]) && least(filter[k + 2])) return 1;
      }
    }
    return widest_panel;
  }

  template <std::size_t Count>
  DLPU_TARGET_NEON static void multiply_block(std::size_t most_vectors, const ProductBlock<R>& block,
                                              const Requantizer& requantizer, Storage* output) {
    const std::size_t vectors = (block.channels + lanes - 1) / lanes;
    std::size_t v = 0;
    if (most_vectors == 1) {
      for (; v < vectors; ++v) multiply_panel<Count, 1, false>(block, v, requantizer, output);
      return;
    }
    for (; v + widest_panel <= vectors; v += widest_panel) {
      multiply_panel<Count, widest_panel, true>(block, v, requantizer, output);
    }
    if (widest_panel > 2 && v + 2 <= vectors) {
      multiply_panel<Count, 2, true>(block, v, requantizer, output);
      v += 2;
    }
    if (v < vectors) multiply_panel<Count, 1, true>(block, v, requantizer, output);
  }

 private:
  template <std::size_t Count, std::size_t Vectors, bool Pairs>
  DLPU_TARGET_NEON static void multiply_panel(const ProductBlock<R>& block, std::size_t first,
                                              const Requantizer& requantizer, Storage* output) {
    const ChannelConstants<R>* constants = block.constants + first;
    int32x4_t sums[Vectors][Count];
    unroll<Vectors>([&](auto v) DLPU_INLINE_NEON {
      unroll<Count>([&](auto r) DLPU_INLINE_NEON { sums[v][r] = vld1q_s32(constants[v].bias); });
    });
    const std::int8_t* weights = block.weights + first * lanes * block.stride;
    std::size_t k = 0;
    for (; k + 8 <= block.stride; k += 8, weights += 2 * Vectors * 16) {
      int16x4_t inputs[Count];
      unroll<Count>([&](auto r) DLPU_INLINE_NEON {
        inputs[r] = vreinterpret_s16_s8(vld1_s8(block.rows + r * block.stride + k));
      });
      multiply<Pairs, 0>(inputs, weights, sums);
      multiply<Pairs, 2>(inputs, weights + Vectors * 16, sums);
    }
    if (k < block.stride) {
      int16x4_t inputs[Count];
      unroll<Count>([&](auto r) DLPU_INLINE_NEON {
        std::int32_t four;
        std::memcpy(&four, block.rows + r * block.stride + k, sizeof four);
        inputs[r] = vreinterpret_s16_s32(vdup_n_s32(four));
      });
      multiply<Pairs, 0>(inputs, weights, sums);
    }
    if (block.corrections) {
      unroll<Count>([&](auto r) DLPU_INLINE_NEON {
        const int32x4_t correction = vdupq_n_s32(block.corrections[r]);
        unroll<Vectors>([&](auto v) DLPU_INLINE_NEON { sums[v][r] = vaddq_s32(sums[v][r], correction); });
      });
    }
    requantizer.store(constants, sums, block.channels - first * lanes, output + first * lanes, block.channels);
  }

  /// `sums += inputs * weights` for 4 inputs of each row, in 16-bit lanes `Pair` and `Pair + 1`.
  template <bool Pairs, int Pair, std::size_t Count, std::size_t Vectors>
  DLPU_INLINE_NEON static void multiply(const int16x4_t (&inputs)[Count], const std::int8_t* weights,
                                        int32x4_t (&sums)[Vectors][Count]) {
    int8x16_t filter[Vectors];
    unroll<Vectors>([&](auto v) DLPU_INLINE_NEON { filter[v] = vld1q_s8(weights + v * 16); });
    unroll<Count>([&](auto r) DLPU_INLINE_NEON {
      const int8x8_t first = vreinterpret_s8_s16(vdup_lane_s16(inputs[r], Pair));
      const int8x16_t second = vreinterpretq_s8_s16(vdupq_lane_s16(inputs[r], Pair + 1));
      unroll<Vectors>([&](auto v) DLPU_INLINE_NEON {
        int16x8_t products = vmull_s8(vget_low_s8(filter[v]), first);
        if constexpr (Pairs) {
          products = multiply_add_high(products, filter[v], second);
        } else {
          sums[v][r] = vpadalq_s16(sums[v][r], products);
          products = vmull_s8(vget_high_s8(filter[v]), vget_low_s8(second));
        }
        sums[v][r] = vpadalq_s16(sums[v][r], products);
      });
    });
  }

  [[nodiscard]] DLPU_INLINE_NEON static int16x8_t multiply_add_high(int16x8_t sums, int8x16_t a, int8x16_t b) {
#if defined(__aarch64__)
    return vmlal_high_s8(sums, a, b);
#else
    return vmlal_s8(sums, vget_high_s8(a), vget_low_s8(b));
#endif
  }
};

}  // namespace neon

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::neon, Storage, R>
    : neon::Conv2dProduct<neon::ByteProducts<Storage, R>, Storage, R> {
  using isa_type = isa::neon;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

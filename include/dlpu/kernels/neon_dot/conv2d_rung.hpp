#pragma once

/// Conv2D on the NEON dot product rung: four products of signed bytes per lane and instruction.

#include "dlpu/kernels/neon/conv2d_product.hpp"
#include "dlpu/kernels/neon/conv2d_rung.hpp"
#include "dlpu/kernels/neon_dot/dot.hpp"

#if DLPU_HAS_NEON && defined(__aarch64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace neon_dot {

/// 8 rows and 2 vectors of channels: 16 sums, 8 vectors of inputs and 2 of weights fit the 32 registers.
template <class Storage, class R>
struct DotProducts {
  using Requantizer = neon::Requantizer<Storage, R>;
  static constexpr std::size_t block_rows = 8, lanes = neon::lanes;

  static constexpr std::size_t position(std::size_t channel, std::size_t k) { return channel * 4 + k; }
  static std::size_t most_vectors(const WindowGeometry&, const ConvolutionArguments<Storage, R>&) { return 2; }

  template <std::size_t Count>
  DLPU_TARGET_NEON_DOT static void multiply_block(std::size_t, const neon::ProductBlock<R>& block,
                                                  const Requantizer& requantizer, Storage* output) {
    const std::size_t vectors = (block.channels + lanes - 1) / lanes;
    std::size_t v = 0;
    for (; v + 2 <= vectors; v += 2) multiply_panel<Count, 2>(block, v, requantizer, output);
    if (v < vectors) multiply_panel<Count, 1>(block, v, requantizer, output);
  }

 private:
  template <std::size_t Count, std::size_t Vectors>
  DLPU_TARGET_NEON_DOT static void multiply_panel(const neon::ProductBlock<R>& block, std::size_t first,
                                                  const Requantizer& requantizer, Storage* output) {
    const neon::ChannelConstants<R>* constants = block.constants + first;
    int32x4_t sums[Vectors][Count];
    unroll<Vectors>([&](auto v) DLPU_INLINE_NEON_DOT {
      unroll<Count>([&](auto r) DLPU_INLINE_NEON_DOT { sums[v][r] = vld1q_s32(constants[v].bias); });
    });
    const std::int8_t* weights = block.weights + first * lanes * block.stride;
    std::size_t k = 0;
    for (; k + 16 <= block.stride; k += 16) {
      int8x16_t inputs[Count];
      unroll<Count>([&](auto r) DLPU_INLINE_NEON_DOT { inputs[r] = vld1q_s8(block.rows + r * block.stride + k); });
      unroll<4>([&](auto quad) DLPU_INLINE_NEON_DOT {
        multiply<quad>(inputs, weights, sums);
        weights += Vectors * 16;
      });
    }
    for (; k < block.stride; k += 4, weights += Vectors * 16) {
      int8x16_t inputs[Count];
      unroll<Count>([&](auto r) DLPU_INLINE_NEON_DOT {
        std::int32_t four;
        std::memcpy(&four, block.rows + r * block.stride + k, sizeof four);
        inputs[r] = vreinterpretq_s8_s32(vdupq_n_s32(four));
      });
      multiply<0>(inputs, weights, sums);
    }
    if (block.corrections) {
      unroll<Count>([&](auto r) DLPU_INLINE_NEON_DOT {
        const int32x4_t correction = vdupq_n_s32(block.corrections[r]);
        unroll<Vectors>([&](auto v) DLPU_INLINE_NEON_DOT { sums[v][r] = vaddq_s32(sums[v][r], correction); });
      });
    }
    requantizer.store(constants, sums, block.channels - first * lanes, output + first * lanes, block.channels);
  }

  /// `sums += inputs * weights` for the inputs 4 * Quad to 4 * Quad + 3 of each row.
  template <int Quad, std::size_t Count, std::size_t Vectors>
  DLPU_INLINE_NEON_DOT static void multiply(const int8x16_t (&inputs)[Count], const std::int8_t* weights,
                                            int32x4_t (&sums)[Vectors][Count]) {
    unroll<Vectors>([&](auto v) DLPU_INLINE_NEON_DOT {
      const int8x16_t filter = vld1q_s8(weights + v * 16);
      unroll<Count>([&](auto r) DLPU_INLINE_NEON_DOT { sums[v][r] = dot_lane<Quad>(sums[v][r], filter, inputs[r]); });
    });
  }
};

}  // namespace neon_dot

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::neon_dot, Storage, R>
    : neon::Conv2dProduct<neon_dot::DotProducts<Storage, R>, Storage, R> {
  using isa_type = isa::neon_dot;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

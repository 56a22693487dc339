#pragma once

/// Conv2D in float32 on the NEON rung: rows of inputs times panels of 8 output channels.
///
/// Packed: panels (`float_panels.hpp`). Armv7's vectors flush denormal numbers to zero.

#include <algorithm>

#include "dlpu/kernels/neon/vectors.hpp"
#include "dlpu/kernels/portable/float_panels.hpp"
#include "dlpu/kernels/portable/patch.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace neon {

/// `sums + a * b`; fused on Armv8.
[[nodiscard]] DLPU_INLINE_NEON inline float32x4_t multiply_add(float32x4_t sums, float32x4_t a, float32x4_t b) {
#if defined(__aarch64__)
  return vfmaq_f32(sums, a, b);
#else
  return vmlaq_f32(sums, a, b);
#endif
}
template <int Lane>
[[nodiscard]] DLPU_INLINE_NEON inline float32x4_t multiply_add_lane(float32x4_t sums, float32x4_t a, float32x4_t b) {
#if defined(__aarch64__)
  return vfmaq_laneq_f32(sums, a, b, Lane);
#else
  return vmlaq_lane_f32(sums, a, Lane < 2 ? vget_low_f32(b) : vget_high_f32(b), Lane % 2);
#endif
}

/// `range.clamp` of the first `count` of 4 numbers; NaN stays NaN, as in the oracle.
DLPU_INLINE_NEON inline void store_clamped(float32x4_t values, Range<float> range, std::size_t count, float* output) {
  const float32x4_t clamped = vminq_f32(vmaxq_f32(values, vdupq_n_f32(range.low)), vdupq_n_f32(range.high));
  if (count >= lanes) return vst1q_f32(output, clamped);
  float numbers[lanes];
  vst1q_f32(numbers, clamped);
  std::copy_n(numbers, count, output);
}

}  // namespace neon

template <>
struct Conv2dRung<isa::neon, float, void> {
  using isa_type = isa::neon;
  using Arguments = ConvolutionArguments<float, void>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return portable::float_panels_bytes(g, panel);
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return g.pointwise() ? 0 : std::min(g.output_places(), block_rows) * depth(g) * sizeof(float);
  }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    portable::pack_float_panels(g, arguments, panel, packed);
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const float* input,
                  float* output, std::byte* scratch) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const std::size_t count = std::min(g.output_places(), block_rows);
    auto* gathered = reinterpret_cast<float*>(scratch);
    const auto copy = [](const float* from, std::size_t number, float* to) { std::copy_n(from, number, to); };
    for (std::size_t next = 0; next < g.output_places(); next += block_rows) {
      // A last block of fewer rows begins earlier and does some of them twice.
      const std::size_t first = std::min(next, g.output_places() - count);
      const float* rows = input + first * depth(g);  // a pointwise convolution's rows are its input
      if (!g.pointwise()) {
        portable::WindowOrigin origin = portable::window_origin(g, first);
        for (std::size_t r = 0; r < count; ++r) {
          portable::gather_window(g, input, origin, gathered + r * depth(g), copy);
          portable::advance(g, origin);
        }
        rows = gathered;
      }
      float* to = output + first * channels;
      if (count == block_rows) {
        multiply_block<block_rows>(g, arguments.range, packed, rows, to);
      } else {
        for (std::size_t r = 0; r < count; ++r) {
          multiply_block<1>(g, arguments.range, packed, rows + r * depth(g), to + r * channels);
        }
      }
    }
  }

 private:
  static constexpr std::size_t lanes = neon::lanes, panel = 2 * lanes;
  /// Two sums for each row, and their operands, fit the registers.
  static constexpr std::size_t block_rows = neon::many_registers ? 8 : 4;

  static constexpr std::size_t depth(const WindowGeometry& g) { return portable::float_panels_depth(g); }

  template <std::size_t Count>
  DLPU_TARGET_NEON static void multiply_block(const WindowGeometry& g, Range<float> range, const std::byte* packed,
                                              const float* rows, float* output) {
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const auto* bias = reinterpret_cast<const float*>(packed);
    const float* filter = bias + portable::float_panels_channels(g, panel);
    for (std::size_t o = 0; o < channels; o += panel) {
      multiply_panel<Count>(rows, depth(g), filter + o * depth(g), bias + o, range, channels - o, output + o,
                            channels);
    }
  }

  template <std::size_t Count>
  DLPU_TARGET_NEON static void multiply_panel(const float* rows, std::size_t stride, const float* weights,
                                              const float* bias, Range<float> range, std::size_t count, float* output,
                                              std::size_t output_stride) {
    using neon::unroll;
    float32x4_t low[Count], high[Count];
    unroll<Count>([&](auto r) DLPU_INLINE_NEON { low[r] = high[r] = vdupq_n_f32(0.0f); });
    std::size_t k = 0;
    for (; k + lanes <= stride; k += lanes) {
      float32x4_t inputs[Count];
      unroll<Count>([&](auto r) DLPU_INLINE_NEON { inputs[r] = vld1q_f32(rows + r * stride + k); });
      unroll<lanes>([&](auto i) DLPU_INLINE_NEON {
        const float32x4_t first = vld1q_f32(weights), second = vld1q_f32(weights + lanes);
        unroll<Count>([&](auto r) DLPU_INLINE_NEON {
          low[r] = neon::multiply_add_lane<i>(low[r], first, inputs[r]);
          high[r] = neon::multiply_add_lane<i>(high[r], second, inputs[r]);
        });
        weights += panel;
      });
    }
    for (; k < stride; ++k, weights += panel) {
      const float32x4_t first = vld1q_f32(weights), second = vld1q_f32(weights + lanes);
      unroll<Count>([&](auto r) DLPU_INLINE_NEON {
        const float32x4_t input = vdupq_n_f32(rows[r * stride + k]);
        low[r] = neon::multiply_add(low[r], first, input);
        high[r] = neon::multiply_add(high[r], second, input);
      });
    }
    const float32x4_t first = vld1q_f32(bias), second = vld1q_f32(bias + lanes);
    unroll<Count>([&](auto r) DLPU_INLINE_NEON {
      float* to = output + r * output_stride;
      neon::store_clamped(vaddq_f32(low[r], first), range, count, to);
      if (count > lanes) neon::store_clamped(vaddq_f32(high[r], second), range, count - lanes, to + lanes);
    });
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

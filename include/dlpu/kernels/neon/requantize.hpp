#pragma once

/// Accumulators to outputs on the NEON rungs.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/neon/rounding.hpp"
#include "dlpu/kernels/requantization.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels::neon {

/// What 4 output channels are computed with, in packed memory: `memory` where every channel's multiplier has a vector
/// form, else `multipliers`.
template <class R, bool = VectorRounding<R>::available>
struct alignas(16) ChannelConstants {
  std::int32_t bias[lanes];
  typename R::Multiplier multipliers[lanes];
};
template <class R>
struct alignas(16) ChannelConstants<R, true> {
  std::int32_t bias[lanes];
  union {
    typename R::Multiplier multipliers[lanes];
    typename VectorRounding<R>::Memory memory;
  };
};

/// `Requantization` of vectors of 4 channels.
template <class Storage, class R>
class Requantizer {
  static constexpr std::int32_t offset = signed_offset<Storage>;

 public:
  using Constants = ChannelConstants<R>;

  /// All multipliers have a vector form. Found when packing.
  [[nodiscard]] static bool handles(const Requantization<R>& requantization) {
    if constexpr (VectorRounding<R>::available) {
      return std::all_of(requantization.multipliers.begin(), requantization.multipliers.end(),
                         VectorRounding<R>::handles);
    }
    return false;
  }
  /// Fills all but the bias for `lanes` channels from `channel` on; those that are too many get the last one's.
  static void pack(const Requantization<R>& requantization, bool handled, std::size_t channel, std::size_t channels,
                   Constants& constants) {
    const bool per_tensor = requantization.multipliers.size() == 1;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto m = requantization.multipliers[per_tensor ? 0 : std::min(channel + lane, channels - 1)];
      if (!handled) {
        constants.multipliers[lane] = m;
      } else if constexpr (VectorRounding<R>::available) {
        VectorRounding<R>::set(constants.memory, lane, m);
      }
    }
  }

  DLPU_TARGET_NEON Requantizer(const Requantization<R>& requantization, bool handled)
      : zero_point_(requantization.zero_point),
        range_(requantization.range),
        handled_(handled),
        zero_points_(vdupq_n_s16(static_cast<std::int16_t>(requantization.zero_point + offset))),
        low_(vdupq_n_s8(static_cast<std::int8_t>(requantization.range.low + offset))),
        high_(vdupq_n_s8(static_cast<std::int8_t>(requantization.range.high + offset))) {}

  /// Requantizes `Count` places of `Vectors` times 4 channels, which lie `output_step` apart, and stores the first
  /// `count` channels of each.
  template <std::size_t Vectors, std::size_t Count>
  DLPU_INLINE_NEON void store(const Constants* constants, int32x4_t (&sums)[Vectors][Count], std::size_t count,
                              Storage* output, std::size_t output_step) const {
    if constexpr (VectorRounding<R>::available) {
      if (handled_) {
        unroll<Vectors>([&](auto v) DLPU_INLINE_NEON {
          const VectorRounding<R> rounding(constants[v].memory);
          unroll<Count>([&](auto i) DLPU_INLINE_NEON { sums[v][i] = rounding(sums[v][i]); });
        });
        return unroll<Count>([&](auto i) DLPU_INLINE_NEON {
          int32x4_t rounded[Vectors];
          unroll<Vectors>([&](auto v) DLPU_INLINE_NEON { rounded[v] = sums[v][i]; });
          store_rounded(rounded, count, output + i * output_step);
        });
      }
    }
    // No sum may live on behind the call, or the compiler keeps it in memory before as well.
    std::int32_t numbers[Vectors * Count * lanes];
    unroll<Vectors>([&](auto v) DLPU_INLINE_NEON {
      unroll<Count>([&](auto i) DLPU_INLINE_NEON { vst1q_s32(numbers + (v * Count + i) * lanes, sums[v][i]); });
    });
    for (std::size_t v = 0; v < Vectors && v * lanes < count; ++v) {
      store_by_number(constants[v], numbers + v * Count * lanes, Count, std::min(lanes, count - v * lanes),
                      output + v * lanes, output_step);
    }
  }

  /// Adds the zero point to rounded numbers of `Vectors` times 4 channels, clamps, and stores the first `count`.
  template <std::size_t Vectors>
  DLPU_INLINE_NEON void store_rounded(const int32x4_t (&rounded)[Vectors], std::size_t count, Storage* output) const {
    static_assert(Vectors == 1 || Vectors == 2 || Vectors == 4);
    const int16x8_t first = with_zero_point(rounded[0], rounded[Vectors > 1 ? 1 : 0]);
    const int16x8_t last = Vectors > 2 ? with_zero_point(rounded[Vectors - 2], rounded[Vectors - 1]) : first;
    int8x16_t bytes = vcombine_s8(vqmovn_s16(first), vqmovn_s16(last));
    bytes = vminq_s8(vmaxq_s8(bytes, low_), high_);
    if constexpr (offset != 0) bytes = veorq_s8(bytes, vdupq_n_s8(-128));
    auto* to = reinterpret_cast<std::int8_t*>(output);
    if (count < Vectors * lanes) {
      std::int8_t numbers[16];
      vst1q_s8(numbers, bytes);
      std::copy_n(numbers, count, to);
    } else if constexpr (Vectors == 4) {
      vst1q_s8(to, bytes);
    } else if constexpr (Vectors == 2) {
      vst1_s8(to, vget_low_s8(bytes));
    } else {
      const std::int32_t four = vgetq_lane_s32(vreinterpretq_s32_s8(bytes), 0);
      std::memcpy(to, &four, sizeof four);
    }
  }

 private:
  [[nodiscard]] DLPU_INLINE_NEON int16x8_t with_zero_point(int32x4_t low, int32x4_t high) const {
    return vqaddq_s16(vcombine_s16(vqmovn_s32(low), vqmovn_s32(high)), zero_points_);
  }

  [[gnu::noinline]] void store_by_number(const Constants& constants, const std::int32_t* numbers, std::size_t places,
                                         std::size_t count, Storage* output, std::size_t output_step) const {
    for (std::size_t i = 0; i < places; ++i) {
      for (std::size_t lane = 0; lane < count; ++lane) {
        const std::int32_t rounded = R::apply(numbers[i * lanes + lane], constants.multipliers[lane]);
        output[i * output_step + lane] = static_cast<Storage>(range_.clamp(wrapping_add(rounded, zero_point_)));
      }
    }
  }

  std::int32_t zero_point_;
  Range<std::int32_t> range_;
  bool handled_;
  int16x8_t zero_points_;
  int8x16_t low_, high_;
};

}  // namespace kernels::neon
}  // namespace dlpu::inline DLPU_ABI

#endif

#pragma once

/// Accumulators to outputs on the AVX-512 VNNI rung, 16 channels at once.

#include <algorithm>

#include "dlpu/kernels/avx512_vnni/linear_rounding.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

using avx2::ChannelConstants;
using avx2::CorrectedLinear;
using avx2::Form;

/// `Requantization` in two steps: rounding by channel, then what is the same for all channels, at 16 and at 8 bits.
class Requantizer : avx2::OutputConstants {
 public:
  explicit Requantizer(const avx2::OutputConstants& constants) : OutputConstants(constants) {}

  /// Rounds each of `accumulators`.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round(const ChannelConstants& constants, __m512i (&accumulators)[Count]) const {
    if (constants.form == Form::plain) [[likely]]
      return round_plainly(constants, accumulators);
    if (constants.form == Form::corrected) [[likely]]
      return round_corrected(constants, accumulators);
    in_memory(constants, accumulators);
  }
  /// The same for several times 16 channels.
  template <std::size_t Vectors, std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round(const ChannelConstants* constants,
                                     __m512i (&accumulators)[Vectors][Count]) const {
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI { round(constants[v], accumulators[v]); });
  }

  /// The stored bytes of 64 rounded numbers, already saturated to 16 bits: of each 16 bytes, the first 8 from `first`.
  /// The lower end of the range lies where packing saturates.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i narrow(__m512i first, __m512i second) const {
    if (moves) {
      const __m512i lowest = _mm512_set1_epi32(to_lowest);
      first = _mm512_adds_epi16(first, lowest);
      second = _mm512_adds_epi16(second, lowest);
    }
    const __m512i bytes = _mm512_packs_epi16(first, second);
    if (saturates) [[likely]]
      return bytes;
    return _mm512_add_epi8(_mm512_min_epi8(bytes, _mm512_set1_epi32(highest)), _mm512_set1_epi32(from_lowest));
  }

 private:
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI static void round_plainly(const ChannelConstants& constants,
                                                    __m512i (&accumulators)[Count]) {
    const LinearInFloat linear(constants.as<CorrectedLinear>().linear);
    unroll<Count>([&](auto i)
                      DLPU_INLINE_AVX512_VNNI { accumulators[i] = linear.with_fixed_offset(accumulators[i]); });
  }

  /// First moves the few accumulators that float would round to the wrong side to their neighbours on the right one.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI static void round_corrected(const ChannelConstants& constants,
                                                      __m512i (&accumulators)[Count]) {
    const auto& memory = constants.as<CorrectedLinear>();
    for (std::size_t c = 0; c < memory.corrections; ++c) {
      const __m512i corrected = _mm512_load_si512(memory.accumulator[c]);
      const __m512i step = _mm512_set1_epi32(memory.step[c]);
      unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        accumulators[i] = _mm512_mask_add_epi32(accumulators[i], _mm512_cmpeq_epi32_mask(accumulators[i], corrected),
                                                accumulators[i], step);
      });
    }
    const LinearInFloat linear(memory.linear);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = linear(accumulators[i]); });
  }

  /// `count` times 16 numbers, in place.
  [[gnu::noinline]] DLPU_TARGET_AVX512_VNNI static void round_in_double(const ChannelConstants& constants,
                                                                        std::int32_t* numbers, std::size_t count) {
    const LinearInDouble linear(constants.as<avx2::LinearMemory<double>>());
    for (std::size_t i = 0; i < count; ++i, numbers += lanes)
      _mm512_store_si512(numbers, linear(_mm512_load_si512(numbers)));
  }

  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void in_memory(const ChannelConstants& constants, __m512i (&accumulators)[Count]) const {
    alignas(64) std::int32_t numbers[Count * lanes];
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { _mm512_store_si512(numbers + i * lanes, accumulators[i]); });
    if (constants.form == Form::in_double)
      round_in_double(constants, numbers, Count);
    else
      round_in_memory(constants, output_range, numbers, Count);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = _mm512_load_si512(numbers + i * lanes); });
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

#pragma once

/// Accumulators to outputs on the AVX2 rung: of 16 channels, which are two registers, or of the first 8.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx2/linear_rounding.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// What is requantized and stored together: `Vectors` registers of 8 channels, by `Count` places.
template <std::size_t Vectors, std::size_t Count>
using Sums = __m256i[Vectors][Count];

/// `Requantization` of a group of channels.
class Requantizer : OutputConstants {
 public:
  explicit Requantizer(const OutputConstants& constants) : OutputConstants(constants) {}

  /// The first `channels` of each place are stored, places `output_step` apart.
  template <std::size_t Vectors, std::size_t Count>
  DLPU_INLINE_AVX2 void store(const ChannelConstants& constants, Sums<Vectors, Count>& sums, std::size_t channels,
                              std::uint8_t* output, std::size_t output_step) const {
    if (constants.form == Form::plain) [[likely]] {
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 { round_plainly(constants, v * lanes, sums[v]); });
    } else if (constants.form == Form::corrected) [[likely]] {
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 { round_corrected(constants, v * lanes, sums[v]); });
    } else {
      in_memory(constants, sums);
    }
    // Packing takes 4 channels at a time by turns, from both halves of each register.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    constexpr std::size_t at_once = 4 / Vectors, place_channels = Vectors * lanes;
    unroll<(Count + at_once - 1) / at_once>([&](auto part) DLPU_INLINE_AVX2 {
      constexpr std::size_t first = part * at_once;
      constexpr auto place = [](std::size_t i) { return first + i < Count ? first + i : first; };
      __m256i shorts[2];
      unroll<2>([&](auto half) DLPU_INLINE_AVX2 {
        if constexpr (Vectors == 2) {
          shorts[half] = _mm256_packs_epi32(sums[0][place(half)], sums[1][place(half)]);
        } else {
          shorts[half] = _mm256_packs_epi32(sums[0][place(2 * half)], sums[0][place(2 * half + 1)]);
        }
      });
      const __m256i bytes = _mm256_permutevar8x32_epi32(narrow(shorts[0], shorts[1]), order);
      std::uint8_t* const to = output + first * output_step;
      if (channels == output_step && channels == place_channels && first + at_once <= Count) {
        return avx2::store(to, bytes);
      }
      unroll<at_once>([&](auto i) DLPU_INLINE_AVX2 {
        if constexpr (first + i < Count) {
          constexpr std::size_t from = i * place_channels;
          const __m128i half = from < 16 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1);
          store_bytes<place_channels>(to + i * output_step, from % 16 == 0 ? half : _mm_srli_si128(half, 8),
                                      channels);
        }
      });
    });
  }

 private:
  /// The stored bytes of rounded numbers, already saturated to 16 bits.
  [[nodiscard]] DLPU_INLINE_AVX2 __m256i narrow(__m256i first, __m256i second) const {
    if (moves) {
      const __m256i lowest = _mm256_set1_epi32(to_lowest);
      first = _mm256_adds_epi16(first, lowest);
      second = _mm256_adds_epi16(second, lowest);
    }
    const __m256i bytes = _mm256_packs_epi16(first, second);
    if (saturates) [[likely]]
      return bytes;
    return _mm256_add_epi8(_mm256_min_epi8(bytes, _mm256_set1_epi32(highest)), _mm256_set1_epi32(from_lowest));
  }

  template <std::size_t Room>
  DLPU_INLINE_AVX2 static void store_bytes(std::uint8_t* to, __m128i bytes, std::size_t count) {
    if (count >= Room) {
      if constexpr (Room == 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
      return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
    }
    alignas(16) std::uint8_t all[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(all), bytes);
    std::memcpy(to, all, count);
  }

  template <std::size_t Count>
  DLPU_INLINE_AVX2 static void round_plainly(const ChannelConstants& constants, std::size_t first,
                                             __m256i (&accumulators)[Count]) {
    const LinearInFloat linear(constants.as<CorrectedLinear>().linear, first);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX2 { accumulators[i] = linear.with_fixed_offset(accumulators[i]); });
  }

  /// First moves the few accumulators that float would round to the wrong side to their neighbours on the right one.
  template <std::size_t Count>
  DLPU_INLINE_AVX2 static void round_corrected(const ChannelConstants& constants, std::size_t first,
                                               __m256i (&accumulators)[Count]) {
    const auto& memory = constants.as<CorrectedLinear>();
    for (std::size_t c = 0; c < memory.corrections; ++c) {
      const __m256i corrected = load(memory.accumulator[c] + first);
      const __m256i step = _mm256_set1_epi32(memory.step[c]);
      unroll<Count>([&](auto i) DLPU_INLINE_AVX2 {
        const __m256i found = _mm256_cmpeq_epi32(accumulators[i], corrected);
        accumulators[i] = _mm256_add_epi32(accumulators[i], _mm256_and_si256(found, step));
      });
    }
    const LinearInFloat linear(memory.linear, first);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX2 { accumulators[i] = linear(accumulators[i]); });
  }

  template <std::size_t Vectors, std::size_t Count>
  DLPU_INLINE_AVX2 void in_memory(const ChannelConstants& constants, Sums<Vectors, Count>& sums) const {
    alignas(64) std::int32_t numbers[Count * group] = {};
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      unroll<Count>([&](auto i) DLPU_INLINE_AVX2 { avx2::store(numbers + i * group + v * lanes, sums[v][i]); });
    });
    round_in_memory(constants, output_range, numbers, Count);
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX2 {
      unroll<Count>([&](auto i) DLPU_INLINE_AVX2 { sums[v][i] = load(numbers + i * group + v * lanes); });
    });
  }
};

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

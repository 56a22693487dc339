#pragma once

/// A register of bytes of a depthwise convolution, 64 channels of one place or fewer of several: what the loops over places
/// of the AVX-512 VNNI rung share.
///
/// `vpdpbusd` adds four products of neighbouring bytes, so four taps of one channel must become neighbours:
/// interleaving four vectors of 64 channels gives four vectors of 16 channels, of which vector i has channels
/// 4 i ... 4 i + 3 of each 16. Narrowing the four results brings them back into order.

#include "dlpu/kernels/avx512_vnni/requantize.hpp"
#include "dlpu/kernels/window.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

inline constexpr std::size_t block_channels = 64, block_vectors = 4;

/// The channel, counted from the block's first, in a lane of one of the block's four vectors.
[[nodiscard]] constexpr std::size_t channel_in_block(std::size_t vector, std::size_t lane) {
  return lane / 4 * 16 + vector * 4 + lane % 4;
}

/// Four taps of 64 channels, side by side.
struct Quad {
  __m512i vector[block_vectors];
};

[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline Quad interleave(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i low_ab = _mm512_unpacklo_epi8(a, b), high_ab = _mm512_unpackhi_epi8(a, b);
  const __m512i low_cd = _mm512_unpacklo_epi8(c, d), high_cd = _mm512_unpackhi_epi8(c, d);
  return {{_mm512_unpacklo_epi16(low_ab, low_cd), _mm512_unpackhi_epi16(low_ab, low_cd),
           _mm512_unpacklo_epi16(high_ab, high_cd), _mm512_unpackhi_epi16(high_ab, high_cd)}};
}

/// Up to 64 channels of one place: how they are loaded and stored.
class MaskedBlock {
 public:
  explicit MaskedBlock(std::size_t channels)
      : mask_(channels >= block_channels ? ~__mmask64{0} : (__mmask64{1} << channels) - 1) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i load(const std::uint8_t* from) const {
    return _mm512_maskz_loadu_epi8(mask_, from);
  }
  DLPU_INLINE_AVX512_VNNI void store(std::uint8_t* to, __m512i bytes) const {
    if (mask_ == ~__mmask64{0}) [[likely]]
      return _mm512_storeu_si512(to, bytes);
    _mm512_mask_storeu_epi8(to, mask_, bytes);
  }

 private:
  __mmask64 mask_;
};

/// 64 channels of one place.
struct WholeBlock {
  /// Whether all columns that are loaded as `column` lie in an image.
  [[nodiscard]] static bool is_inside(std::int32_t column, std::int32_t width) {
    return column >= 0 && column < width;
  }
  /// From one part of a row to the next, of which there is but one.
  [[nodiscard]] static std::int32_t part_columns() { return 0; }
  /// `place(part)` is where the channels of each part lie.
  template <class Place>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __m512i load(const Place& place) {
    return _mm512_loadu_si512(place(0));
  }
  DLPU_INLINE_AVX512_VNNI static void store(std::uint8_t* to, __m512i bytes) { _mm512_storeu_si512(to, bytes); }
};

/// Few channels of `Parts` places in the same row, so that they fill the registers too: each part of a row is computed
/// beside the others.
template <std::size_t Parts>
class SplitBlock {
  static_assert(Parts == 2 || Parts == 4 || Parts == 8);

 public:
  /// Each place lies `columns` behind the one before in the input, and `output_bytes` in the output.
  SplitBlock(std::size_t channels, std::int32_t columns, std::size_t output_bytes)
      : mask_(static_cast<Mask>((std::uint64_t{1} << channels) - 1)),
        columns_(columns),
        output_bytes_(output_bytes) {}

  [[nodiscard]] bool is_inside(std::int32_t column, std::int32_t width) const {
    return column >= 0 && column + static_cast<std::int32_t>(Parts - 1) * columns_ < width;
  }
  [[nodiscard]] std::int32_t part_columns() const { return columns_; }
  template <class Place>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i load(const Place& place) const {
    const auto part = [&](std::size_t i) DLPU_INLINE_AVX512_VNNI { return place(static_cast<std::int32_t>(i)); };
    const auto half = [&](std::size_t first) DLPU_INLINE_AVX512_VNNI {
      if constexpr (Parts == 2) {
        return _mm256_maskz_loadu_epi8(mask_, part(first));
      } else {
        const auto quarter = [&](std::size_t i) DLPU_INLINE_AVX512_VNNI {
          if constexpr (Parts == 4) {
            return _mm_maskz_loadu_epi8(mask_, part(i));
          } else {
            return _mm_unpacklo_epi64(_mm_maskz_loadu_epi8(mask_, part(i)), _mm_maskz_loadu_epi8(mask_, part(i + 1)));
          }
        };
        return _mm256_inserti128_si256(_mm256_castsi128_si256(quarter(first)), quarter(first + Parts / 4), 1);
      }
    };
    return _mm512_inserti64x4(_mm512_castsi256_si512(half(0)), half(Parts / 2), 1);
  }
  DLPU_INLINE_AVX512_VNNI void store(std::uint8_t* to, __m512i bytes) const {
    unroll<Parts>([&](auto i) DLPU_INLINE_AVX512_VNNI {
      std::uint8_t* const part = to + i * output_bytes_;
      if constexpr (Parts == 2) {
        _mm256_mask_storeu_epi8(part, mask_, _mm512_extracti64x4_epi64(bytes, decltype(i)::value));
      } else {
        const __m128i quarter = _mm512_extracti32x4_epi32(bytes, decltype(i)::value * 4 / Parts);
        _mm_mask_storeu_epi8(part, mask_, Parts == 8 && i % 2 == 1 ? _mm_unpackhi_epi64(quarter, quarter) : quarter);
      }
    });
  }

 private:
  using Mask = std::conditional_t<Parts == 2, __mmask32, __mmask16>;

  Mask mask_;
  std::int32_t columns_;
  std::size_t output_bytes_;
};

/// Requantizes four vectors of accumulators, in the order of `Quad`, for each of `Count` places, and stores them.
/// `accumulate(vector, sums)` fills the sums of one vector. The first place is stored last.
template <std::size_t Count, class Block, class Accumulate>
DLPU_INLINE_AVX512_VNNI inline void requantize_block(const Requantizer& requantizer,
                                                     const ChannelConstants* constants, const Block& block,
                                                     const Accumulate& accumulate,
                                                     std::uint8_t* const (&outputs)[Count]) {
  __m512i halves[2][Count];
  unroll<2>([&](auto half) DLPU_INLINE_AVX512_VNNI {
    __m512i first[Count], second[Count];
    constexpr std::size_t v = 2 * half;
    accumulate(std::integral_constant<std::size_t, v>{}, first);
    requantizer.round(constants[v], first);
    accumulate(std::integral_constant<std::size_t, v + 1>{}, second);
    requantizer.round(constants[v + 1], second);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { halves[half][i] = _mm512_packs_epi32(first[i], second[i]); });
  });
  unroll<Count>([&](auto n) DLPU_INLINE_AVX512_VNNI {
    constexpr std::size_t i = Count - 1 - n;
    block.store(outputs[i], requantizer.narrow(halves[0][i], halves[1][i]));
  });
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

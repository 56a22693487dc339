#pragma once

/// 64 channels of a depthwise convolution: what the loops over places of the AVX-512 VNNI rung share.
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

/// The channels of a block that exist, and how they are loaded and stored.
class BlockMask {
 public:
  explicit BlockMask(std::size_t count)
      : mask_(count >= block_channels ? ~__mmask64{0} : (__mmask64{1} << count) - 1) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i load(const std::uint8_t* from) const {
    return _mm512_maskz_loadu_epi8(mask_, from);
  }
  DLPU_INLINE_AVX512_VNNI void store(void* to, __m512i bytes) const {
    if (mask_ == ~__mmask64{0}) return _mm512_storeu_si512(to, bytes);
    _mm512_mask_storeu_epi8(to, mask_, bytes);
  }

 private:
  __mmask64 mask_;
};

/// Requantizes four vectors of accumulators, in the order of `Quad`, for each of `Count` places, and stores them.
/// `accumulate(vector, sums)` fills the sums of one vector.
template <std::size_t Count, class Accumulate>
DLPU_INLINE_AVX512_VNNI inline void requantize_block(const Requantizer& requantizer,
                                                     const ChannelConstants* constants, const BlockMask& mask,
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
  unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
    mask.store(outputs[i], requantizer.narrow(halves[0][i], halves[1][i]));
  });
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

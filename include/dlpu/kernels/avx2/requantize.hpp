#pragma once

/// Accumulators to outputs on the AVX2 rung.

#include <algorithm>

#include "dlpu/kernels/avx2/rounding.hpp"
#include "dlpu/kernels/requantization.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// `Requantization` for 8 neighbouring channels at once.
template <class Storage, class R>
class Requantizer {
 public:
  explicit Requantizer(const Requantization<R>& requantization) : scalar_(requantization) {
    if constexpr (VectorRounding<R>::available) {
      handled_ = std::all_of(scalar_.multipliers.begin(), scalar_.multipliers.end(), VectorRounding<R>::handles);
    }
  }

  /// `output[i * output_step + c] = requantization.apply(sums[i] lane c, channel + c)` for the first `count` lanes.
  template <std::size_t Count>
  DLPU_INLINE_AVX2 void store(const __m256i (&sums)[Count], std::size_t channel, std::size_t count, Storage* output,
                              std::size_t output_step) const {
    if constexpr (VectorRounding<R>::available) {
      if (count >= lanes && handled_) {
        const bool per_tensor = scalar_.multipliers.size() == 1;
        const VectorRounding<R> rounding(scalar_.multipliers.data() + (per_tensor ? 0 : channel), per_tensor ? 0 : 1);
        return unroll<Count>([&](auto i) DLPU_INLINE_AVX2 {
          const __m256i sum = _mm256_add_epi32(rounding(sums[i]), _mm256_set1_epi32(scalar_.zero_point));
          _mm_storel_epi64(reinterpret_cast<__m128i*>(output + i * output_step), narrow(sum));
        });
      }
    }
    std::int32_t numbers[Count * lanes];
    unroll<Count>([&](auto i) DLPU_INLINE_AVX2 { avx2::store(numbers + i * lanes, sums[i]); });
    store_by_number(numbers, Count, channel, std::min(count, lanes), output, output_step);
  }

 private:
  /// Clamps, then keeps the low bytes, in the lower half.
  [[nodiscard]] DLPU_INLINE_AVX2 __m128i narrow(__m256i sums) const {
    const __m256i clamped = _mm256_min_epi32(_mm256_max_epi32(sums, _mm256_set1_epi32(scalar_.range.low)),
                                             _mm256_set1_epi32(scalar_.range.high));
    const __m128i shorts = _mm_packs_epi32(_mm256_castsi256_si128(clamped), _mm256_extracti128_si256(clamped, 1));
    if constexpr (std::is_signed_v<Storage>) return _mm_packs_epi16(shorts, shorts);
    return _mm_packus_epi16(shorts, shorts);
  }

  [[gnu::noinline]] void store_by_number(const std::int32_t* numbers, std::size_t vectors, std::size_t channel,
                                         std::size_t count, Storage* output, std::size_t output_step) const {
    for (std::size_t i = 0; i < vectors; ++i) {
      for (std::size_t c = 0; c < count; ++c) {
        output[i * output_step + c] = static_cast<Storage>(scalar_.apply(numbers[i * lanes + c], channel + c));
      }
    }
  }

  Requantization<R> scalar_;
  bool handled_ = false;
};

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

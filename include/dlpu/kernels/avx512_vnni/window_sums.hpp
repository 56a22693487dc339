#pragma once

/// What a filter's zero point is multiplied with: the sums of windows, four at once where a run of theirs fits 16 bytes.

#include <algorithm>

#include "dlpu/kernels/avx512_vnni/vectors.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_image.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

struct WindowSums {
  /// `sums[i] = factor * the sum of the window of the place `offset` bytes and i steps from the first`.
  DLPU_TARGET_AVX512_VNNI static void multiply(const avx_vnni::Places& places, const avx_vnni::Runs& runs,
                                               std::size_t offset, std::int32_t factor, std::size_t count,
                                               std::int32_t* sums) {
    constexpr std::size_t at_once = 4;
    if (runs.elements > 16) {
      for (std::size_t i = 0; i < count; ++i)
        sums[i] = wrapping_multiply(factor, sum_long(places, runs, offset + i * places.step));
      return;
    }
    const auto run_mask = static_cast<__mmask16>((std::uint32_t{1} << runs.elements) - 1);
    const __m128i ones = _mm_set1_epi8(1);
    for (std::size_t i = 0; i < count; i += at_once) {
      const std::size_t last = count - i - 1;
      __m128i quarters[at_once];  // of the sum of each place
      unroll<at_once>([&](auto n) DLPU_INLINE_AVX512_VNNI {
        quarters[n] = _mm_setzero_si128();
        const std::size_t at = offset + (i + std::min<std::size_t>(n, last)) * places.step;
        for (std::size_t run = 0; run < runs.count; ++run) {
          quarters[n] = _mm_dpbusd_epi32(quarters[n], _mm_maskz_loadu_epi8(run_mask, places.runs[run] + at), ones);
        }
      });
      const __m128i first = _mm_hadd_epi32(quarters[0], quarters[1]),
                    second = _mm_hadd_epi32(quarters[2], quarters[3]);
      const __m128i four = _mm_mullo_epi32(_mm_hadd_epi32(first, second), _mm_set1_epi32(factor));
      _mm_mask_storeu_epi32(sums + i, static_cast<__mmask8>(last >= 3 ? 0xf : (1u << (last + 1)) - 1), four);
    }
  }

 private:
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static std::int32_t sum_long(const avx_vnni::Places& places,
                                                                     const avx_vnni::Runs& runs, std::size_t offset) {
    constexpr std::size_t width = 64;
    const __m512i ones = broadcast(1);
    const std::size_t whole = runs.elements / width * width;
    const __mmask64 rest = (__mmask64{1} << (runs.elements - whole)) - 1;
    __m512i sums = _mm512_setzero_si512();
    for (std::size_t run = 0; run < runs.count; ++run) {
      const std::uint8_t* const from = places.runs[run] + offset;
      for (std::size_t i = 0; i < whole; i += width)
        sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(from + i), ones);
      if (rest != 0) sums = _mm512_dpbusd_epi32(sums, _mm512_maskz_loadu_epi8(rest, from + whole), ones);
    }
    return _mm512_reduce_add_epi32(sums);
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

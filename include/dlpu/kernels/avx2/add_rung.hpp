#pragma once

/// Add of two quantized tensors of the same shape on the AVX2 rung: 32 elements at once where a `LinearSum` is exact, else
/// eight, for the roundings that have a vector form.

#include "dlpu/kernels/avx2/linear_sum.hpp"
#include "dlpu/kernels/avx2/rounding.hpp"
#include "dlpu/kernels/reference/add_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct AddRung<isa::avx2, Storage, R>
    : avx2::AddByLinearSum<AddRung<isa::avx2, Storage, R>, Storage, R> {
  using isa_type = isa::avx2;
  using Arguments = AddWork<Storage, R>;

 private:
  friend avx2::AddByLinearSum<AddRung, Storage, R>;
  using Rounding = avx2::VectorRounding<R>;

  static void add_exactly(std::size_t count, const Storage* first, const Storage* second, const Arguments& arguments,
                          Storage* output) {
    std::size_t done = 0;
    if constexpr (Rounding::available) {
      if (Rounding::handles(arguments.first) && Rounding::handles(arguments.second) &&
          Rounding::handles(arguments.output)) {
        done = add_rounded(count, first, second, arguments, output);
      }
      AddRung<isa::scalar, Storage, R>::run(count - done, first + done, second + done, arguments, output + done);
    } else {
      AddRung<isa::avx2::weaker, Storage, R>::run(count, first, second, arguments, output);
    }
  }

  /// Whole steps only; returns how many elements they are.
  DLPU_TARGET_AVX2 static std::size_t add_rounded(std::size_t count, const Storage* first, const Storage* second,
                                                  const Arguments& arguments, Storage* output) {
    const Rounding round_first(&arguments.first, 0), round_second(&arguments.second, 0),
        round_output(&arguments.output, 0);
    std::size_t i = 0;
    for (; i + avx2::lanes <= count; i += avx2::lanes) {
      const __m256i a = round_first(shifted(first + i, arguments.first_zero_point));
      const __m256i b = round_second(shifted(second + i, arguments.second_zero_point));
      const __m256i rounded = round_output(_mm256_add_epi32(a, b));
      store(_mm256_add_epi32(rounded, _mm256_set1_epi32(arguments.output_zero_point)), arguments.range, output + i);
    }
    return i;
  }

  /// The same.
  DLPU_TARGET_AVX2 static std::size_t add_linearly(std::size_t count, const Storage* first, const Storage* second,
                                                   const Arguments& arguments, const LinearSum& sum,
                                                   Storage* output) {
    constexpr std::size_t step = 32;
    constexpr bool is_signed = std::is_signed_v<Storage>;
    const __m256i flip = _mm256_set1_epi8(is_signed ? -128 : 0);
    const __m256 by_first = _mm256_set1_ps(sum.first), by_second = _mm256_set1_ps(sum.second);
    const __m256 offset = _mm256_set1_ps(sum.offset), nudge = _mm256_set1_ps(sum.nudge), sign = _mm256_set1_ps(-0.0f);
    const __m256i zero_point = _mm256_set1_epi16(static_cast<std::int16_t>(arguments.output_zero_point));
    const __m256i low = _mm256_set1_epi8(static_cast<char>(arguments.range.low));
    const __m256i high = _mm256_set1_epi8(static_cast<char>(arguments.range.high));
    std::size_t i = 0;
    for (; i + step <= count; i += step) {
      const __m256i a = _mm256_xor_si256(avx2::load(first + i), flip);
      const __m256i b = _mm256_xor_si256(avx2::load(second + i), flip);
      __m256i sums[4];  // of the n-th four bytes of each half, so that packing restores the order
      avx2::unroll<4>([&](auto n) DLPU_INLINE_AVX2 {
        const __m256 x = _mm256_fmadd_ps(four_of<n>(a), by_first, _mm256_fmadd_ps(four_of<n>(b), by_second, offset));
        sums[n] = _mm256_cvtps_epi32(_mm256_add_ps(x, _mm256_xor_ps(nudge, _mm256_and_ps(x, sign))));
      });
      const __m256i lower = _mm256_adds_epi16(_mm256_packs_epi32(sums[0], sums[1]), zero_point);
      const __m256i upper = _mm256_adds_epi16(_mm256_packs_epi32(sums[2], sums[3]), zero_point);
      if constexpr (is_signed) {
        const __m256i bytes = _mm256_packs_epi16(lower, upper);
        avx2::store(output + i, _mm256_min_epi8(_mm256_max_epi8(bytes, low), high));
      } else {
        const __m256i bytes = _mm256_packus_epi16(lower, upper);
        avx2::store(output + i, _mm256_min_epu8(_mm256_max_epu8(bytes, low), high));
      }
    }
    return i;
  }

  /// The `N`-th four bytes of each half.
  template <std::size_t N>
  [[nodiscard]] DLPU_INLINE_AVX2 static __m256 four_of(__m256i bytes) {
    constexpr int n = 4 * N, none = -1;
    const __m256i places = _mm256_setr_epi8(n, none, none, none, n + 1, none, none, none, n + 2, none, none, none,
                                            n + 3, none, none, none, n, none, none, none, n + 1, none, none, none,
                                            n + 2, none, none, none, n + 3, none, none, none);
    return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, places));
  }

  [[nodiscard]] DLPU_INLINE_AVX2 static __m256i shifted(const Storage* from, std::int32_t zero_point) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    const __m256i numbers = std::is_signed_v<Storage> ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
    return _mm256_slli_epi32(_mm256_sub_epi32(numbers, _mm256_set1_epi32(zero_point)), Arguments::left_shift);
  }

  DLPU_INLINE_AVX2 static void store(__m256i sums, Range<std::int32_t> range, Storage* output) {
    const __m256i clamped =
        _mm256_min_epi32(_mm256_max_epi32(sums, _mm256_set1_epi32(range.low)), _mm256_set1_epi32(range.high));
    const __m128i shorts = _mm_packs_epi32(_mm256_castsi256_si128(clamped), _mm256_extracti128_si256(clamped, 1));
    const __m128i bytes =
        std::is_signed_v<Storage> ? _mm_packs_epi16(shorts, shorts) : _mm_packus_epi16(shorts, shorts);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(output), bytes);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

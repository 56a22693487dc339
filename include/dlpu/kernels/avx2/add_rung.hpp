#pragma once

/// Add of two quantized tensors of the same shape on the AVX2 rung: eight elements at once, for the roundings that have a
/// vector form.

#include "dlpu/kernels/avx2/rounding.hpp"
#include "dlpu/kernels/reference/add_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1 && avx2::VectorRounding<R>::available) struct AddRung<isa::avx2, Storage, R> {
  using isa_type = isa::avx2;
  using Arguments = reference::AddArguments<R>;

  DLPU_TARGET_AVX2 static void run(std::size_t count, const Storage* first, const Storage* second,
                                   const Arguments& arguments, Storage* output) {
    std::size_t i = 0;
    if (Rounding::handles(arguments.first) && Rounding::handles(arguments.second) &&
        Rounding::handles(arguments.output)) {
      const Rounding round_first(&arguments.first, 0), round_second(&arguments.second, 0),
          round_output(&arguments.output, 0);
      for (; i + avx2::lanes <= count; i += avx2::lanes) {
        const __m256i a = round_first(shifted(first + i, arguments.first_zero_point));
        const __m256i b = round_second(shifted(second + i, arguments.second_zero_point));
        const __m256i rounded = round_output(_mm256_add_epi32(a, b));
        store(_mm256_add_epi32(rounded, _mm256_set1_epi32(arguments.output_zero_point)), arguments.range, output + i);
      }
    }
    AddRung<isa::scalar, Storage, R>::run(count - i, first + i, second + i, arguments, output + i);
  }

 private:
  using Rounding = avx2::VectorRounding<R>;

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

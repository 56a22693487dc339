#pragma once

/// Add of two quantized tensors of the same shape on the AVX-512 VNNI rung: 64 elements at once where a `LinearSum` is exact,
/// else sixteen, for the roundings that have a vector form.

#include "dlpu/kernels/avx2/linear_sum.hpp"
#include "dlpu/kernels/avx512_vnni/rounding.hpp"
#include "dlpu/kernels/reference/add_rung.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace avx512_vnni {

/// One multiplier for all lanes.
template <class R>
class Broadcast {
 public:
  explicit Broadcast(typename R::Multiplier m) {
    for (std::size_t lane = 0; lane < lanes; ++lane) handled_ = VectorRounding<R>::set(memory_, lane, m) && handled_;
  }
  /// False: the multiplier needs the policy's own code.
  [[nodiscard]] bool handled() const { return handled_; }
  [[nodiscard]] const typename VectorRounding<R>::Memory& memory() const { return memory_; }

 private:
  typename VectorRounding<R>::Memory memory_;
  bool handled_ = true;
};

/// The input of the larger scale is multiplied by exactly one half, which these roundings do as a shift does.
template <class R>
[[nodiscard]] constexpr bool is_half(typename R::Multiplier m) {
  if constexpr (std::is_same_v<typename R::Multiplier, FixedPointMultiplier>) {
    return m == FixedPointMultiplier{1 << 30, 0};
  } else {
    return m == R::multiplier(0.5);
  }
}

}  // namespace avx512_vnni

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct AddRung<isa::avx512_vnni, Storage, R>
    : avx2::AddByLinearSum<AddRung<isa::avx512_vnni, Storage, R>, Storage, R> {
  using isa_type = isa::avx512_vnni;
  using Scalar = AddRung<isa::scalar, Storage, R>;
  using Arguments = AddWork<Storage, R>;

 private:
  friend avx2::AddByLinearSum<AddRung, Storage, R>;
  using Broadcast = avx512_vnni::Broadcast<R>;
  using Rounding = avx512_vnni::VectorRounding<R>;

  static void add_exactly(std::size_t count, const Storage* first, const Storage* second, const Arguments& arguments,
                          Storage* output) {
    if constexpr (!Rounding::available) {
      return AddRung<isa::avx512_vnni::weaker, Storage, R>::run(count, first, second, arguments, output);
    } else {
      add_rounded(count, first, second, arguments, output);
    }
  }

  static void add_rounded(std::size_t count, const Storage* first, const Storage* second, const Arguments& arguments,
                          Storage* output) {
    const Broadcast by_first(arguments.first), by_second(arguments.second), by_output(arguments.output);
    if (!by_first.handled() || !by_second.handled() || !by_output.handled()) {
      return Scalar::run(count, first, second, arguments, output);
    }
    const bool first_half = avx512_vnni::is_half<R>(arguments.first);
    const bool second_half = avx512_vnni::is_half<R>(arguments.second);
    if (first_half && second_half) {
      add<true, true>(count, first, second, arguments, by_first, by_second, by_output, output);
    } else if (first_half) {
      add<true, false>(count, first, second, arguments, by_first, by_second, by_output, output);
    } else if (second_half) {
      add<false, true>(count, first, second, arguments, by_first, by_second, by_output, output);
    } else {
      add<false, false>(count, first, second, arguments, by_first, by_second, by_output, output);
    }
  }

  template <bool FirstHalf, bool SecondHalf>
  DLPU_TARGET_AVX512_VNNI static void add(std::size_t count, const Storage* first, const Storage* second,
                                          const Arguments& arguments, const Broadcast& by_first,
                                          const Broadcast& by_second, const Broadcast& by_output, Storage* output) {
    const Rounding round_first(by_first.memory()), round_second(by_second.memory()), round_output(by_output.memory());
    const __m512i first_zero_point = _mm512_set1_epi32(arguments.first_zero_point);
    const __m512i second_zero_point = _mm512_set1_epi32(arguments.second_zero_point);
    const __m512i zero_point = _mm512_set1_epi32(arguments.output_zero_point);
    const __m512i low = _mm512_set1_epi32(arguments.range.low), high = _mm512_set1_epi32(arguments.range.high);
    for (std::size_t i = 0; i < count; i += avx512_vnni::lanes) {
      const std::size_t left = count - i;
      const __m512i a = scaled<FirstHalf>(_mm512_sub_epi32(load(first + i, left), first_zero_point), round_first);
      const __m512i b = scaled<SecondHalf>(_mm512_sub_epi32(load(second + i, left), second_zero_point), round_second);
      const __m512i sum = _mm512_add_epi32(round_output(_mm512_add_epi32(a, b)), zero_point);
      const __m512i clamped = _mm512_min_epi32(_mm512_max_epi32(sum, low), high);
      avx512_vnni::store_bytes(output + i, _mm512_cvtepi32_epi8(clamped), left);
    }
  }

  /// Whole steps only; returns how many elements they are.
  DLPU_TARGET_AVX512_VNNI static std::size_t add_linearly(std::size_t count, const Storage* first,
                                                          const Storage* second, const Arguments& arguments,
                                                          const LinearSum& sum, Storage* output) {
    using avx512_vnni::unroll;
    constexpr std::size_t step = 64;
    constexpr bool is_signed = std::is_signed_v<Storage>;
    constexpr int flip_sign = 0x78;  // the nudge's bits, exclusive or both others'
    const __m512i flip = avx512_vnni::broadcast(is_signed ? 0x80 : 0);
    const __m512 by_first = _mm512_set1_ps(sum.first), by_second = _mm512_set1_ps(sum.second);
    const __m512 offset = _mm512_set1_ps(sum.offset);
    const __m512i nudge = _mm512_castps_si512(_mm512_set1_ps(sum.nudge));
    const __m512i sign = _mm512_castps_si512(_mm512_set1_ps(-0.0f));
    const __m512i zero_point = _mm512_set1_epi16(static_cast<std::int16_t>(arguments.output_zero_point));
    const __m512i low = _mm512_set1_epi8(static_cast<char>(arguments.range.low));
    const __m512i high = _mm512_set1_epi8(static_cast<char>(arguments.range.high));
    std::size_t i = 0;
    for (; i + step <= count; i += step) {
      const __m512i a = _mm512_xor_si512(_mm512_loadu_si512(first + i), flip);
      const __m512i b = _mm512_xor_si512(_mm512_loadu_si512(second + i), flip);
      __m512i sums[4];  // of the n-th four bytes of each quarter, so that packing restores the order
      unroll<4>([&](auto n) DLPU_INLINE_AVX512_VNNI {
        const __m512 x = _mm512_fmadd_ps(four_of<n>(a), by_first, _mm512_fmadd_ps(four_of<n>(b), by_second, offset));
        const __m512i away = _mm512_ternarylogic_epi32(nudge, _mm512_castps_si512(x), sign, flip_sign);
        sums[n] = _mm512_cvtps_epi32(_mm512_add_ps(x, _mm512_castsi512_ps(away)));
      });
      const __m512i lower = _mm512_adds_epi16(_mm512_packs_epi32(sums[0], sums[1]), zero_point);
      const __m512i upper = _mm512_adds_epi16(_mm512_packs_epi32(sums[2], sums[3]), zero_point);
      if constexpr (is_signed) {
        const __m512i bytes = _mm512_packs_epi16(lower, upper);
        _mm512_storeu_si512(output + i, _mm512_min_epi8(_mm512_max_epi8(bytes, low), high));
      } else {
        const __m512i bytes = _mm512_packus_epi16(lower, upper);
        _mm512_storeu_si512(output + i, _mm512_min_epu8(_mm512_max_epu8(bytes, low), high));
      }
    }
    return i;
  }

  /// The `N`-th four bytes of each quarter.
  template <std::size_t N>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __m512 four_of(__m512i bytes) {
    constexpr int n = 4 * N, none = static_cast<int>(0x80808000u);
    const __m512i places = _mm512_set4_epi32(none | (n + 3), none | (n + 2), none | (n + 1), none | n);
    return _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, places));
  }

  template <bool Half>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __m512i scaled(__m512i difference, const Rounding& rounding) {
    if constexpr (Half) return _mm512_slli_epi32(difference, Arguments::left_shift - 1);
    return rounding(_mm512_slli_epi32(difference, Arguments::left_shift));
  }

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __m512i load(const Storage* from, std::size_t left) {
    const __m128i bytes = left >= avx512_vnni::lanes
                              ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(from))
                              : _mm_maskz_loadu_epi8(static_cast<__mmask16>((1u << left) - 1), from);
    if constexpr (std::is_signed_v<Storage>) return _mm512_cvtepi8_epi32(bytes);
    return _mm512_cvtepu8_epi32(bytes);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

#pragma once

/// Add of two quantized tensors of the same shape on the AVX-512 VNNI rung: sixteen elements at once, for the roundings
/// that have a vector form.

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
requires(sizeof(Storage) == 1 &&
         avx512_vnni::VectorRounding<R>::available) struct AddRung<isa::avx512_vnni, Storage, R> {
  using isa_type = isa::avx512_vnni;
  using Scalar = AddRung<isa::scalar, Storage, R>;
  using Arguments = reference::AddArguments<R>;

  static void run(std::size_t count, const Storage* first, const Storage* second, const Arguments& arguments,
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

 private:
  using Broadcast = avx512_vnni::Broadcast<R>;
  using Rounding = avx512_vnni::VectorRounding<R>;

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

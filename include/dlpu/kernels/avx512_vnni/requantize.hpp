#pragma once

/// Accumulators to outputs on the AVX-512 VNNI rung, 16 channels at once. Nothing here depends on the rounding policy:
/// what differs between policies is data (`Form`, numbers in packed memory) and one function pointer for what is rare, so
/// that each kernel is compiled once.

#include <cstring>

#include "dlpu/kernels/avx512_vnni/linear_rounding.hpp"
#include "dlpu/kernels/requantization.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// What 16 output channels are computed with, in packed memory: the bias, and their requantization in one form.
struct ChannelConstants {
  alignas(64) std::int32_t bias[lanes];
  alignas(64) std::byte memory[sizeof(CorrectedLinear)];  ///< what `form` needs
  Form form;

  template <class T>
  [[nodiscard]] const T& as() const {
    static_assert(sizeof(T) <= sizeof memory && std::is_trivially_copyable_v<T>);
    return *reinterpret_cast<const T*>(memory);
  }
  template <class T>
  void set(Form new_form, const T& value) {
    static_assert(sizeof(T) <= sizeof memory && std::is_trivially_copyable_v<T>);
    form = new_form;
    std::memcpy(memory, &value, sizeof value);
  }
};

/// The end of every requantization. `offset` brings uint8 outputs into int8, which saturating instructions narrow to.
struct OutputRange {
  std::int32_t zero_point;
  Range<std::int32_t> range;
  std::int32_t offset;
};

/// Rounds, adds the zero point, clamps and adds the offset: `vectors` times 16 numbers, in place.
using RoundInMemory = void (*)(const ChannelConstants&, const OutputRange&, std::int32_t* numbers,
                               std::size_t vectors);

/// `Requantization` within int8; uint8 outputs get their 128 back in the end.
class Requantizer {
 public:
  Requantizer(std::int32_t zero_point, Range<std::int32_t> range, Signs signs, RoundInMemory round_in_memory)
      : output_{zero_point, range, signs.signed_offset()}, signs_(signs), round_in_memory_(round_in_memory) {}

  /// Rounds each of `accumulators` and adds the zero point.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round(const ChannelConstants& constants, __m512i (&accumulators)[Count]) const {
    if (constants.form == Form::one_offset) return round_in_float<false>(constants, accumulators);
    if (constants.form == Form::offset_by_sign) return round_in_float<true>(constants, accumulators);
    alignas(64) std::int32_t numbers[Count * lanes];
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { _mm512_store_si512(numbers + i * lanes, accumulators[i]); });
    round_in_memory_(constants, output_, numbers, Count);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = _mm512_load_si512(numbers + i * lanes); });
  }

  /// Narrows and clamps 64 rounded numbers, already 16 bits wide: of each 16 bytes, the first 8 from `low`.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i narrow(__m512i first, __m512i second) const {
    const __m512i bytes = _mm512_packs_epi16(first, second);
    const __m512i clamped =
        _mm512_min_epi8(_mm512_max_epi8(bytes, _mm512_set1_epi8(low())), _mm512_set1_epi8(high()));
    return _mm512_xor_si512(clamped, broadcast(signs_.output_flip()));
  }

 private:
  template <bool BySign, std::size_t Count>
  DLPU_INLINE_AVX512_VNNI static void round_in_float(const ChannelConstants& constants,
                                                     __m512i (&accumulators)[Count]) {
    const auto& memory = constants.as<CorrectedLinear>();
    const LinearInFloat linear(memory.linear);
    if (memory.corrections == 0) {
      return unroll<Count>(
          [&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = linear.template apply<BySign>(accumulators[i]); });
    }
    __m512i rounded[Count];
    unroll<Count>([&](auto i)
                      DLPU_INLINE_AVX512_VNNI { rounded[i] = linear.template apply<BySign>(accumulators[i]); });
    for (std::size_t c = 0; c < memory.corrections; ++c) {
      const __m512i corrected = _mm512_load_si512(memory.accumulator[c]);
      const __m512i correction = _mm512_set1_epi32(c < memory.ups ? 1 : -1);
      unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        rounded[i] = _mm512_mask_add_epi32(rounded[i], _mm512_cmpeq_epi32_mask(accumulators[i], corrected),
                                           rounded[i], correction);
      });
    }
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = rounded[i]; });
  }

  [[nodiscard]] char low() const { return static_cast<char>(output_.range.low + output_.offset); }
  [[nodiscard]] char high() const { return static_cast<char>(output_.range.high + output_.offset); }

  OutputRange output_;
  Signs signs_;
  RoundInMemory round_in_memory_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

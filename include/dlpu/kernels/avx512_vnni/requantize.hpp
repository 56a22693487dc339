#pragma once

/// Accumulators to outputs on the AVX-512 VNNI rung, 16 channels at once. Nothing here depends on the rounding policy:
/// what differs between policies is data (`Form`, numbers in packed memory) and one function pointer for what is rare, so
/// that each kernel is compiled once per storage type.

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
  alignas(64) std::byte memory[sizeof(LinearMemory<double>)];  ///< what `form` needs
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
template <class Storage>
class Requantizer {
  static constexpr std::int32_t offset = signed_offset<Storage>;

 public:
  Requantizer(std::int32_t zero_point, Range<std::int32_t> range, RoundInMemory round_in_memory)
      : output_{zero_point, range, offset}, round_in_memory_(round_in_memory) {}

  /// Rounds each of `accumulators` and adds the zero point.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round(const ChannelConstants& constants, __m512i (&accumulators)[Count]) const {
    if (constants.form == Form::one_offset) {
      const Linear<float> fast(constants.template as<LinearMemory<float>>());
      return unroll<Count>(
          [&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = fast.template apply<false>(accumulators[i]); });
    }
    if (constants.form == Form::offset_by_sign) {
      const Linear<float> fast(constants.template as<LinearMemory<float>>());
      return unroll<Count>(
          [&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = fast.template apply<true>(accumulators[i]); });
    }
    alignas(64) std::int32_t numbers[Count * lanes];
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { _mm512_store_si512(numbers + i * lanes, accumulators[i]); });
    round_in_memory_(constants, output_, numbers, Count);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = _mm512_load_si512(numbers + i * lanes); });
  }

  /// Narrows and clamps 16 rounded numbers.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m128i narrow(__m512i rounded) const {
    const __m128i bytes = _mm512_cvtsepi32_epi8(rounded);
    const __m128i clamped = _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8(low())), _mm_set1_epi8(high()));
    if constexpr (offset != 0) return _mm_xor_si128(clamped, _mm_set1_epi8(-128));
    return clamped;
  }

  /// Narrows and clamps 64 rounded numbers, already 16 bits wide: of each 16 bytes, the first 8 from `low`.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i narrow(__m512i first, __m512i second) const {
    const __m512i bytes = _mm512_packs_epi16(first, second);
    const __m512i clamped =
        _mm512_min_epi8(_mm512_max_epi8(bytes, _mm512_set1_epi8(low())), _mm512_set1_epi8(high()));
    if constexpr (offset != 0) return _mm512_xor_si512(clamped, _mm512_set1_epi8(-128));
    return clamped;
  }

 private:
  [[nodiscard]] char low() const { return static_cast<char>(output_.range.low + offset); }
  [[nodiscard]] char high() const { return static_cast<char>(output_.range.high + offset); }

  OutputRange output_;
  RoundInMemory round_in_memory_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

#pragma once

/// Accumulators to outputs on the AVX-512 VNNI rung, 16 channels at once. Nothing here depends on the rounding policy:
/// what differs between policies is data (`Form`, numbers in packed memory) and one function pointer for what is rare, so
/// that each kernel is compiled once.

#include <algorithm>
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

/// The end of every requantization. Rounded numbers are handled as their distance from `origin`, which is the zero point,
/// or, where all outputs lie above it, the middle of them: there float is most exact.
struct OutputRange {
  std::int32_t zero_point, origin;
  Range<std::int32_t> range;
};

/// Rounds, brings into the range, and subtracts the origin: `vectors` times 16 numbers, in place.
using RoundInMemory = void (*)(const ChannelConstants&, const OutputRange&, std::int32_t* numbers,
                               std::size_t vectors);

/// `Requantization` in two steps: rounding by channel, then what is the same for all channels, at 16 and at 8 bits.
class Requantizer {
 public:
  Requantizer(const OutputRange& output, RoundInMemory in_memory)
      : output_(output),
        to_lowest_(repeated<std::uint16_t>(output.origin - output.range.low - 128)),
        highest_(repeated<std::uint8_t>(output.range.high - output.range.low - 128)),
        from_lowest_(repeated<std::uint8_t>(output.range.low + 128)),
        round_in_memory_(in_memory) {}

  /// Rounds each of `accumulators`.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round(const ChannelConstants& constants, __m512i (&accumulators)[Count]) const {
    if (constants.form > Form::corrected) [[unlikely]]
      return round_in_memory(constants, accumulators);
    round_in_float(constants, accumulators);
  }
  /// The same for several times 16 channels: what is rare costs one branch.
  template <std::size_t Vectors, std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round(const ChannelConstants* constants,
                                     __m512i (&accumulators)[Vectors][Count]) const {
    Form rarest = Form::plain;
    for (std::size_t v = 0; v < Vectors; ++v) rarest = std::max(rarest, constants[v].form);
    if (rarest > Form::corrected) [[unlikely]] {
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI { round_in_memory(constants[v], accumulators[v]); });
    } else {
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI { round_in_float(constants[v], accumulators[v]); });
    }
  }

  /// The stored bytes of 64 rounded numbers, already saturated to 16 bits: of each 16 bytes, the first 8 from `first`.
  /// The lower end of the range lies where packing saturates.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i narrow(__m512i first, __m512i second) const {
    const __m512i to_lowest = _mm512_set1_epi32(to_lowest_);
    const __m512i bytes =
        _mm512_packs_epi16(_mm512_adds_epi16(first, to_lowest), _mm512_adds_epi16(second, to_lowest));
    return _mm512_add_epi8(_mm512_min_epi8(bytes, _mm512_set1_epi32(highest_)), _mm512_set1_epi32(from_lowest_));
  }

 private:
  /// The low bits of a number, repeated: a load broadcasts 32 bits for nothing, but not 8 or 16.
  template <class Bits>
  [[nodiscard]] static constexpr std::int32_t repeated(std::int32_t number) {
    return static_cast<std::int32_t>(static_cast<Bits>(number) * (~std::uint32_t{0} / static_cast<Bits>(~0u)));
  }

  /// First moves the few accumulators that float would round to the wrong side to their neighbours on the right one.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI static void round_in_float(const ChannelConstants& constants,
                                                     __m512i (&accumulators)[Count]) {
    const auto& memory = constants.as<CorrectedLinear>();
    for (std::size_t c = 0; c < memory.corrections; ++c) {
      const __m512i corrected = _mm512_load_si512(memory.accumulator[c]);
      const __m512i step = _mm512_set1_epi32(memory.step[c]);
      unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        accumulators[i] = _mm512_mask_add_epi32(accumulators[i], _mm512_cmpeq_epi32_mask(accumulators[i], corrected),
                                                accumulators[i], step);
      });
    }
    const LinearInFloat linear(memory.linear);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = linear(accumulators[i]); });
  }

  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round_in_memory(const ChannelConstants& constants,
                                               __m512i (&accumulators)[Count]) const {
    alignas(64) std::int32_t numbers[Count * lanes];
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { _mm512_store_si512(numbers + i * lanes, accumulators[i]); });
    round_in_memory_(constants, output_, numbers, Count);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = _mm512_load_si512(numbers + i * lanes); });
  }

  OutputRange output_;
  std::int32_t to_lowest_, highest_, from_lowest_;  // from the origin to -128, the upper end there, and back
  RoundInMemory round_in_memory_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

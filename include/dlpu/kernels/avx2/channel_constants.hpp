#pragma once

/// What output channels are requantized with on the rungs of x86 from AVX2 on, 16 at a time, as packed memory holds it. It
/// does not depend on the rounding policy: what differs between policies is data (`Form` and its numbers) and one function
/// pointer for what is rare, so that each kernel is compiled once.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "dlpu/kernels/requantization.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// Channels whose constants lie together: two registers of int32 numbers here, one with AVX-512.
inline constexpr std::size_t group = 16;

/// How 16 accumulators become numbers before the clamp. The last three are rare, and are computed in memory.
enum class Form : std::int32_t {
  plain,      ///< `CorrectedLinear` that corrects nothing and whose offset takes no sign
  corrected,  ///< any `CorrectedLinear`
  in_double,  ///< `LinearInDouble`
  exact,      ///< `VectorRounding`
  scalar      ///< the rounding policy, number by number
};

/// Of a linear function for each channel.
template <class T>
struct LinearMemory {
  alignas(64) T multiplier[group];
  alignas(64) T offset[group];
  T sign;  ///< what is taken from x into the offset: -0.0, the sign bit, or 0.0, nothing

  [[nodiscard]] bool takes_sign() const { return __builtin_signbit(sign) != 0; }  // sources would pay for <cmath>
};

/// A linear function in float, and the few accumulators at which float's 24 bits round to the wrong side: one in each
/// channel of a row, which is first moved by the row's step. Rows are applied in their order, and none changes what one
/// before it made.
struct CorrectedLinear {
  static constexpr std::size_t most_corrections = 4;

  LinearMemory<float> linear;
  alignas(64) std::int32_t accumulator[most_corrections][group];
  std::int32_t step[most_corrections];  ///< 1 or -1
  std::size_t corrections = 0;
};

/// What 16 output channels are computed with, in packed memory: the bias, and their requantization in one form.
struct ChannelConstants {
  alignas(64) std::int32_t bias[group];
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

/// Rounds, brings into the range, and subtracts the origin: `groups` times 16 numbers, in place.
using RoundInMemory = void (*)(const ChannelConstants&, const OutputRange&, std::int32_t* numbers,
                               std::size_t groups);

/// The low bits of a number, repeated: a load broadcasts 32 bits for nothing, but not 8 or 16.
template <class Bits>
[[nodiscard]] constexpr std::int32_t repeated(std::int32_t number) {
  return static_cast<std::int32_t>(static_cast<Bits>(number) * (~std::uint32_t{0} / static_cast<Bits>(~0u)));
}

/// What is the same for all channels, for the `Requantizer` of each rung. It narrows to bytes where the lower end of the
/// range lies where packing saturates.
struct OutputConstants {
  OutputConstants(const OutputRange& range, RoundInMemory in_memory)
      : output_range(range),
        to_lowest(repeated<std::uint16_t>(range.origin - range.range.low - 128)),
        highest(repeated<std::uint8_t>(range.range.high - range.range.low - 128)),
        from_lowest(repeated<std::uint8_t>(range.range.low + 128)),
        moves(to_lowest != 0),
        saturates(range.range.low == -128 && range.range.high == 127),
        round_in_memory(in_memory) {}

  OutputRange output_range;
  std::int32_t to_lowest, highest, from_lowest;  ///< from the origin to -128, the upper end there, and back
  /// `to_lowest` is not 0, which were it tested itself would come to vectors from a general register; packing saturates at
  /// both ends of the range.
  bool moves, saturates;
  RoundInMemory round_in_memory;
};

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

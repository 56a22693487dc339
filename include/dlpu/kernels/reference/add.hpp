#pragma once

/// The oracle of Add: element by element, with dimensions of size 1 repeated as numpy does.

#include <cstdint>

#include "dlpu/kernels/activation.hpp"
#include "dlpu/kernels/reference/broadcast.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// How many bits up the inputs of an addition move, so that little is lost to rounding. With 20, the largest difference of
/// 8-bit numbers, 255, stays below 2^28, and the sum of both below 2^29; 15 leave the same room to 16-bit numbers, whose
/// zero point is 0.
template <QuantizedStorage Storage>
inline constexpr int add_left_shift = sizeof(Storage) == 1 ? 20 : 15;

/// What a quantized addition computes with. Both inputs, taken from their zero points, move `add_left_shift` bits up and
/// come to one scale, twice the larger one of theirs; their sum comes to the output's scale.
template <class R, int LeftShift = 20>
struct AddArguments {
  static constexpr int left_shift = LeftShift;

  std::int32_t first_zero_point = 0, second_zero_point = 0, output_zero_point = 0;
  typename R::Multiplier first{}, second{}, output{};
  Range<std::int32_t> range{};

  [[nodiscard]] constexpr std::int32_t apply(std::int32_t a, std::int32_t b) const {
    constexpr std::int32_t unit = std::int32_t{1} << left_shift;
    const std::int32_t sum = wrapping_add(R::apply(wrapping_multiply(a - first_zero_point, unit), first),
                                          R::apply(wrapping_multiply(b - second_zero_point, unit), second));
    return range.clamp(wrapping_add(R::apply(sum, output), output_zero_point));
  }
};

template <QuantizedStorage Storage, class R>
constexpr void add(const Broadcast& broadcast, const Storage* first, const Storage* second,
                   const AddArguments<R, add_left_shift<Storage>>& arguments, Storage* output) {
  for_each_pair(broadcast, [&](std::int64_t a, std::int64_t b, std::int64_t o) {
    output[o] = static_cast<Storage>(arguments.apply(first[a], second[b]));
  });
}

constexpr void add(const Broadcast& broadcast, const float* first, const float* second, Range<float> range,
                   float* output) {
  for_each_pair(broadcast, [&](std::int64_t a, std::int64_t b, std::int64_t o) {
    output[o] = range.clamp(first[a] + second[b]);
  });
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

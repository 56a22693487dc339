#pragma once

/// The oracle of LogicalAnd, LogicalOr and LogicalNot on booleans of one byte.

#include <cstddef>
#include <cstdint>
#include <span>

#include "dlpu/kernels/reference/broadcast.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

constexpr void logical_pair(const Broadcast& broadcast, bool both, const std::uint8_t* first,
                            const std::uint8_t* second, std::uint8_t* output) {
  for_each_pair(broadcast, [&](std::int64_t a, std::int64_t b, std::int64_t o) {
    const bool x = first[a] != 0, y = second[b] != 0;
    output[o] = (both ? x && y : x || y) ? 1 : 0;
  });
}

constexpr void logical_not(std::span<const std::uint8_t> input, std::span<std::uint8_t> output) {
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = input[i] == 0 ? 1 : 0;
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

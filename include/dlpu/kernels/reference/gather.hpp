#pragma once

/// The oracle of Gather: for each index the run of the input that it names.

#include <algorithm>
#include <cstdint>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// Input [batch, outer, size, run], indices [batch, count], output [batch, outer, count, run].
struct GatherGeometry {
  std::int64_t batch = 1, outer = 1, count = 1, run = 1;
  std::int32_t size = 1;  ///< at least 1
};

/// An index outside the input names its nearest element.
template <class T>
constexpr void gather(const GatherGeometry& g, const T* input, const std::int32_t* indices, T* output) {
  for (std::int64_t b = 0; b < g.batch; ++b) {
    for (std::int64_t o = 0; o < g.outer; ++o, input += g.size * g.run) {
      for (std::int64_t i = 0; i < g.count; ++i, output += g.run) {
        const std::int32_t index = std::clamp(indices[b * g.count + i], 0, g.size - 1);
        std::copy_n(input + index * g.run, g.run, output);
      }
    }
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

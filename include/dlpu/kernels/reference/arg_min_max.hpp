#pragma once

/// The oracle of ArgMax and ArgMin.

#include <cstdint>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// A tensor as `outer` blocks of `size` rows of `inner` elements; the index is that of a row.
struct ArgGeometry {
  std::int64_t outer = 1, size = 1, inner = 1;
};

/// The first row that holds the largest (or smallest) element. NaN is never larger nor smaller; in front, it wins.
template <class T, class Index>
constexpr void arg_extreme(const ArgGeometry& g, bool largest, const T* input, Index* output) {
  for (std::int64_t outer = 0; outer < g.outer; ++outer, input += g.size * g.inner) {
    for (std::int64_t i = 0; i < g.inner; ++i) {
      std::int64_t found = 0;
      for (std::int64_t row = 1; row < g.size; ++row) {
        const T candidate = input[row * g.inner + i], best = input[found * g.inner + i];
        if (largest ? candidate > best : candidate < best) found = row;
      }
      *output++ = static_cast<Index>(found);
    }
  }
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI

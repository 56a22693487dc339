#pragma once

/// Comparison of whole tensors: the number of differences and the first one, instead of a line per element.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace dlpu::golden {

/// Stored numbers must be equal; float32 numbers may differ by `tolerance`, relative to the larger of the expected
/// magnitude and `floor`.
template <class T>
void expect_values(std::span<const T> expected, const std::vector<T>& actual, float tolerance = 1e-5f,
                   float floor = 1e-6f) {
  ASSERT_EQ(actual.size(), expected.size());
  std::size_t differences = 0, first = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    bool same = expected[i] == actual[i];
    if constexpr (std::is_floating_point_v<T>) {
      const float magnitude = std::fabs(expected[i]);
      same = same || std::fabs(actual[i] - expected[i]) <= tolerance * (magnitude > floor ? magnitude : floor);
    }
    if (!same && differences++ == 0) first = i;
  }
  EXPECT_EQ(differences, 0u) << "of " << expected.size() << " elements; the first is number " << first
                             << ": expected " << +expected[first] << ", got " << +actual[first];
}

}  // namespace dlpu::golden

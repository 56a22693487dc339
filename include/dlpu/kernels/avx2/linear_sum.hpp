#pragma once

/// The numbers of a `LinearSum`, found by trying. Float's 24 bits put some sums on the wrong side of a tie; which ones
/// depends on the last bits of the factors and on where ties go, so a few neighbours are tried, and what is used was
/// compared with the exact form for every pair of bytes.

#include <algorithm>
#include <limits>

#include "dlpu/kernels/reference/add_rung.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// Calls `exact(first, second, output)` and `linear(sum, first, second, output)` with rows of 256 bytes. The result is not
/// exact where no neighbour is.
template <class Storage, class Exact, class Linear>
[[nodiscard]] LinearSum find_linear_sum(double first, double second, std::int32_t first_zero_point,
                                        std::int32_t second_zero_point, const Exact& exact, const Linear& linear) {
  constexpr std::size_t bytes = 256;
  constexpr std::int32_t lowest = std::numeric_limits<Storage>::min();
  // Rows in which neighbours failed, where the next one probably fails too. Networks are made without a heap, and with
  // little stack.
  constexpr std::size_t most_suspects = 8;
  struct {
    Storage repeated[bytes], expected[bytes];
  } suspects[most_suspects + 1];
  std::size_t failures = 0;
  Storage all[bytes], row[bytes];
  for (std::size_t i = 0; i < bytes; ++i) all[i] = static_cast<Storage>(lowest + static_cast<std::int32_t>(i));
  const auto fails = [&](const LinearSum& sum, const auto& suspect) {
    linear(sum, suspect.repeated, all, row);
    return !std::equal(row, row + bytes, suspect.expected);
  };
  const auto is_exact = [&](const LinearSum& sum) {
    for (std::size_t i = 0; i < std::min(failures, most_suspects); ++i) {
      if (fails(sum, suspects[i])) return false;
    }
    auto& next = suspects[most_suspects];
    for (const Storage byte : all) {
      std::fill_n(next.repeated, bytes, byte);
      exact(next.repeated, all, next.expected);
      if (!fails(sum, next)) continue;
      suspects[failures++ % most_suspects] = next;
      return false;
    }
    return true;
  };
  const auto neighbour = [](double number, int ulps) {
    return static_cast<float>(number) * (1.0f + static_cast<float>(ulps) * 0x1p-23f);
  };
  // Where ties go: away from zero, up, or where float takes them. What breaks them is less than what tells two sums apart.
  struct TieBreak {
    float nudge, lift;
  };
  constexpr float little = 0x1p-16f, less = 0x1p-18f, more = 0x1p-14f;
  constexpr TieBreak tie_breaks[] = {{0.0f, 0.0f},    {little, 0.0f}, {0.0f, little}, {-little, 0.0f},
                                     {0.0f, -little}, {less, 0.0f},   {more, 0.0f},   {0.0f, more}};
  for (const auto [nudge, lift] : tie_breaks) {
    for (const int first_ulps : {0, 1, -1, 2, -2}) {
      for (const int second_ulps : {0, 1, -1, 2, -2}) {
        LinearSum sum{neighbour(first, first_ulps), neighbour(second, second_ulps), 0.0f, nudge};
        sum.offset = static_cast<float>(-(static_cast<double>(sum.first) * (first_zero_point - lowest) +
                                          static_cast<double>(sum.second) * (second_zero_point - lowest)) +
                                        static_cast<double>(lift));
        if (is_exact(sum)) return sum.is_exact = true, sum;
      }
    }
  }
  return {};
}

/// What rungs with a `LinearSum` share. `Rung` has `add_linearly(count, first, second, arguments, sum, output)`, which does
/// whole steps only and returns how many elements they are, and `add_exactly(count, first, second, arguments, output)`.
template <class Rung, class Storage, class R>
struct AddByLinearSum {
  using Arguments = AddWork<Storage, R>;

  static void prepare(double first, double second, Arguments& arguments) {
    arguments.linear = find_linear_sum<Storage>(
        first, second, arguments.first_zero_point, arguments.second_zero_point,
        [&](const Storage* a, const Storage* b, Storage* sums) { Rung::add_exactly(256, a, b, arguments, sums); },
        [&](const LinearSum& sum, const Storage* a, const Storage* b, Storage* sums) {
          Rung::add_linearly(256, a, b, arguments, sum, sums);
        });
  }

  static void run(std::size_t count, const Storage* first, const Storage* second, const Arguments& arguments,
                  Storage* output) {
    std::size_t done = 0;
    if (arguments.linear.is_exact)
      done = Rung::add_linearly(count, first, second, arguments, arguments.linear, output);
    if (done < count) Rung::add_exactly(count - done, first + done, second + done, arguments, output + done);
  }
};

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

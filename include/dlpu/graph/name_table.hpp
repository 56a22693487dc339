#pragma once

/// Operators by name, for a builder that must know whether a name is taken. Comparing each name with all others would use
/// up a compiler's budget for constants.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dlpu/graph/graph.hpp"

namespace dlpu::inline DLPU_ABI {

/// What differs most often is compared first: each step counts in constant evaluation.
[[nodiscard]] constexpr bool same_name(const Name& a, const Name& b) {
  if (a.depth != b.depth) return false;
  const NamePart &last_a = a.parts[a.depth - 1], &last_b = b.parts[b.depth - 1];
  return last_a.index == last_b.index && last_a.text.size() == last_b.text.size() && a == b;
}

/// The names of a graph's nodes, in the order of the nodes; the nodes hold them.
class NameTable {
 public:
  constexpr NameTable() { newest_.fill(none); }

  constexpr void add(const Name& name) {
    std::int32_t& newest = newest_[bucket_of(name)];
    const auto node = static_cast<std::int32_t>(older_.size());
    older_.push_back(newest);
    newest = node;
  }
  [[nodiscard]] constexpr bool has(std::span<const Node> nodes, const Name& name) const {
    for (std::int32_t i = newest_[bucket_of(name)]; i != none; i = older_[static_cast<std::size_t>(i)]) {
      if (same_name(nodes[static_cast<std::size_t>(i)].name, name)) return true;
    }
    return false;
  }

 private:
  static constexpr std::int32_t none = -1;
  static constexpr std::size_t buckets = 64;

  /// Equal names have equal buckets; names that differ mostly do so in their numbers and lengths.
  [[nodiscard]] static constexpr std::size_t bucket_of(const Name& name) {
    std::size_t sum = 0;
    const NamePart* const parts = name.parts.data();
    for (std::size_t i = 0; i < name.depth; ++i) {
      sum = 31 * sum + 7 * static_cast<std::size_t>(parts[i].index + 1) + parts[i].text.size();
    }
    return sum % buckets;
  }

  std::array<std::int32_t, buckets> newest_{};  // node of each bucket
  std::vector<std::int32_t> older_;             // for each node, the one before it in its bucket
};

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// What a network needs of a device's memory.

#include <cstddef>
#include <vector>

#include "dlpu/graph/graph.hpp"

namespace dlpu::command {

/// What a network needs in memory under a scheme.
struct MemoryUse {
  std::size_t arena_bytes = 0;  ///< of activations, planned
  std::size_t weight_bytes = 0;
  std::vector<std::size_t> live_bytes;  ///< of activations, while each operator runs
};

[[nodiscard]] MemoryUse memory_of(const GraphView& graph, ElementType storage);

}  // namespace dlpu::command

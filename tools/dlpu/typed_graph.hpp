#pragma once

/// A network from a file as `Network` takes it: storage left to a policy, made by the calls of a `build` function.

#include <cstdint>
#include <vector>

#include "dlpu/model.hpp"

namespace dlpu::command {

struct TypedGraph {
  Graph graph;
  ElementType storage = ElementType::float32;  ///< of the policy
  bool per_channel = false;                    ///< of the policy
  std::vector<std::int32_t> constants;         ///< the file graph's constant operands, in the order of their making
  std::vector<std::int32_t> tensors;           ///< for each tensor of the file's graph its number here; -1: not used
};

/// Operators that no `build` function can have are a failure that lists all of them.
[[nodiscard]] TypedGraph typed_graph(const Model& model);

}  // namespace dlpu::command

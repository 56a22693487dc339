#pragma once

/// The networks of the zoo by name.

#include <span>
#include <string_view>

#include "dlpu/graph/graph.hpp"

namespace dlpu::command {

struct ZooNetwork {
  std::string_view name;
  Graph (*build)() = nullptr;
};

[[nodiscard]] std::span<const ZooNetwork> zoo_networks();

/// The network of "zoo:NAME"; an unknown one is a failure that lists the known ones.
[[nodiscard]] const ZooNetwork& find_zoo_network(std::string_view text);

}  // namespace dlpu::command

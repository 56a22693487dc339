#include "dlpu/zoo_networks.hpp"

#include <fmt/format.h>

#include "dlpu/failure.hpp"
#include "dlpu/graph/graph_of.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {

Graph ZooNetwork::build() const {
  Graph graph = selection.build();
  if (graph.problem) throw Failure(fmt::format("{}: {}", printable(text), graph.problem->sentence));
  return graph;
}

ZooNetwork find_zoo_network(const std::string& text) {
  return {text, value_of(zoo::parse(text))};
}

}  // namespace dlpu::command

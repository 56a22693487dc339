#pragma once

/// The networks of the zoo by name.

#include <string>

#include "dlpu/zoo/parse.hpp"

namespace dlpu::command {

/// A network of the zoo with options, as the command line names it.
struct ZooNetwork {
  std::string text;
  zoo::Selection selection;

  /// Options that the network does not allow are a failure with the rule's sentence.
  [[nodiscard]] Graph build() const;
};

/// The network of "zoo:NAME?key=value,...". An unknown one is a failure that lists the known ones.
[[nodiscard]] ZooNetwork find_zoo_network(const std::string& text);

}  // namespace dlpu::command

#pragma once

/// What is to be said of a network of the zoo.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dlpu/placed.hpp"
#include "dlpu/zoo_networks.hpp"

namespace dlpu::command {

/// A chip and a network, as the chip prefers to have it quantized.
struct ZooPlacement {
  const soc::TargetInfo* target = nullptr;
  PlacementSummary summary;
  std::int64_t macs_elsewhere = 0;  ///< multiply-accumulates that are not accelerated
  std::optional<double>
      ms;  ///< estimated, on the first camera known; none where it does not load, or nothing is known

  /// It loads, and all multiply-accumulates are accelerated.
  [[nodiscard]] bool runs_well() const {
    return summary.verdict != NetworkVerdict::does_not_load && macs_elsewhere == 0;
  }
};

/// The chips that are judged: all, and ARTPEC-8 both as documented and with what its files are observed to use.
[[nodiscard]] std::vector<const soc::TargetInfo*> zoo_targets();

/// "yes; 5.4 ms", "yes; 2 on CPU; 2 ms", "60 % of MACs elsewhere; 80 ms", "does not load".
[[nodiscard]] std::string to_string(const ZooPlacement& placement, std::int64_t macs);

struct ZooFacts {
  std::string text;  ///< as the command line names it
  Shape input;
  std::size_t operators = 0;
  std::int64_t macs = 0, parameters = 0;
  std::int64_t weight_bytes = 0;      ///< 8-bit filters, 32-bit biases
  std::int64_t activation_bytes = 0;  ///< in 8 bits, with shared memory
  std::vector<ZooPlacement> placements;
};

/// `text` names the network on the command line.
[[nodiscard]] ZooFacts facts_of(const std::string& text, const Graph& graph);

/// The network itself, then other widths, depths and input sizes, one option at a time; those that the network does not
/// have are left out.
[[nodiscard]] std::vector<ZooFacts> scaled_facts(const ZooNetwork& network);

}  // namespace dlpu::command

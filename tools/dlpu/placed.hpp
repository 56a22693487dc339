#pragma once

/// What a chip does with a network, and why.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/model.hpp"
#include "dlpu/soc/registry.hpp"

namespace dlpu::command {

/// A chip as the command line names it: KEY or KEY@DEVICE.
struct Target {
  const soc::TargetInfo* info = nullptr;
  const soc::Device* device = nullptr;  ///< null: no certain one

  /// "ARTPEC-8" or "ARTPEC-8@Q1656-LE"
  [[nodiscard]] std::string name() const;
  /// "Q1656-LE"; empty: no certain one
  [[nodiscard]] std::string_view device_name() const { return device ? device->name : std::string_view{}; }
};

/// "cpu, artpec7, ..."
[[nodiscard]] std::string known_targets();

/// An unknown target or device is a failure that lists the known ones.
[[nodiscard]] Target parse_target(std::string_view text);

/// A network as the rules of chips see it.
struct Subject {
  GraphView graph;
  PolicyFacts policy;
  std::vector<Quantization> quantization;        ///< one per tensor; empty where scales are not known
  std::span<const std::int32_t> file_operators;  ///< operators' numbers in the file; empty: their positions
};

/// How the file's numbers are stored: by the types of its activations and the scales of its filters.
[[nodiscard]] Subject subject_of(const Model& model);

/// "float32", "per tensor", "per channel" or "power of two".
[[nodiscard]] std::string_view scheme_name(PolicyFacts policy);
/// The facts of the policy of that name.
[[nodiscard]] PolicyFacts policy_named(std::string_view scheme);

/// Operators with the same rule.
struct Finding {
  const Rule* rule = nullptr;
  Verdict verdict = Verdict::cpu;
  std::vector<std::size_t> nodes;
  std::int64_t multiply_accumulates = 0;
  std::string sentence;  ///< the rule's, with the names of these operators where it is about any
};

struct Placed {
  PlacementSummary summary;
  std::vector<Check> checks;      ///< one per operator
  std::vector<Finding> findings;  ///< those with the most work first
};

[[nodiscard]] Placed place_on(const soc::TargetInfo& target, const Subject& subject);

/// "3 operators on the CPU (4 CONV_2D, 5 CONV_2D, 9 ADD): the rule's sentence"
[[nodiscard]] std::string to_string(const Finding& finding, const Subject& subject);

/// Why the network does not load, in one line.
[[nodiscard]] std::string reasons(const Placed& placed, const Subject& subject);

}  // namespace dlpu::command

#pragma once

/// A network that is reported on: a file, or one of the zoo.

#include <optional>
#include <string>
#include <vector>

#include "dlpu/placed.hpp"

namespace dlpu::command {

class Candidate {
 public:
  /// A path or zoo:NAME.
  explicit Candidate(const std::string& text);
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Null for a network of the zoo.
  [[nodiscard]] const Model* model() const { return model_ ? &*model_ : nullptr; }
  /// Whether a scheme can be chosen for it: networks of the zoo, and files in float32.
  [[nodiscard]] bool is_open() const { return open_.has_value(); }
  [[nodiscard]] const Graph* open_graph() const { return open_ ? &*open_ : nullptr; }

  /// The network's schemes on a target. `choice`: "" (as it is stored; of the zoo what the target prefers), "stored",
  /// "preferred", "all", or a scheme such as "per-tensor".
  [[nodiscard]] std::vector<PolicyFacts> schemes_on(const soc::TargetInfo& target, const std::string& choice) const;

  /// The network under a scheme; it lives as long as the candidate.
  [[nodiscard]] Subject subject(PolicyFacts policy) const;

 private:
  std::string name_;
  std::optional<Model> model_;
  std::optional<Graph> open_;  ///< with the storage left to a policy
};

}  // namespace dlpu::command

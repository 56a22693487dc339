#pragma once

/// How often a classifier is right, under each scheme.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dlpu/candidate.hpp"
#include "dlpu/commands.hpp"

namespace dlpu::command {

/// The accuracy of a candidate over --inputs and --labels; nothing where these are not given. A scheme is computed once:
/// the chips that take it share the arithmetic.
class AccuracyOf {
 public:
  AccuracyOf(const Candidate& candidate, const ReportOptions& options);
  [[nodiscard]] std::optional<double> under(PolicyFacts scheme);

 private:
  const Candidate& candidate_;
  const ReportOptions& options_;
  std::map<std::string_view, std::optional<double>> known_;
};

}  // namespace dlpu::command

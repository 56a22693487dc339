#pragma once

/// One line of the report: a network on a target under a scheme, and all that is known of it.

#include <optional>
#include <string>
#include <vector>

#include "dlpu/candidate.hpp"
#include "dlpu/estimate/advice.hpp"
#include "dlpu/memory_use.hpp"

namespace dlpu::command {

struct ReportRow {
  std::string model;
  Target target;  ///< with a device where the chip has any known one
  Subject subject;
  Placed placed;
  MemoryUse memory;
  std::vector<estimate::Work> work;                ///< one per operator
  std::optional<estimate::PlacedLatency> latency;  ///< none where it does not load, or no row tells of the target
  std::string uncalibrated;                        ///< why there is no latency, or how little is known; may be empty
  std::vector<estimate::Advice> advice;
  std::optional<double> accuracy;  ///< share of images whose class is right
  std::string remark;              ///< a sentence beside the rules; may be empty

  [[nodiscard]] NetworkVerdict verdict() const { return placed.summary.verdict; }
  [[nodiscard]] std::string scheme() const { return std::string(scheme_name(subject.policy)); }
  [[nodiscard]] std::size_t operator_number(std::size_t node) const {
    return subject.file_operators.empty() ? node : static_cast<std::size_t>(subject.file_operators[node]);
  }
  /// The sentence of the rule whose operators weigh most; else the best advice; else empty.
  [[nodiscard]] std::string first_to_fix() const;
};

[[nodiscard]] ReportRow report_row(const Candidate& candidate, const Target& target, PolicyFacts scheme,
                                   const estimate::LatencyPosterior& posterior);

/// "5.4 ms (4.7 to 6.2)", or why there is none.
[[nodiscard]] std::string latency_text(const ReportRow& row);

}  // namespace dlpu::command

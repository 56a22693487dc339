#pragma once

/// Measured latencies with the networks that they are of.

#include <string>
#include <string_view>
#include <vector>

#include "dlpu/estimate/latency_fit.hpp"
#include "dlpu/soc/registry.hpp"

namespace dlpu::command {

/// The target of a row, by name or key ("ARTPEC-8", "artpec8"); null: none that dlpu knows.
[[nodiscard]] const soc::TargetInfo* target_of_row(std::string_view text);

/// The name under which the latency model knows a target: that of its SoC.
[[nodiscard]] std::string_view latency_soc(const soc::TargetInfo& target);

/// A target that dlpu has no rules of, from measured rows that say which one it is like.
struct MeasuredTarget {
  std::string name;
  const soc::TargetInfo* like = nullptr;
};

/// The rows of a CSV file (see io/measured_rows.hpp). A model is a published name such as "YOLOv5n", zoo:NAME or a .tflite
/// file. One bad line is a failure that names it, and nothing is read.
struct LatencyRows {
  std::vector<estimate::LatencyRow> rows;
  std::vector<MeasuredTarget> targets;  ///< new ones, each once
};
[[nodiscard]] LatencyRows read_latency_rows(const std::string& path);

/// What the published rows tell, from the generated header, after more rows.
[[nodiscard]] estimate::LatencyPosterior latency_posterior(const std::vector<estimate::LatencyRow>& rows);

}  // namespace dlpu::command

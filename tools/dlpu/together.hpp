#pragma once

/// Several networks on one device at the same time.

#include <string>
#include <vector>

#include "dlpu/estimate/schedule.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/report_row.hpp"

namespace dlpu::command {

struct Together {
  Target target;
  std::string problem;  ///< why nothing can be said; empty: the rest holds
  std::vector<std::string> models;
  std::vector<estimate::Job> jobs;
  estimate::ScheduleResult result;
};

/// `rows` are of one target, one per model; `fps` one rate each. Changing the model costs `switch_ms`, and on a chip with a
/// parameter cache the time to fetch the weights that it holds.
[[nodiscard]] Together run_together(const std::vector<const ReportRow*>& rows, const std::vector<double>& fps,
                                    double switch_ms);
void print_together(const Together& together);
[[nodiscard]] Json together_json(const Together& together);

}  // namespace dlpu::command

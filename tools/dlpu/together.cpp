#include "dlpu/together.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

double switch_cost(const ReportRow& row, double switch_ms) {
  const soc::Costs& costs = row.target.info->costs;
  const auto cached = static_cast<double>(
      std::min(row.memory.weight_bytes, static_cast<std::size_t>(std::max(costs.parameter_cache_bytes, 0))));
  return switch_ms + estimate::fetch_ms_per_mb.value * cached * 1e-6;
}

}  // namespace

Together run_together(const std::vector<const ReportRow*>& rows, const std::vector<double>& fps, double switch_ms) {
  Together together;
  together.target = rows.front()->target;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ReportRow& row = *rows[i];
    together.models.push_back(row.model);
    if (!row.latency) {
      together.problem =
          fmt::format("{}: {}", printable(row.model),
                      row.uncalibrated.empty() ? std::string(to_string(row.verdict())) : row.uncalibrated);
      return together;
    }
    together.jobs.push_back({fps[i], row.latency->total.ms, rows.size() > 1 ? switch_cost(row, switch_ms) : 0});
  }
  together.result = estimate::simulate_schedule(together.jobs);
  return together;
}

void print_together(const Together& together) {
  fmt::print("\nTogether on {}", together.target.name());
  if (!together.problem.empty()) {
    fmt::print(": nothing can be said; {}\n", together.problem);
    return;
  }
  const estimate::ScheduleResult& result = together.result;
  fmt::print(", one at a time and not interrupted: busy {:.0f} % of the time, {:.0f} % with changing models\n",
             100 * result.utilization, 100 * result.switch_share);
  Table table({"model", ">wanted/s", ">achieved/s", ">skipped", ">longest wait ms", ">run ms", ">change ms"});
  for (std::size_t i = 0; i < together.jobs.size(); ++i) {
    const estimate::Job& job = together.jobs[i];
    const estimate::JobResult& got = result.jobs[i];
    table.add({printable(together.models[i]), fmt::format("{:.3g}", job.rate),
               fmt::format("{:.3g}", got.achieved_rate), fmt::format("{:.0f} %", 100 * got.skipped_share),
               fmt::format("{:.1f}", got.worst_wait_ms), fmt::format("{:.2f}", job.run_ms),
               fmt::format("{:.2f}", job.switch_ms)});
  }
  table.print();
  if (result.stop >= 0) {
    fmt::print("Stop {}: without it the others keep their rates\n",
               printable(together.models[static_cast<std::size_t>(result.stop)]));
  } else if (!result.keeps_up) {
    fmt::print("The rates are not reached, and stopping one model does not help: lower them\n");
  }
}

Json together_json(const Together& together) {
  const soc::Device* device = together.target.device;
  Json json{{"target", together.target.info->key},
            {"device", device ? Json(device->name) : Json()},
            {"problem", together.problem.empty() ? Json() : Json(together.problem)}};
  json["models"] = Json::array();
  if (!together.problem.empty()) return json;
  for (std::size_t i = 0; i < together.jobs.size(); ++i) {
    const estimate::Job& job = together.jobs[i];
    const estimate::JobResult& got = together.result.jobs[i];
    json["models"].push_back({{"model", together.models[i]},
                              {"wanted_rate", job.rate},
                              {"achieved_rate", got.achieved_rate},
                              {"skipped_share", got.skipped_share},
                              {"worst_wait_ms", got.worst_wait_ms},
                              {"run_ms", job.run_ms},
                              {"switch_ms", job.switch_ms}});
  }
  const std::int32_t stop = together.result.stop;
  json["utilization"] = together.result.utilization;
  json["switch_share"] = together.result.switch_share;
  json["demand"] = together.result.demand;
  json["keeps_up"] = together.result.keeps_up;
  json["stop"] = stop < 0 ? Json() : Json(together.models[static_cast<std::size_t>(stop)]);
  return json;
}

}  // namespace dlpu::command

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dlpu/estimate/rule_text.hpp"
#include "dlpu/report_formats.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

std::string size_text(std::size_t bytes) {
  const auto number = static_cast<double>(bytes);
  if (bytes >= (1u << 20)) return fmt::format("{:.2f}MiB", number / (1 << 20));
  return bytes >= 1024 ? fmt::format("{:.2f}KiB", number / 1024) : fmt::format("{}B", bytes);
}

std::size_t bytes_of_tensors(const ReportRow& row, std::span<const std::int32_t> tensors) {
  std::size_t bytes = 0;
  for (const std::int32_t t : tensors)
    bytes += bytes_of(row.subject.graph.tensor(t).type, row.subject.policy.storage);
  return bytes;
}

/// As edgetpu_compiler words it.
std::string status_text(const ReportRow& row, std::size_t node) {
  const Check& check = row.placed.checks[node];
  const std::string sentence = check.rule ? estimate::sentence_about(*check.rule, row.subject.graph, {&node, 1}) : "";
  const bool is_cpu_target = row.target.info->key == soc::Cpu::key;
  switch (check.verdict) {
    case Verdict::accelerated:
      return is_cpu_target ? "Runs on the CPU" : fmt::format("Mapped to {}", row.target.info->name);
    case Verdict::slow:
      return fmt::format("Mapped, but slow: {}", sentence);
    case Verdict::cpu:
      if (check.rule == row.target.info->partition.rule) return "More than one subgraph is not supported";
      return fmt::format("On the CPU: {}", sentence);
    case Verdict::rejected:
      return fmt::format("Refused: {}", sentence);
  }
  return "";
}

bool has_accuracy(const Report& report) {
  return std::ranges::any_of(report.rows, [](const ReportRow& row) { return row.accuracy.has_value(); });
}

std::string memory_text(const ReportRow& row) {
  const std::size_t needed = row.memory.arena_bytes + row.memory.weight_bytes;
  const std::string text = fmt::format("{:.1f}", static_cast<double>(needed) / (1 << 20));
  const soc::Device* device = row.target.device;
  return device && device->memory_mebibytes > 0 ? fmt::format("{} of {}", text, device->memory_mebibytes) : text;
}

void print_reasons(const ReportRow& row) {
  const std::string where = row.target.name();
  const bool too_many = row.verdict() == NetworkVerdict::does_not_load && row.placed.summary.rejected_operators == 0;
  if (too_many) fmt::print("- {}: {}\n", where, row.placed.summary.rule->sentence);
  for (const Finding& finding : row.placed.findings) fmt::print("- {}: {}\n", where, to_string(finding, row.subject));
  if (!row.remark.empty()) fmt::print("- {}: {}\n", where, row.remark);
}

/// `change`: from the first row that has an accuracy.
std::string accuracy_text(const ReportRow& row, double reference) {
  if (!row.accuracy) return "-";
  return fmt::format("{:.2f} % ({:+.2f})", 100 * *row.accuracy, 100 * (*row.accuracy - reference));
}

void print_table(const std::vector<const ReportRow*>& rows, bool accuracy) {
  std::vector<std::string> headings{"target", "scheme", "verdict"};
  if (accuracy) headings.push_back(">accuracy (change)");
  for (const char* heading :
       {">latency (90 %)", ">MiB", ">accelerated", ">slow", ">CPU", ">refused", ">partitions"}) {
    headings.emplace_back(heading);
  }
  Table table(std::move(headings));
  double reference = -1;
  for (const ReportRow* row : rows) {
    if (row->accuracy && reference < 0) reference = *row->accuracy;
    const PlacementSummary& summary = row->placed.summary;
    std::vector<std::string> cells{row->target.name(), row->scheme(), std::string(to_string(summary.verdict))};
    if (accuracy) cells.push_back(accuracy_text(*row, reference));
    cells.push_back(latency_text(*row));
    cells.push_back(memory_text(*row));
    for (const std::int32_t count : {summary.accelerated_operators, summary.slow_operators, summary.cpu_operators,
                                     summary.rejected_operators, summary.partitions}) {
      cells.push_back(std::to_string(count));
    }
    table.add(std::move(cells));
  }
  table.print();
}

/// What to do first on each target: what gains most.
void print_advice(const std::vector<const ReportRow*>& rows) {
  std::string text;
  for (const ReportRow* row : rows) {
    std::size_t told = 0;
    for (const estimate::Advice& advice : row->advice) {
      const bool worth = advice.gain_ms >= 0.01 * row->latency->total.ms;
      if (!worth || told++ == 3) break;
      text += fmt::format("- {}: about {:.2g} ms less: {} [{}]\n", row->target.name(), advice.gain_ms, advice.text,
                          advice.source);
    }
  }
  if (!text.empty()) fmt::print("Advice, by the estimated gain\n{}", text);
}

}  // namespace

void print_report(const Report& report) {
  const bool accuracy = has_accuracy(report);
  for (std::size_t i = 0; i < report.rows.size();) {
    std::vector<const ReportRow*> rows;
    const std::string& model = report.rows[i].model;
    for (; i < report.rows.size() && report.rows[i].model == model; ++i) rows.push_back(&report.rows[i]);
    fmt::print("{}\n", printable(model));
    print_table(rows, accuracy);
    for (const ReportRow* row : rows) print_reasons(*row);
    print_advice(rows);
    if (i < report.rows.size()) fmt::print("\n");
  }
  bool starred = false;
  for (const ReportRow& row : report.rows) starred = starred || (row.latency && !row.uncalibrated.empty());
  if (starred) fmt::print("* uncalibrated: fewer than two measured rows, mostly prior belief\n");
  for (const std::string& sentence : report.cpu) fmt::print("{}\n", sentence);
  for (const Together& together : report.together) print_together(together);
}

void print_operations(const ReportRow& row) {
  const GraphView& graph = row.subject.graph;
  const soc::Costs& costs = row.target.info->costs;
  fmt::print("\n{}, {}: {}\n", row.target.name(), row.scheme(), to_string(row.verdict()));
  fmt::print("Input size: {}\nOutput size: {}\n", size_text(bytes_of_tensors(row, graph.inputs)),
             size_text(bytes_of_tensors(row, graph.outputs)));
  if (costs.parameter_cache_bytes > 0) {
    const auto cache = static_cast<std::size_t>(costs.parameter_cache_bytes);
    const std::size_t cached = std::min(cache, row.memory.weight_bytes);
    fmt::print(
        "On-chip memory used for caching model parameters: {}\nOn-chip memory remaining for caching model "
        "parameters: {}\nOff-chip memory used for streaming uncached model parameters: {}\n",
        size_text(cached), size_text(cache - cached), size_text(row.memory.weight_bytes - cached));
  }
  fmt::print("Number of partitions: {}\nTotal number of operations: {}\n", row.placed.summary.partitions,
             graph.nodes.size());
  std::map<std::pair<std::string_view, std::string>, std::size_t> counts;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    ++counts[{name_of(graph.nodes[i].op), status_text(row, i)}];
  }
  Table table({"Operator", ">Count", "Status"});
  for (const auto& [key, count] : counts) table.add({std::string(key.first), std::to_string(count), key.second});
  table.print();
}

}  // namespace dlpu::command

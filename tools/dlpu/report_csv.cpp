#include <fmt/format.h>

#include <algorithm>

#include "dlpu/report_formats.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text)) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

double share(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

}  // namespace

std::string report_csv(const Report& report) {
  std::string text =
      "model,target,device,scheme,operator_number,TFLite_operator,Memory Usage,Peak%,Op us,Network%,MAC "
      "Count,Network "
      "MAC%,Name,Verdict,Rule\n";
  for (const ReportRow& row : report.rows) {
    const GraphView& graph = row.subject.graph;
    const std::string head = fmt::format("{},{},{},{}", in_quotes(row.model), row.target.info->key,
                                         in_quotes(row.target.device_name()), row.scheme());
    const std::size_t peak = row.memory.live_bytes.empty()
                                 ? 0
                                 : *std::max_element(row.memory.live_bytes.begin(), row.memory.live_bytes.end());
    const auto all_macs = static_cast<double>(multiply_accumulates(graph));
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const auto macs = multiply_accumulates(graph, graph.nodes[i]);
      const double us = row.latency ? 1000 * row.latency->operator_ms[i] : 0;
      const Check& check = row.placed.checks[i];
      const std::size_t live = row.memory.live_bytes[i];
      text += fmt::format("{},{},{},{},{:.2f},", head, row.operator_number(i), name_of(graph.nodes[i].op), live,
                          share(static_cast<double>(live), static_cast<double>(peak)));
      text += row.latency ? fmt::format("{:.2f},{:.2f},", us, share(us, 1000 * row.latency->total.ms)) : ",,";
      text += fmt::format("{},{:.2f},{},{},{}\n", macs, share(static_cast<double>(macs), all_macs),
                          in_quotes(to_string(graph.nodes[i].name)), to_string(check.verdict),
                          check.rule ? check.rule->id : "");
    }
  }
  return text;
}

}  // namespace dlpu::command

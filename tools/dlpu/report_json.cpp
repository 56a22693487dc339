#include <fmt/format.h>

#include "dlpu/estimate/work.hpp"
#include "dlpu/report_formats.hpp"

namespace dlpu::command {
namespace {

Json to_json(const Finding& finding, const ReportRow& row) {
  Json operators = Json::array();
  for (const std::size_t node : finding.nodes) {
    const Node& found = row.subject.graph.nodes[node];
    operators.push_back(
        {{"operator", row.operator_number(node)}, {"type", name_of(found.op)}, {"name", to_string(found.name)}});
  }
  return {{"rule", finding.rule->id},
          {"sentence", finding.sentence},
          {"source", finding.rule->source},
          {"verdict", to_string(finding.verdict)},
          {"macs", finding.multiply_accumulates},
          {"operators", operators}};
}

Json to_json(const estimate::Advice& advice) {
  return {
      {"text", advice.text}, {"source", advice.source}, {"gain_ms", advice.gain_ms}, {"operators", advice.operators}};
}

Json parts_of(const estimate::PlacedLatency& latency) {
  Json parts;
  for (std::size_t t = 0; t < estimate::term_count; ++t) {
    parts[std::string(estimate::term_priors[t].name)] = latency.total.parts_ms[t];
  }
  parts["fetched weights"] = latency.fetch_ms;
  parts["convolutions on the CPU"] = latency.cpu_ms;
  return parts;
}

template <class T>
Json or_null(bool known, const T& value) {
  return known ? Json(value) : Json();
}

}  // namespace

Json report_json(const ReportRow& row) {
  const PlacementSummary& summary = row.placed.summary;
  const bool timed = row.latency.has_value();
  const estimate::Latency latency = timed ? row.latency->total : estimate::Latency{};
  const soc::Device* device = row.target.device;
  Json json{{"model", row.model},
            {"target", row.target.info->key},
            {"device", device ? Json(device->name) : Json()},
            {"scheme", row.scheme()},
            {"verdict", to_string(summary.verdict)},
            {"accelerated_operators", summary.accelerated_operators},
            {"slow_operators", summary.slow_operators},
            {"cpu_operators", summary.cpu_operators},
            {"rejected_operators", summary.rejected_operators},
            {"partitions", summary.partitions},
            {"accuracy", or_null(row.accuracy.has_value(), row.accuracy.value_or(0))},
            {"latency_ms", or_null(timed, latency.ms)},
            {"latency_low_ms", or_null(timed, latency.low_ms)},
            {"latency_high_ms", or_null(timed, latency.high_ms)},
            {"calibrated", row.uncalibrated.empty()},
            {"arena_bytes", row.memory.arena_bytes},
            {"weight_bytes", row.memory.weight_bytes},
            {"device_memory_bytes", or_null(device && device->memory_mebibytes > 0,
                                            std::int64_t{device ? device->memory_mebibytes : 0} << 20)},
            {"macs", multiply_accumulates(row.subject.graph)},
            {"parameters", parameter_count(row.subject.graph)},
            {"rule", summary.rule ? Json(summary.rule->sentence) : Json()},
            {"remark", or_null(!row.remark.empty(), row.remark)}};
  const std::string first = row.first_to_fix();
  json["first_to_fix"] = or_null(!first.empty(), first);
  if (timed) json["latency_parts_ms"] = parts_of(*row.latency);
  json["findings"] = Json::array();
  for (const Finding& finding : row.placed.findings) json["findings"].push_back(to_json(finding, row));
  json["advice"] = Json::array();
  for (const estimate::Advice& advice : row.advice) json["advice"].push_back(to_json(advice));
  return json;
}

}  // namespace dlpu::command

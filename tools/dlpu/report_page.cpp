#include <fmt/format.h>

#include <algorithm>

#include "dlpu/report_formats.hpp"
#include "dlpu/report_page_script.hpp"
#include "dlpu/report_page_style.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

/// Enough digits for a picture.
double rounded(double value) {
  return std::stod(fmt::format("{:.4g}", value));
}

char letter(Verdict verdict) {
  return "ascr"[static_cast<std::size_t>(verdict)];
}

/// "56x56x24"
std::string short_shape(const Shape& shape) {
  std::string text;
  for (int i = shape.rank > 1 ? 1 : 0; i < shape.rank; ++i) {
    text += (text.empty() ? "" : "x") + std::to_string(shape[i]);
  }
  return text;
}

/// The last part of a long name.
std::string short_name(const Name& name) {
  const std::string text = column_text(to_string(name));
  return text;
}

Json operators_of(const ReportRow& row) {
  const GraphView& graph = row.subject.graph;
  Json operators = Json::array();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    Json from = Json::array();
    for (const std::int32_t t : graph.inputs_of(node)) {
      if (graph.tensor(t).producer >= 0) from.push_back(graph.tensor(t).producer);
    }
    operators.push_back({{"number", row.operator_number(i)},
                         {"type", name_of(node.op)},
                         {"name", short_name(node.name)},
                         {"shape", node.outputs.count > 0 ? short_shape(graph.output_type(node).shape) : ""},
                         {"from", from}});
  }
  return operators;
}

void add_placement(Json& json, const ReportRow& row) {
  std::string verdicts;
  for (const Check& check : row.placed.checks) verdicts += letter(check.verdict);
  json["verdicts"] = verdicts;
  json["rules"] = json["sources"] = Json::array();
  std::vector<std::ptrdiff_t> rule_of(row.placed.checks.size(), -1);
  for (const Finding& finding : row.placed.findings) {
    for (const std::size_t node : finding.nodes) rule_of[node] = static_cast<std::ptrdiff_t>(json["rules"].size());
    json["rules"].push_back(finding.sentence);
    json["sources"].push_back(finding.rule->source);
  }
  json["ruleOf"] = rule_of;
  const bool too_many = row.verdict() == NetworkVerdict::does_not_load && row.placed.summary.rejected_operators == 0;
  json["network"] = too_many ? Json(row.placed.summary.rule->sentence) : Json();
}

void add_latency(Json& json, const ReportRow& row) {
  json["uncalibrated"] = row.uncalibrated;
  json["ms"] = nullptr;
  if (!row.latency) return;
  const estimate::PlacedLatency& latency = *row.latency;
  json["ms"] = rounded(latency.total.ms);
  json["low"] = rounded(latency.total.low_ms);
  json["high"] = rounded(latency.total.high_ms);
  json["fixed"] = rounded(latency.fixed_ms);
  json["fetch"] = rounded(latency.fetch_ms);
  for (const double ms : latency.operator_ms) json["operatorMs"].push_back(rounded(ms));
}

Json page_row(const ReportRow& row) {
  const soc::Device* device = row.target.device;
  Json json{{"target", row.target.info->name},
            {"device", device ? Json(device->name) : Json("")},
            {"scheme", row.scheme()},
            {"verdict", to_string(row.verdict())},
            {"accuracy", row.accuracy ? Json(*row.accuracy) : Json()},
            {"arena", row.memory.arena_bytes},
            {"weights", row.memory.weight_bytes},
            {"memory", device ? std::int64_t{device->memory_mebibytes} << 20 : 0},
            {"live", row.memory.live_bytes},
            {"first", row.first_to_fix()},
            {"remark", row.remark},
            {"advice", Json::array()}};
  add_placement(json, row);
  add_latency(json, row);
  for (const estimate::Advice& advice : row.advice) {
    json["advice"].push_back({{"text", advice.text}, {"source", advice.source}, {"gain", rounded(advice.gain_ms)}});
  }
  return json;
}

Json page_data(const Report& report) {
  Json data{{"models", Json::array()}, {"together", Json::array()}, {"cpu", report.cpu}};
  for (const ReportRow& row : report.rows) {
    Json& models = data["models"];
    if (models.empty() || models.back()["name"] != Json(row.model)) {
      models.push_back({{"name", row.model},
                        {"macs", multiply_accumulates(row.subject.graph)},
                        {"parameters", parameter_count(row.subject.graph)},
                        {"operators", operators_of(row)},
                        {"rows", Json::array()}});
    }
    models.back()["rows"].push_back(page_row(row));
  }
  for (const Together& together : report.together) {
    Json json = together_json(together);
    json["target"] = together.target.name();
    data["together"].push_back(std::move(json));
  }
  return data;
}

/// Inside of <script>, a name in a file must not end it.
std::string embedded(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  }
  return text;
}

}  // namespace

std::string report_page(const Report& report) {
  return std::string(
             "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
             "content=\"width=device-width,initial-scale=1\"><link rel=\"icon\" href=\"data:,\"><title>dlpu "
             "report</title>\n<style>") +
         report_page_style +
         "</style></head>\n<body><main><h1>What each chip does with the network</h1><p class=\"muted\">Documented "
         "rules, "
         "TensorFlow Lite's arithmetic, latency estimated from published measurements. Nothing here is bit-exact to "
         "the "
         "hardware. * uncalibrated: fewer than two measured rows.</p><noscript>The pictures need "
         "JavaScript.</noscript>"
         "</main>\n<script id=\"data\" type=\"application/json\">" +
         embedded(page_data(report)) + "</script>\n<script>" + report_page_script + "</script></body></html>\n";
}

}  // namespace dlpu::command

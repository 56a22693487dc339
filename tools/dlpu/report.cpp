#include <fmt/format.h>

#include <optional>

#include "dlpu/commands.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/placed.hpp"
#include "dlpu/text.hpp"
#include "dlpu/zoo_networks.hpp"

namespace dlpu::command {
namespace {

std::vector<Target> targets_of(const std::string& text) {
  if (text != "all") return {parse_target(text)};
  std::vector<Target> targets;
  for (const soc::TargetInfo& target : soc::targets) targets.push_back({&target, nullptr});
  return targets;
}

/// A file is judged as it is quantized; a network of the zoo as each chip prefers it.
class Candidate {
 public:
  explicit Candidate(const std::string& text) : name_(text) {
    if (text.starts_with("zoo:")) {
      graph_ = find_zoo_network(text).build();
    } else {
      model_ = open_model(text);
    }
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Subject subject(const soc::TargetInfo& target) const {
    if (model_) return subject_of(*model_);
    return {graph_.view(), policy_named(target.policies.front()), {}, {}};
  }

 private:
  std::string name_;
  std::optional<Model> model_;
  Graph graph_;
};

Json to_json(const Finding& finding, const Subject& subject) {
  Json operators = Json::array();
  for (const std::size_t node : finding.nodes) {
    const std::size_t number =
        subject.file_operators.empty() ? node : static_cast<std::size_t>(subject.file_operators[node]);
    operators.push_back({{"operator", number},
                         {"type", name_of(subject.graph.nodes[node].op)},
                         {"name", to_string(subject.graph.nodes[node].name)}});
  }
  return {{"rule", finding.rule->id},
          {"sentence", finding.rule->sentence},
          {"source", finding.rule->source},
          {"verdict", to_string(finding.verdict)},
          {"macs", finding.multiply_accumulates},
          {"operators", operators}};
}

Json to_json(const std::string& model, const Target& target, const Subject& subject, const Placed& placed) {
  const PlacementSummary& summary = placed.summary;
  Json row{{"model", model},
           {"target", target.info->key},
           {"device", target.device ? Json(target.device->name) : Json(nullptr)},
           {"scheme", scheme_name(subject.policy)},
           {"verdict", to_string(summary.verdict)},
           {"accelerated_operators", summary.accelerated_operators},
           {"slow_operators", summary.slow_operators},
           {"cpu_operators", summary.cpu_operators},
           {"rejected_operators", summary.rejected_operators},
           {"partitions", summary.partitions},
           {"macs", multiply_accumulates(subject.graph)},
           {"parameters", parameter_count(subject.graph)},
           {"rule", summary.rule ? Json(summary.rule->sentence) : Json(nullptr)},
           {"findings", Json::array()}};
  row["first_to_fix"] = placed.findings.empty() ? Json() : Json(placed.findings.front().rule->sentence);
  for (const Finding& finding : placed.findings) row["findings"].push_back(to_json(finding, subject));
  return row;
}

void add_row(Table& table, const Target& target, const Subject& subject, const PlacementSummary& summary) {
  table.add({target.name(), std::string(scheme_name(subject.policy)), std::string(to_string(summary.verdict)),
             std::to_string(summary.accelerated_operators), std::to_string(summary.slow_operators),
             std::to_string(summary.cpu_operators), std::to_string(summary.rejected_operators),
             std::to_string(summary.partitions)});
}

void report_on(const Candidate& candidate, const std::vector<Target>& targets, Json& rows) {
  Table table({"target", "scheme", "verdict", ">accelerated", ">slow", ">CPU", ">refused", ">partitions"});
  std::vector<std::string> notes;
  for (const Target& target : targets) {
    const Subject subject = candidate.subject(*target.info);
    const Placed placed = place_on(*target.info, subject);
    add_row(table, target, subject, placed.summary);
    rows.push_back(to_json(candidate.name(), target, subject, placed));
    const bool too_many =
        placed.summary.verdict == NetworkVerdict::does_not_load && placed.summary.rejected_operators == 0;
    if (too_many) notes.push_back(fmt::format("{}: {}", target.name(), placed.summary.rule->sentence));
    for (const Finding& finding : placed.findings) {
      notes.push_back(fmt::format("{}: {}", target.name(), to_string(finding, subject)));
    }
  }
  fmt::print("{}\n", printable(candidate.name()));
  table.print();
  for (const std::string& note : notes) fmt::print("- {}\n", note);
}

}  // namespace

void report(const ReportOptions& options) {
  const std::vector<Target> targets = targets_of(options.target);
  Json document = new_document("report");
  document["rows"] = Json::array();
  for (const std::string& name : options.models) {
    if (&name != &options.models.front()) fmt::print("\n");
    report_on(Candidate(name), targets, document["rows"]);
  }
  write_json(options.json, document);
}

}  // namespace dlpu::command

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "dlpu/accuracy.hpp"
#include "dlpu/commands.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/latency_rows.hpp"
#include "dlpu/report_formats.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

/// The targets of a report. Targets and devices that dlpu does not know are taken where measured rows tell of them.
class ReportTargets {
 public:
  ReportTargets(const std::string& text, const estimate::LatencyPosterior& posterior,
                const std::vector<MeasuredTarget>& measured_targets)
      : new_targets_(measured_targets) {
    if (text == "all") {
      for (const soc::TargetInfo& target : soc::targets) targets_.push_back({&target, nullptr});
      for (const MeasuredTarget& target : new_targets_) targets_.push_back(new_target(target.name));
    } else {
      targets_.push_back(measured(text, posterior.layout));
    }
  }
  [[nodiscard]] const std::vector<Target>& list() const { return targets_; }

 private:
  Target measured(std::string_view text, const estimate::LatencyLayout& layout) {
    const std::size_t at = text.find('@');
    Target target = new_target(text.substr(0, at));
    const bool is_new = target.info != nullptr;
    if (at == std::string_view::npos) return is_new ? target : parse_target(text);
    if (!is_new) target = parse_target(text.substr(0, at));
    const std::size_t soc = layout.find_soc(latency_soc(*target.info));
    const std::size_t device = layout.find_device(soc, text.substr(at + 1));
    const bool is_known = std::ranges::any_of(
        target.info->devices, [&](const soc::Device& known) { return known.name == text.substr(at + 1); });
    if (!is_new && (is_known || device == estimate::LatencyLayout::absent)) return parse_target(text);
    if (device == estimate::LatencyLayout::absent) {
      throw Failure(
          fmt::format("the rows of {} tell of no device '{}'", target.info->name, printable(text.substr(at + 1))));
    }
    target.device = &own_.emplace_back(soc::Device{layout.devices[device].name});
    return target;
  }

  /// A target of measured rows alone: the rules of the one that it is like, under its own name.
  Target new_target(std::string_view name) {
    const auto found = std::ranges::find(new_targets_, name, &MeasuredTarget::name);
    if (found == new_targets_.end()) return {};
    soc::TargetInfo& info = infos_.emplace_back(*found->like);
    info.name = info.key = found->name;
    info.devices = {};
    return {&info, nullptr};
  }

  std::vector<MeasuredTarget> new_targets_;
  std::vector<Target> targets_;
  std::deque<soc::TargetInfo> infos_;
  std::deque<soc::Device> own_;
};

/// Whether the camera's CPU alone would do. No latency of one is published, so only clear cases get an answer.
std::string cpu_answer(const Candidate& candidate, double fps) {
  const GraphView graph = candidate.model() ? candidate.model()->graph().view() : candidate.open_graph()->view();
  const double gmac = 1e-9 * static_cast<double>(multiply_accumulates(graph));
  constexpr double slowest = 2, fastest = 20;  // GMAC/s, see estimate::cpu_ms_per_gmac
  const double wanted = gmac * fps;
  const std::string answer = wanted <= slowest   ? "the CPU alone would probably do"
                             : wanted >= fastest ? "the CPU alone will not do"
                                                 : "whether the CPU alone would do must be measured";
  return fmt::format(
      "{}: {:.3g} inferences a second need {:.3g} GMAC/s: {} (assumed: a camera's CPU reaches {} to {} "
      "GMAC/s in 8 bits; nothing is published)",
      printable(candidate.name()), fps, wanted, answer, slowest, fastest);
}

std::vector<double> rates_of(const ReportOptions& options) {
  std::vector<double> rates = options.fps;
  if (rates.size() == 1) rates.assign(options.models.size(), rates.front());
  if (!rates.empty() && rates.size() != options.models.size()) {
    throw Failure(fmt::format("--fps: there are {} numbers for {} models; give one, or one for each", rates.size(),
                              options.models.size()));
  }
  if (options.together && rates.empty()) throw Failure("--together: give the wanted rates with --fps");
  return rates;
}

std::vector<Together> simulate_together(const Report& report, const std::vector<Target>& targets,
                                        const ReportOptions& options, const std::vector<double>& rates) {
  std::vector<Together> result;
  for (const Target& target : targets) {
    if (target.info->key == soc::Cpu::key) continue;
    std::vector<const ReportRow*> rows;
    for (const std::string& model : options.models) {
      for (const ReportRow& row : report.rows) {
        const bool first = row.model == model && row.target.info == target.info;
        if (!first) continue;
        rows.push_back(&row);  // a model's first scheme
        break;
      }
    }
    result.push_back(run_together(rows, rates, options.switch_ms));
  }
  return result;
}

void write_text(const std::string& path, const std::string& text) {
  if (!path.empty()) require(io::write_file(path, std::as_bytes(std::span(text))));
}

}  // namespace

void report(const ReportOptions& options) {
  const std::vector<double> rates = rates_of(options);
  const LatencyRows measured = options.rows.empty() ? LatencyRows{} : read_latency_rows(options.rows);
  const estimate::LatencyPosterior posterior = latency_posterior(measured.rows);
  const ReportTargets targets(options.target, posterior, measured.targets);
  std::deque<Candidate> candidates;
  Report report;
  for (std::size_t i = 0; i < options.models.size(); ++i) {
    const Candidate& candidate = candidates.emplace_back(options.models[i]);
    AccuracyOf accuracy(candidate, options);
    for (const Target& target : targets.list()) {
      for (const PolicyFacts& scheme : candidate.schemes_on(*target.info, options.schemes)) {
        ReportRow& row = report.rows.emplace_back(report_row(candidate, target, scheme, posterior));
        if (row.verdict() != NetworkVerdict::does_not_load) row.accuracy = accuracy.under(scheme);
      }
    }
    if (!rates.empty()) report.cpu.push_back(cpu_answer(candidate, rates[i]));
  }
  if (options.together) report.together = simulate_together(report, targets.list(), options, rates);

  print_report(report);
  if (options.operations) {
    for (const ReportRow& row : report.rows) print_operations(row);
  }
  write_text(options.csv, options.csv.empty() ? "" : report_csv(report));
  write_text(options.html, options.html.empty() ? "" : report_page(report));
  Json document = new_document("report");
  document["rows"] = Json::array();
  for (const ReportRow& row : report.rows) document["rows"].push_back(report_json(row));
  if (!report.cpu.empty()) document["cpu"] = report.cpu;
  for (const Together& together : report.together) document["together"].push_back(together_json(together));
  write_json(options.json, document);
}

}  // namespace dlpu::command

#include "dlpu/report_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dlpu/discouraged.hpp"
#include "dlpu/latency_rows.hpp"

namespace dlpu::command {
namespace {

/// A network that a device cannot hold does not run there, whatever its chip does.
void check_device_memory(ReportRow& row) {
  if (row.target.device == nullptr || row.target.device->memory_mebibytes == 0) return;
  if (row.verdict() == NetworkVerdict::does_not_load) return;
  const auto available = static_cast<std::size_t>(row.target.device->memory_mebibytes) << 20;
  const std::size_t needed = row.memory.arena_bytes + row.memory.weight_bytes;
  if (needed <= available) return;
  row.placed.summary.verdict = NetworkVerdict::does_not_fit;
  row.remark = fmt::format("it needs {} MiB for weights and activations, the whole {} has {} MiB", needed >> 20,
                           row.target.device->name, row.target.device->memory_mebibytes);
}

/// Axis' YOLOv5n loads on ARTPEC-8 although the documented list would forbid it.
std::string remark_on_list(const ReportRow& row) {
  if (row.target.info->key != soc::Artpec8::key || row.verdict() != NetworkVerdict::does_not_load) return {};
  const Placed observed = place_on(soc::target_info<soc::Artpec8Observed>, row.subject);
  if (observed.summary.verdict == NetworkVerdict::does_not_load) return {};
  return fmt::format(
      "with Pad, Quantize and Logistic on the accelerator, as Axis' own YOLOv5n suggests, it {} (--target {})",
      to_string(observed.summary.verdict), soc::Artpec8Observed::key);
}

void estimate_latency(ReportRow& row, const estimate::LatencyPosterior& posterior) {
  const soc::TargetInfo& info = *row.target.info;
  const std::size_t soc = posterior.layout.find_soc(latency_soc(info));
  if (soc == estimate::LatencyLayout::absent) {
    row.uncalibrated = "uncalibrated: no latency of it is published; give measured rows with --rows";
    return;
  }
  if (row.verdict() == NetworkVerdict::does_not_load || row.verdict() == NetworkVerdict::does_not_fit) return;
  const std::string_view device = row.target.device ? row.target.device->name : std::string_view{};
  const estimate::PlacedNetwork network{row.subject.graph, row.subject.policy.storage, row.placed.checks, info.costs};
  row.latency = estimate::latency_of(posterior, soc, device, network);
  if (!posterior.calibrated(soc)) row.uncalibrated = "uncalibrated: fewer than two rows";
  row.advice = estimate::advise({posterior, soc, device, network, info.partition, info.input_layout});
}

}  // namespace

std::string ReportRow::first_to_fix() const {
  if (!placed.findings.empty()) return placed.findings.front().sentence;
  return advice.empty() || advice.front().gain_ms <= 0 ? "" : advice.front().text;
}

ReportRow report_row(const Candidate& candidate, const Target& target, PolicyFacts scheme,
                     const estimate::LatencyPosterior& posterior) {
  ReportRow row;
  row.model = candidate.name();
  row.target = target;
  row.subject = candidate.subject(scheme);
  if (row.target.device == nullptr && !target.info->devices.empty())
    row.target.device = &target.info->devices.front();
  row.placed = place_on(*target.info, row.subject);
  row.memory = memory_of(row.subject.graph, row.subject.policy.storage);
  row.work =
      estimate::work_of_operators(row.subject.graph, row.subject.policy.storage, target.info->costs.channel_granule);
  check_device_memory(row);
  if (row.remark.empty()) row.remark = remark_on_list(row);
  if (row.remark.empty()) row.remark = discouraged_kind(row.subject.graph);
  estimate_latency(row, posterior);
  return row;
}

std::string latency_text(const ReportRow& row) {
  if (!row.latency) return row.uncalibrated.empty() ? "-" : "uncalibrated";
  const estimate::Latency& t = row.latency->total;
  return fmt::format("{:.3g} ms ({:.3g} to {:.3g}){}", t.ms, t.low_ms, t.high_ms,
                     row.uncalibrated.empty() ? "" : " *");
}

}  // namespace dlpu::command

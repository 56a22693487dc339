#include "dlpu/zoo_facts.hpp"

#include <fmt/format.h>

#include "dlpu/estimate/placed_latency.hpp"
#include "dlpu/estimate/published_latency.hpp"
#include "dlpu/latency_rows.hpp"
#include "dlpu/memory_use.hpp"

namespace dlpu::command {
namespace {

/// Milliseconds as published measurements let expect; none where nothing is published, or too little.
std::optional<double> estimated_ms(const soc::TargetInfo& target, const GraphView& graph, const Placed& placed) {
  static const estimate::LatencyPosterior posterior = estimate::published_latency();
  const std::size_t soc = posterior.layout.find_soc(latency_soc(target));
  if (soc == estimate::LatencyLayout::absent || target.devices.empty()) return std::nullopt;
  const ElementType storage = policy_named(target.policies.front()).storage;
  return estimate::latency_of(posterior, soc, target.devices.front().name,
                              {graph, storage, placed.checks, target.costs})
      .total.ms;
}

ZooPlacement place_zoo(const soc::TargetInfo& target, const GraphView& graph) {
  const Placed placed = place_on(target, {graph, policy_named(target.policies.front()), {}, {}});
  ZooPlacement result{&target, placed.summary, 0, {}};
  for (const Finding& finding : placed.findings) result.macs_elsewhere += finding.multiply_accumulates;
  if (placed.summary.verdict != NetworkVerdict::does_not_load) result.ms = estimated_ms(target, graph, placed);
  return result;
}

std::string with_option(const ZooNetwork& network, const std::string& option) {
  return network.text + (network.text.find('?') == std::string::npos ? "?" : ",") + option;
}

}  // namespace

std::vector<const soc::TargetInfo*> zoo_targets() {
  std::vector<const soc::TargetInfo*> targets;
  for (const soc::TargetInfo& target : soc::targets) {
    targets.push_back(&target);
    if (target.key == soc::Artpec8::key) targets.push_back(soc::find_target(soc::Artpec8Observed::key));
  }
  return targets;
}

std::string to_string(const ZooPlacement& placement, std::int64_t macs) {
  const PlacementSummary& summary = placement.summary;
  if (summary.verdict == NetworkVerdict::does_not_load) return "does not load";
  std::string text = "yes";
  if (placement.macs_elsewhere > 0) {
    const double share = static_cast<double>(placement.macs_elsewhere) / static_cast<double>(macs);
    text = fmt::format("{:.0f} % of MACs elsewhere", 100 * share);
  } else if (summary.cpu_operators > 0) {
    text = fmt::format("yes; {} on CPU", summary.cpu_operators);
  }
  return placement.ms ? fmt::format("{}; {:.3g} ms", text, *placement.ms) : text;
}

ZooFacts facts_of(const std::string& text, const Graph& graph) {
  ZooFacts facts{text,
                 graph.tensors[static_cast<std::size_t>(graph.inputs[0])].type.shape,
                 graph.nodes.size(),
                 multiply_accumulates(graph.view()),
                 parameter_count(graph.view()),
                 0,
                 0,
                 {}};
  for (const TensorInfo& tensor : graph.tensors) {
    const bool weights = tensor.role == TensorRole::filter || tensor.role == TensorRole::bias;
    if (weights) facts.weight_bytes += static_cast<std::int64_t>(bytes_of(tensor.type, ElementType::int8));
  }
  facts.activation_bytes = static_cast<std::int64_t>(memory_of(graph.view(), ElementType::int8).arena_bytes);
  for (const soc::TargetInfo* target : zoo_targets()) facts.placements.push_back(place_zoo(*target, graph.view()));
  return facts;
}

std::vector<ZooFacts> scaled_facts(const ZooNetwork& network) {
  std::vector<ZooFacts> all{facts_of(network.text, network.build())};
  const std::int32_t input = all[0].input[1];
  std::vector<std::string> options;
  for (const int width : {25, 50, 75, 140}) options.push_back(fmt::format("width_percent={}", width));
  for (const int depth : {50, 150, 200}) options.push_back(fmt::format("depth_percent={}", depth));
  for (const int eighths : {4, 6, 12})
    options.push_back(fmt::format("input={}", (input * eighths / 8 + 16) / 32 * 32));
  for (const std::string& option : options) {
    const ZooNetwork variant = find_zoo_network(with_option(network, option));
    const Graph graph = variant.selection.build();
    if (graph.problem == nullptr) all.push_back(facts_of(variant.text, graph));
  }
  return all;
}

}  // namespace dlpu::command

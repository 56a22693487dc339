#include "dlpu/placed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "dlpu/core/math.hpp"
#include "dlpu/estimate/rule_text.hpp"
#include "dlpu/failure.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

const soc::Device& find_device(const soc::TargetInfo& target, std::string_view name) {
  std::string known;
  for (const soc::Device& device : target.devices) {
    if (device.name == name) return device;
    known += (known.empty() ? "" : ", ") + std::string(device.name);
  }
  throw Failure(fmt::format("{} has no device '{}'; known devices: {}", target.name, printable(name),
                            known.empty() ? "none" : known));
}

PolicyFacts facts_of(const Model& model) {
  constexpr std::array storages = {ElementType::int8, ElementType::uint8, ElementType::int16};
  std::array<std::size_t, storages.size()> counts{};
  bool per_channel = false, power_of_two = true;
  for (std::size_t t = 0; t < model.graph().tensors.size(); ++t) {
    const TensorInfo& tensor = model.graph().tensors[t];
    const TensorData& data = model.file.parameters.tensors()[t];
    const auto storage = std::ranges::find(storages, tensor.type.element);
    if (tensor.role == TensorRole::filter && data.scales.size() > 1) per_channel = true;
    if (storage == storages.end() || tensor.role == TensorRole::filter) continue;
    ++counts[static_cast<std::size_t>(storage - storages.begin())];
    power_of_two =
        power_of_two && data.quantization.zero_point == 0 && math::is_power_of_two(data.quantization.scale);
  }
  const auto most = std::ranges::max_element(counts);
  if (*most == 0) return policy_facts<Unquantized>;
  return {true, per_channel, power_of_two && !per_channel, storages[static_cast<std::size_t>(most - counts.begin())]};
}

void add_finding(std::vector<Finding>& findings, const Check& check, std::size_t node, std::int64_t work) {
  auto found = std::ranges::find_if(
      findings, [&](const Finding& f) { return f.rule == check.rule && f.verdict == check.verdict; });
  if (found == findings.end()) found = findings.insert(found, {check.rule, check.verdict, {}, 0, {}});
  found->nodes.push_back(node);
  found->multiply_accumulates += work;
}

std::string_view where(Verdict verdict) {
  return verdict == Verdict::slow ? "slow" : verdict == Verdict::cpu ? "on the CPU" : "refused";
}

}  // namespace

std::string known_targets() {
  std::string keys;
  for (const soc::TargetInfo& target : soc::targets) keys += (keys.empty() ? "" : ", ") + std::string(target.key);
  return keys + ", " + std::string(soc::Artpec8Observed::key);
}

std::string Target::name() const {
  return std::string(info->name) + (device ? "@" + std::string(device->name) : "");
}

Target parse_target(std::string_view text) {
  const std::size_t at = text.find('@');
  Target target{soc::find_target(text.substr(0, at)), nullptr};
  if (!target.info) {
    throw Failure(
        fmt::format("'{}' is no target; known targets: {}", printable(text.substr(0, at)), known_targets()));
  }
  if (at != std::string_view::npos) target.device = &find_device(*target.info, text.substr(at + 1));
  return target;
}

Subject subject_of(const Model& model) {
  Subject subject{model.graph().view(), facts_of(model), {}, model.file.file_operators};
  for (const TensorData& data : model.file.parameters.tensors()) subject.quantization.push_back(data.quantization);
  return subject;
}

std::string_view scheme_name(PolicyFacts policy) {
  if (!policy.quantized) return Unquantized::name;
  if (policy.power_of_two) return policy.storage == ElementType::int16 ? PowerOfTwo16::name : PowerOfTwo::name;
  return policy.per_channel ? PerChannel::name : PerTensor::name;
}

PolicyFacts policy_named(std::string_view scheme) {
  if (scheme == PerTensor::name) return policy_facts<PerTensor>;
  if (scheme == PerChannel::name) return policy_facts<PerChannel>;
  if (scheme == PowerOfTwo::name) return policy_facts<PowerOfTwo>;
  if (scheme == PowerOfTwo16::name) return policy_facts<PowerOfTwo16>;
  return policy_facts<Unquantized>;
}

Placed place_on(const soc::TargetInfo& target, const Subject& subject) {
  std::vector<Check> checks(subject.graph.nodes.size());
  Placed placed{
      place(subject.graph, subject.policy, target.check, target.partition, checks, subject.quantization), {}, {}};
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (checks[i].rule == nullptr) continue;
    add_finding(placed.findings, checks[i], i, multiply_accumulates(subject.graph, subject.graph.nodes[i]));
  }
  for (Finding& finding : placed.findings) {
    finding.sentence = estimate::sentence_about(*finding.rule, subject.graph, finding.nodes);
  }
  std::ranges::stable_sort(placed.findings, [](const Finding& a, const Finding& b) {
    if (a.multiply_accumulates != b.multiply_accumulates) return a.multiply_accumulates > b.multiply_accumulates;
    return a.nodes.size() > b.nodes.size();
  });
  placed.checks = std::move(checks);
  return placed;
}

std::string to_string(const Finding& finding, const Subject& subject) {
  constexpr std::size_t most = 6;
  std::string nodes;
  for (std::size_t i = 0; i < std::min(finding.nodes.size(), most); ++i) {
    const std::size_t node = finding.nodes[i];
    const std::size_t number =
        subject.file_operators.empty() ? node : static_cast<std::size_t>(subject.file_operators[node]);
    nodes += fmt::format("{}{} {}", i ? ", " : "", number, name_of(subject.graph.nodes[node].op));
  }
  if (finding.nodes.size() > most) nodes += ", ...";
  return fmt::format("{} operator{} {} ({}): {}", finding.nodes.size(), finding.nodes.size() == 1 ? "" : "s",
                     where(finding.verdict), nodes, finding.sentence);
}

std::string reasons(const Placed& placed, const Subject& subject) {
  const bool refused = placed.summary.rejected_operators > 0;  // otherwise there are too many partitions
  const Verdict cause = refused ? Verdict::rejected : Verdict::cpu;
  std::string text =
      refused ? "" : fmt::format("{} partitions: {}", placed.summary.partitions, placed.summary.rule->sentence);
  for (const Finding& finding : placed.findings) {
    if (finding.verdict == cause) text += (text.empty() ? "" : "; ") + to_string(finding, subject);
  }
  return text;
}

}  // namespace dlpu::command

#include <fmt/format.h>

#include "dlpu/commands.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/soc/registry.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

std::string fallback_of(const PartitionRule& partition) {
  switch (partition.kind) {
    case PartitionRule::Kind::any:
      return "operator by operator";
    case PartitionRule::Kind::prefix:
      return "the first refused operator and all after it";
    case PartitionRule::Kind::at_most:
      return fmt::format("operator by operator, at most {} partitions", partition.limit);
    case PartitionRule::Kind::whole:
      return "none";
  }
  return "unknown";
}

std::string joined_policies(const soc::TargetInfo& target) {
  std::string text;
  for (const std::string_view policy : target.policies) text += (text.empty() ? "" : ", ") + std::string(policy);
  return text;
}

std::string joined_devices(const soc::TargetInfo& target) {
  std::string text;
  for (const soc::Device& device : target.devices) text += (text.empty() ? "" : ", ") + std::string(device.name);
  return text.empty() ? "-" : text;
}

Json devices_of(const soc::TargetInfo& target) {
  Json devices = Json::array();
  for (const soc::Device& device : target.devices) {
    const Json memory = device.memory_mebibytes > 0 ? Json(device.memory_mebibytes) : Json();
    devices.push_back({{"name", device.name}, {"memory_mebibytes", memory}});
  }
  return devices;
}

Json rules_of(const soc::TargetInfo& target) {
  Json rules = Json::array();
  for (const Rule* rule : target.rules) {
    rules.push_back({{"id", rule->id}, {"sentence", rule->sentence}, {"source", rule->source}});
  }
  return rules;
}

Json to_json(const soc::TargetInfo& target) {
  return {{"key", target.key},
          {"name", target.name},
          {"larod_device", target.larod_device},
          {"larod_chip", target.larod_chip == 0 ? Json(nullptr) : Json(target.larod_chip)},
          {"model_format", target.model_format},
          {"model_cache", target.model_cache},
          {"abi", target.abi},
          {"policies", target.policies},
          {"fallback", fallback_of(target.partition)},
          {"input_layout", target.input_layout.order == FrameLayout::planar ? "planar" : "interleaved"},
          {"arithmetic", target.arithmetic.note},
          {"arithmetic_documented", target.arithmetic.documented},
          {"devices", devices_of(target)},
          {"rules", rules_of(target)}};
}

}  // namespace

void list_targets(const ListOptions& options) {
  std::vector<soc::TargetInfo> targets(soc::targets.begin(), soc::targets.end());
  targets.push_back(soc::target_info<soc::Artpec8Observed>);
  Table table({"target", "name", "larod device", "model file", "quantization, preferred first", "devices",
               "fallback to the CPU"});
  Json document = new_document("targets");
  document["targets"] = Json::array();
  for (const soc::TargetInfo& target : targets) {
    const std::string fallback = target.key == soc::Cpu::key ? "-" : fallback_of(target.partition);
    table.add({std::string(target.key), std::string(target.name), std::string(target.larod_device),
               std::string(target.model_format), joined_policies(target), joined_devices(target), fallback});
    document["targets"].push_back(to_json(target));
  }
  table.print();
  write_json(options.json, document);
}

}  // namespace dlpu::command

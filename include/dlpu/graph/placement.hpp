#pragma once

/// Placement: what a chip does with each operator of a network, and what that makes of the network.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dlpu/graph/graph_of.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// What a chip does with one operator.
enum class Verdict : std::int32_t {
  accelerated,  ///< runs on the target's own processor, at its full speed
  slow,         ///< runs there, but much slower than it could
  cpu,          ///< falls back to the camera's CPU
  rejected,     ///< cannot run on this target at all
};
inline constexpr Verdict slow = Verdict::slow;
inline constexpr Verdict cpu = Verdict::cpu;

[[nodiscard]] constexpr std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::accelerated:
      return "accelerated";
    case Verdict::slow:
      return "slow";
    case Verdict::cpu:
      return "CPU";
    case Verdict::rejected:
      return "rejected";
  }
  return "unknown";
}

/// A verdict on one operator; the rule is null where it is accelerated.
struct Check {
  Verdict verdict = Verdict::accelerated;
  const Rule* rule = nullptr;
  friend constexpr bool operator==(const Check&, const Check&) = default;
};

/// What rules may ask of a quantization policy.
struct PolicyFacts {
  bool quantized = false, per_channel = false, power_of_two = false;
  ElementType storage = ElementType::float32;
};
template <QuantizationPolicy Policy>
inline constexpr PolicyFacts policy_facts = [] {
  PolicyFacts facts{Policy::quantized, Policy::per_channel, false, element_type_of<typename Policy::Storage>};
  if constexpr (Policy::quantized) facts.power_of_two = std::is_same_v<typename Policy::Rounding, rounding::Shift>;
  return facts;
}();

/// One operator as a chip's rules see it. `quantization` holds one entry per tensor of the graph where scales
/// are known, and is empty where they are not yet (in constant expressions): rules on scales then give no
/// verdict.
struct OperatorFacts {
  const GraphView& graph;
  const Node& node;
  PolicyFacts policy;
  std::span<const Quantization> quantization;

  [[nodiscard]] constexpr const Operator& op() const { return node.op; }
  [[nodiscard]] constexpr std::size_t inputs() const { return static_cast<std::size_t>(node.inputs.count); }
  [[nodiscard]] constexpr const Shape& input(std::size_t i = 0) const { return graph.input_type(node, i).shape; }
  [[nodiscard]] constexpr const Shape& output(std::size_t i = 0) const { return graph.output_type(node, i).shape; }
  /// A tensor's element type under the policy.
  [[nodiscard]] constexpr ElementType element(const TensorType& type) const {
    return resolved(type.element, policy.storage);
  }
};

/// How a chip shares a graph with its CPU.
struct PartitionRule {
  enum class Kind : std::int32_t {
    any,      ///< each unsupported operator falls back on its own
    prefix,   ///< the first unsupported operator and all after it fall back
    at_most,  ///< as `any`, but a graph of more than `limit` partitions does not load
    whole,    ///< no fallback: all operators or none
  };
  Kind kind = Kind::any;
  std::int32_t limit = 0;
  const Rule* rule = nullptr;  ///< what to say of operators or networks that the rule touches
};

/// What a chip does with a network.
enum class NetworkVerdict : std::int32_t {
  runs,
  runs_with_fallback,
  does_not_load,
  does_not_fit,  ///< the chip would run it, but this device has too little memory; never told by `place`
};

[[nodiscard]] constexpr std::string_view to_string(NetworkVerdict verdict) {
  switch (verdict) {
    case NetworkVerdict::runs:
      return "runs";
    case NetworkVerdict::runs_with_fallback:
      return "runs with fallback";
    case NetworkVerdict::does_not_load:
      return "does not load";
    case NetworkVerdict::does_not_fit:
      return "does not fit this device";
  }
  return "unknown";
}

/// The counts over all operators. A partition is a longest run of operators on the same processor.
struct PlacementSummary {
  std::int32_t accelerated_operators = 0, slow_operators = 0, cpu_operators = 0, rejected_operators = 0;
  std::int32_t partitions = 0;
  NetworkVerdict verdict = NetworkVerdict::runs;
  const Rule* rule = nullptr;  ///< why it does not load
};

using CheckFunction = Check (*)(const OperatorFacts&);

/// Fills `checks` (one per operator) and sums up.
[[nodiscard]] constexpr PlacementSummary place(const GraphView& graph, PolicyFacts policy, CheckFunction check,
                                               const PartitionRule& partition, std::span<Check> checks,
                                               std::span<const Quantization> quantization = {}) {
  PlacementSummary summary;
  bool all_to_cpu = false;
  bool previous_on_cpu = false;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Check result = check({graph, graph.nodes[i], policy, quantization});
    if (all_to_cpu && result.verdict != Verdict::cpu && result.verdict != Verdict::rejected) {
      result = {Verdict::cpu, partition.rule};
    }
    // A Quantize on the CPU takes the network's float input; such compilers leave it in front of the accelerated part.
    const bool cuts = result.verdict == Verdict::cpu && !graph.nodes[i].op.is<op::Quantize>();
    if (cuts && partition.kind == PartitionRule::Kind::prefix) all_to_cpu = true;
    if (result.verdict == Verdict::cpu && partition.kind == PartitionRule::Kind::whole)
      result.verdict = Verdict::rejected;
    checks[i] = result;
    switch (result.verdict) {
      case Verdict::accelerated:
        ++summary.accelerated_operators;
        break;
      case Verdict::slow:
        ++summary.slow_operators;
        break;
      case Verdict::cpu:
        ++summary.cpu_operators;
        break;
      case Verdict::rejected:
        if (summary.rejected_operators++ == 0) summary.rule = result.rule;
        break;
    }
    const bool on_cpu = result.verdict == Verdict::cpu;
    if (i == 0 || on_cpu != previous_on_cpu) ++summary.partitions;
    previous_on_cpu = on_cpu;
  }
  const bool too_many = partition.kind == PartitionRule::Kind::at_most && summary.partitions > partition.limit;
  if (too_many && summary.rejected_operators == 0) summary.rule = partition.rule;
  if (too_many || summary.rejected_operators > 0) {
    summary.verdict = NetworkVerdict::does_not_load;
  } else if (summary.cpu_operators > 0) {
    summary.verdict = NetworkVerdict::runs_with_fallback;
  }
  return summary;
}

/// A placement with the verdict on each of `N` operators.
template <std::size_t N>
struct Placement : PlacementSummary {
  std::array<Check, N> operators{};
};

/// What a chip does with a network under a policy, as a constant. Asking never fails to compile because of
/// the answer. A description that breaks a rule loads nowhere; the verdicts on its operators mean nothing.
template <class Model, class Soc, QuantizationPolicy Policy>
inline constexpr auto placement = [] {
  constexpr const auto& graph = graph_of<Model>;
  Placement<graph.nodes.size()> result;
  if (graph.problem == nullptr) {
    static_cast<PlacementSummary&>(result) =
        place(graph.view(), policy_facts<Policy>, &Soc::check, Soc::partition, result.operators);
  } else {
    result.verdict = NetworkVerdict::does_not_load;
    result.rule = graph.problem;
  }
  return result;
}();

}  // namespace dlpu::inline DLPU_ABI

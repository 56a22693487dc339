#pragma once

/// How long a network takes on a device, given what the chip does with each operator.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "dlpu/estimate/latency_posterior.hpp"
#include "dlpu/soc/soc.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// A factor that no published row tells, with the standard deviation of its logarithm.
struct Assumption {
  double value, spread;
  std::string_view source;
};

/// Convolutions on a camera's CPU: between 2 and 20 GMAC/s in 90 of 100 cases.
inline constexpr Assumption cpu_ms_per_gmac{158.0, 0.7,
                                            "assumption of dlpu: no latency of a camera's CPU is published"};
/// How much longer a slow operator takes.
inline constexpr Assumption slow_factor{10.0, 0.7,
                                        "AxisCommunications/acap-native-sdk-examples, issue 360: one user's report"};
/// Weights beyond the chip's cache are fetched for each inference.
inline constexpr Assumption fetch_ms_per_mb{1.55, 0.25,
                                            "fitted to Coral's benchmarks of the Edge TPU: 1.4 to 1.7 ms per MB"};

/// A network as a chip takes it.
struct PlacedNetwork {
  GraphView graph;
  ElementType storage;            ///< of activations
  std::span<const Check> checks;  ///< one per operator
  soc::Costs costs;
};

struct PlacedLatency {
  Latency total;                    ///< its parts as if no operator were slow, without `fetch_ms` and `cpu_ms`
  std::vector<double> operator_ms;  ///< of `total`, one per operator
  double fixed_ms = 0;              ///< of `total`: what each job costs
  double fetch_ms = 0;              ///< of `total`: weights beyond the cache
  double cpu_ms = 0;                ///< of `total`: convolutions on the CPU, by assumption
};

/// Weights that the chip's cache does not hold, in MB.
[[nodiscard]] constexpr double fetched_mb(const Work& work, const soc::Costs& costs) {
  if (costs.parameter_cache_bytes == 0) return 0;
  return std::max(0.0, work.weight_mb - costs.parameter_cache_bytes * 1e-6);
}

/// The estimate of `posterior` for its SoC number `soc`. Operators without weights cost the same wherever they run: the
/// published rows do not tell the two cases apart.
[[nodiscard]] inline PlacedLatency latency_of(const LatencyPosterior& posterior, std::size_t soc,
                                              std::string_view device, const PlacedNetwork& network) {
  const std::vector<Work> works = work_of_operators(network.graph, network.storage, network.costs.channel_granule);
  std::vector<double> cpu_gmac(works.size());
  std::vector<Work> accelerated = works;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (network.checks[i].verdict != Verdict::cpu) continue;
    cpu_gmac[i] = 1e-9 * multiply_accumulates(network.graph, network.graph.nodes[i]);
    accelerated[i].convolution_gmac = accelerated[i].depthwise_gmac = 0;
  }
  const Work sum = sum_of(accelerated);
  const Latency base = posterior.predict(soc, device, sum);
  const auto amounts = quantities(sum);

  PlacedLatency result;
  result.fixed_ms = base.parts_ms[static_cast<std::size_t>(Term::fixed)];
  result.fetch_ms = fetch_ms_per_mb.value * fetched_mb(sum, network.costs);
  double slow_ms = 0, total = result.fixed_ms + result.fetch_ms;
  for (std::size_t i = 0; i < works.size(); ++i) {
    const auto own = quantities(accelerated[i]);
    double ms = 0;
    for (std::size_t t = 1; t < term_count; ++t) {
      if (amounts[t] > 0) ms += base.parts_ms[t] * own[t] / amounts[t];
    }
    if (network.checks[i].verdict == Verdict::slow) {
      ms *= slow_factor.value;
      slow_ms += ms;
    }
    const double cpu_ms = cpu_ms_per_gmac.value * cpu_gmac[i];
    result.cpu_ms += cpu_ms;
    result.operator_ms.push_back(ms + cpu_ms);
    total += ms + cpu_ms;
  }

  double variance = std::pow(std::log(base.half_width()) / deviations_of_90_percent, 2);
  const auto add = [&](double ms, double spread) { variance += std::pow(ms / total * spread, 2); };
  add(slow_ms, slow_factor.spread);
  add(result.cpu_ms, cpu_ms_per_gmac.spread);
  add(result.fetch_ms, fetch_ms_per_mb.spread);
  for (const Node& node : network.graph.nodes) {
    // Suppression class by class takes a time that depends on the scores.
    const bool regular =
        node.op.is<op::DetectionPostProcess>() && node.op.as<op::DetectionPostProcess>().regular != 0;
    if (regular) add(base.parts_ms[static_cast<std::size_t>(Term::post_process)], 0.7);
  }
  const double factor = std::exp(deviations_of_90_percent * std::sqrt(variance));
  result.total = {total, total / factor, total * factor, base.parts_ms};
  return result;
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI

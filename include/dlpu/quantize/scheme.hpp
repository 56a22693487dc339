#pragma once

/// Quantization schemes chosen at run time, and networks quantized in them.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "dlpu/quantize/float_network.hpp"
#include "dlpu/quantize/quantize.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

enum class Scheme { per_tensor, per_channel, power_of_two };
inline constexpr std::string_view scheme_names[] = {"per-tensor", "per-channel", "power-of-two"};

/// A scheme and how activations and filters are stored in it.
struct Target {
  Scheme scheme = Scheme::per_tensor;
  ElementType storage = ElementType::int8;
  friend constexpr bool operator==(const Target&, const Target&) = default;
};

/// A quantized network; names are views of what the float network's were views of.
struct QuantizedNetwork {
  Graph graph;  ///< with an element type in every tensor
  Parameters parameters;
  Target target;
};

/// Calls use.operator()<Policy>() with the policy of a target. Errors: a combination that no kernel has.
template <class Use>
[[nodiscard]] auto with_policy(Target target, Use use) -> decltype(use.template operator()<PerTensor>()) {
  const bool uint8 = target.storage == ElementType::uint8;
  if (target.storage == ElementType::int8) {
    if (target.scheme == Scheme::per_tensor) return use.template operator()<PerTensor>();
    if (target.scheme == Scheme::per_channel) return use.template operator()<PerChannel>();
    return use.template operator()<PowerOfTwo>();
  }
  if (uint8 && target.scheme == Scheme::per_tensor) {
    return use.template operator()<BasicPerTensor<rounding::Reference, std::uint8_t>>();
  }
  if (target.storage == ElementType::int16 && target.scheme == Scheme::power_of_two)
    return use.template operator()<PowerOfTwo16>();
  return Error{"quantization: " + std::string(scheme_names[static_cast<std::size_t>(target.scheme)]) + " in " +
               std::string(to_string(target.storage)) +
               " does not exist; int8 goes with every scheme, uint8 with per-tensor, int16 with power-of-two"};
}

/// Quantizes the network with these ranges of its activations (see `quantize_network`).
[[nodiscard]] inline Result<QuantizedNetwork> quantize_as(const FloatNetwork& network, const Ranges& ranges,
                                                          Target target, const FilterBounds& filter_bounds = {}) {
  return with_policy(target, [&]<class Policy>() -> Result<QuantizedNetwork> {
    Result<Parameters> parameters =
        quantize_network<Policy>(network.graph.view(), network.parameters(), ranges, filter_bounds);
    if (!parameters) return Error{parameters.error()};
    return QuantizedNetwork{with_storage(network.graph, target.storage), *std::move(parameters), target};
  });
}

/// Ready to run; every tensor can be observed. The network must outlive it.
[[nodiscard]] inline Result<Program> program_of(const QuantizedNetwork& network) {
  if (network.target.storage == ElementType::int16)
    return Program::create<PowerOfTwo16>(network.graph, network.parameters.borrowed(), {.fusion = no_fusion});
  if (network.target.scheme == Scheme::power_of_two)
    return Program::create<PowerOfTwo>(network.graph, network.parameters.borrowed(), {.fusion = no_fusion});
  return Program::create<PerTensor>(network.graph, network.parameters.borrowed(), {.fusion = no_fusion});
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// What a target is: one struct of documented facts. A chip of your own is one more such struct.
///
///     namespace dlpu::soc {                                     // or any namespace of yours
///     struct MyChip {
///       static constexpr std::string_view name = "MyChip";      // in messages and reports
///       static constexpr std::string_view key = "mychip";       // on the command line
///       static constexpr std::string_view larod_device = "";    // empty: larod does not know it
///       static constexpr std::int32_t larod_chip = 0;           // larod's old number, 0: it has none
///       static constexpr std::string_view model_format = ".tflite";
///       static constexpr std::string_view model_cache = "";     // how the device keeps compiled models
///       static constexpr std::string_view abi = "aarch64";
///       using policies = type_list<PerTensor>;                  // that it runs as intended, the preferred one first
///       using Preferred = PerTensor;
///       using table = OperatorTable<...>;                       // soc/table.hpp: its operators and their limits
///       using rules = table::rules;                             // every rule that it may report
///       static constexpr PartitionRule partition{};             // how it shares a network with the CPU
///       static constexpr InputLayout input_layout{};
///       static constexpr Arithmetic arithmetic{};
///       static constexpr std::array<Device, 0> devices{};
///       static constexpr Costs costs{};                         // optional: what estimates of latency go by
///       static constexpr Check check(const OperatorFacts& facts) { return table::check(facts); }
///     };
///     }
///
/// `check` may also be written by hand; the table is a help, and what the page of supported operators prints.

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "dlpu/graph/placement.hpp"
#include "dlpu/quant/frame.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

/// A camera with a certain chip. It has a speed and a memory, never arithmetic or operator rules of its own.
struct Device {
  std::string_view name;              ///< as the model zoo of Axis names it
  std::int32_t memory_mebibytes = 0;  ///< of the whole camera; 0: not published
};

/// What is known of how accelerated operators compute.
struct Arithmetic {
  bool documented = true;  ///< false: dlpu assumes it, results on the device may differ by a few steps
  std::string_view note = "TensorFlow Lite's arithmetic";
};

/// Documented facts that estimates of latency and memory go by.
struct Costs {
  std::int32_t channel_granule = 1;        ///< channels are processed in groups of so many
  std::int32_t parameter_cache_bytes = 0;  ///< weights beyond these are fetched for each inference; 0: no such limit
  std::string_view channel_granule_source{};  ///< where the first is documented
  std::string_view
      regular_convolution_source{};        ///< where regular instead of depthwise convolutions are advised, if so
  std::string_view explicit_pad_source{};  ///< where convolutions that pad by themselves are advised, if so
  std::string_view pooling_source{};       ///< where pooling is advised instead of strides above 2, if so
};

/// Where it is documented that weights beyond a chip's cache are fetched for each inference.
inline constexpr std::string_view parameter_cache_source = "Coral, Edge TPU Compiler: parameter data caching";

/// A chip's own costs, or none.
template <class Soc>
[[nodiscard]] constexpr Costs costs_of() {
  if constexpr (requires { Soc::costs; })
    return Soc::costs;
  else
    return {};
}

}  // namespace soc

/// A target: names, policies, rules and a verdict on each operator. The text above shows all its members.
template <class T>
concept SocTarget = requires(const OperatorFacts& facts) {
  typename T::policies;
  typename T::Preferred;
  typename T::rules;
  requires QuantizationPolicy<typename T::Preferred>;
  { T::name } -> std::convertible_to<std::string_view>;
  { T::key } -> std::convertible_to<std::string_view>;
  { T::larod_device } -> std::convertible_to<std::string_view>;
  { T::larod_chip } -> std::convertible_to<std::int32_t>;
  { T::model_format } -> std::convertible_to<std::string_view>;
  { T::model_cache } -> std::convertible_to<std::string_view>;
  { T::abi } -> std::convertible_to<std::string_view>;
  { T::partition } -> std::convertible_to<PartitionRule>;
  { T::input_layout } -> std::convertible_to<InputLayout>;
  { T::arithmetic } -> std::convertible_to<soc::Arithmetic>;
  { T::devices.size() } -> std::convertible_to<std::size_t>;
  { T::check(facts) } -> std::same_as<Check>;
};

}  // namespace dlpu::inline DLPU_ABI

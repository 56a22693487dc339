#pragma once

/// All targets: as a list of types for code that asks at compile time, as an array for commands and reports.

#include <span>

#include "dlpu/soc/artpec7.hpp"
#include "dlpu/soc/artpec8.hpp"
#include "dlpu/soc/artpec9.hpp"
#include "dlpu/soc/cpu.hpp"
#include "dlpu/soc/cv25.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

using Targets = type_list<Cpu, Artpec7, Artpec8, Artpec9, Cv25>;

/// A target as data.
struct TargetInfo {
  std::string_view name, key, larod_device;
  std::int32_t larod_chip = 0;
  std::string_view model_format, model_cache, abi;
  std::span<const std::string_view> policies;  ///< names, the preferred one first
  std::span<const Rule* const> rules;          ///< all that it may report
  std::span<const Device> devices;
  PartitionRule partition;
  InputLayout input_layout;
  Arithmetic arithmetic;
  CheckFunction check = nullptr;
};

namespace detail {
template <class List>
struct names_in;
template <class... Policies>
struct names_in<type_list<Policies...>> {
  static constexpr std::array<std::string_view, sizeof...(Policies)> value{Policies::name...};
};
template <class List>
struct rule_array;
template <class... Rules>
struct rule_array<type_list<Rules...>> {
  static constexpr std::array<const Rule*, sizeof...(Rules)> value{&Rules::rule...};
};
}  // namespace detail

/// Any target as data, also one of your own.
template <SocTarget Soc>
inline constexpr TargetInfo target_info{Soc::name,
                                        Soc::key,
                                        Soc::larod_device,
                                        Soc::larod_chip,
                                        Soc::model_format,
                                        Soc::model_cache,
                                        Soc::abi,
                                        detail::names_in<typename Soc::policies>::value,
                                        detail::rule_array<typename Soc::rules>::value,
                                        Soc::devices,
                                        Soc::partition,
                                        Soc::input_layout,
                                        Soc::arithmetic,
                                        &Soc::check};

namespace detail {
template <class... Socs>
constexpr std::array<TargetInfo, sizeof...(Socs)> infos(type_list<Socs...>) {
  return {target_info<Socs>...};
}
}  // namespace detail

/// The targets above as data, in the same order. (`Artpec8Observed` is a variant, chosen on purpose only.)
inline constexpr auto targets = detail::infos(Targets{});

/// The target with that key, or null.
[[nodiscard]] constexpr const TargetInfo* find_target(std::string_view key) {
  for (const TargetInfo& target : targets) {
    if (target.key == key) return &target;
  }
  return key == Artpec8Observed::key ? &target_info<Artpec8Observed> : nullptr;
}

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// All targets as data, for commands and reports. Apart from `soc/all.hpp`, because it instantiates every chip's rules.

#include <array>
#include <span>
#include <string_view>

#include "dlpu/soc/all.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

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
  Costs costs;
  CheckFunction check = nullptr;
};

namespace detail {

template <class Done, class... Rest>
struct unique {
  using type = Done;
};
template <class... Done, class T, class... Rest>
struct unique<type_list<Done...>, T, Rest...>
    : unique<std::conditional_t<(std::is_same_v<Done, T> || ...), type_list<Done...>, type_list<Done..., T>>,
             Rest...> {};
template <class List>
struct unique_of;
template <class... Ts>
struct unique_of<type_list<Ts...>> : unique<type_list<>, Ts...> {};

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

/// The rules that a target may report, each once.
template <SocTarget Soc>
using UniqueRules = typename detail::unique_of<typename Soc::rules>::type;

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
                                        detail::rule_array<UniqueRules<Soc>>::value,
                                        Soc::devices,
                                        Soc::partition,
                                        Soc::input_layout,
                                        Soc::arithmetic,
                                        costs_of<Soc>(),
                                        &Soc::check};

namespace detail {
template <class... Socs>
constexpr std::array<TargetInfo, sizeof...(Socs)> infos(type_list<Socs...>) {
  return {target_info<Socs>...};
}
}  // namespace detail

/// The targets of `soc::Targets`, in the same order. (`Artpec8Observed` is a variant, chosen on purpose only.)
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

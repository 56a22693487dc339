#include "dlpu/zoo_networks.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

#include "dlpu/failure.hpp"
#include "dlpu/text.hpp"
#include "dlpu/zoo/mobilenet_v1.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/mobilenet_v2_cifar10.hpp"
#include "dlpu/zoo/tiny.hpp"

namespace dlpu::command {
namespace {

template <class... Models>
constexpr std::array<ZooNetwork, sizeof...(Models)> networks_of(type_list<Models...>) {
  return {ZooNetwork{Models::name, &build_graph<Models>}...};
}

constexpr auto networks = networks_of(
    type_list<zoo::MobileNetV1<>, zoo::MobileNetV2<>, zoo::MobileNetV2Cifar10, zoo::KwsDscnn, zoo::ResNet8, zoo::VwwMobileNetV1>{});

}  // namespace

std::span<const ZooNetwork> zoo_networks() {
  return networks;
}

const ZooNetwork& find_zoo_network(std::string_view text) {
  const std::string_view name = text.starts_with("zoo:") ? text.substr(4) : text;
  std::string known;
  for (const ZooNetwork& network : networks) {
    if (network.name == name) return network;
    known += (known.empty() ? "" : ", ") + std::string(network.name);
  }
  throw Failure(fmt::format("zoo: there is no network '{}'; known networks: {}", printable(name), known));
}

}  // namespace dlpu::command

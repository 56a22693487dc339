#pragma once

/// The networks of the zoo under the names that people know, at run time.

#include <array>
#include <span>
#include <string_view>

#include "dlpu/graph/graph_of.hpp"
#include "dlpu/zoo/all.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// A graph from a network function and options, at run time: the same as `build_graph` makes of the type.
template <auto Function>
[[nodiscard]] Graph build(const Options& options = {}) {
  Builder g;
  const auto outputs = Function(g, options);
  return ::dlpu::detail::finish(g, outputs);
}

enum class Task { classification, detection, segmentation };

struct Network {
  std::string_view name;
  Task task = Task::classification;
  /// The graph; broken options are its `problem`.
  Graph (*build)(const Options&) = nullptr;
};

namespace detail {
template <YoloSize Size, YoloForm Form>
inline constexpr auto build_yolo = &build<yolov5_network<Size, Form>>;

inline constexpr std::array networks{
    Network{"mobilenet_v1", Task::classification, build<mobilenet_v1>},
    Network{"mobilenet_v2", Task::classification, build<mobilenet_v2>},
    Network{"mobilenet_v3_large", Task::classification, build<mobilenet_v3_large>},
    Network{"mobilenet_v3_small", Task::classification, build<mobilenet_v3_small>},
    Network{"mobilenet_v3_edgetpu", Task::classification, build<mobilenet_v3_edgetpu>},
    Network{"resnet18", Task::classification, build<resnet18>},
    Network{"resnet34", Task::classification, build<resnet34>},
    Network{"resnet50", Task::classification, build<resnet50>},
    Network{"efficientnet_lite0", Task::classification, build<efficientnet_lite<0>>},
    Network{"efficientnet_lite1", Task::classification, build<efficientnet_lite<1>>},
    Network{"efficientnet_lite2", Task::classification, build<efficientnet_lite<2>>},
    Network{"efficientnet_lite3", Task::classification, build<efficientnet_lite<3>>},
    Network{"efficientnet_lite4", Task::classification, build<efficientnet_lite<4>>},
    Network{"ssd_mobilenet_v2", Task::detection, build<ssd<backbones::mobilenet_v2>>},
    Network{"ssdlite_mobilenet_v2", Task::detection, build<ssdlite<backbones::mobilenet_v2>>},
    Network{"ssd_resnet18", Task::detection, build<ssd<backbones::resnet18>>},
    Network{"ssdlite_mobiledet", Task::detection, build<ssdlite_mobiledet>},
    Network{"yolov5n", Task::detection, build_yolo<YoloSize::n, YoloForm::general>},
    Network{"yolov5s", Task::detection, build_yolo<YoloSize::s, YoloForm::general>},
    Network{"yolov5m", Task::detection, build_yolo<YoloSize::m, YoloForm::general>},
    Network{"yolov5n_artpec8", Task::detection, build_yolo<YoloSize::n, YoloForm::artpec8>},
    Network{"yolov5s_artpec8", Task::detection, build_yolo<YoloSize::s, YoloForm::artpec8>},
    Network{"yolov5m_artpec8", Task::detection, build_yolo<YoloSize::m, YoloForm::artpec8>},
    Network{"yolov5n_artpec9", Task::detection, build_yolo<YoloSize::n, YoloForm::artpec9>},
    Network{"yolov5s_artpec9", Task::detection, build_yolo<YoloSize::s, YoloForm::artpec9>},
    Network{"yolov5m_artpec9", Task::detection, build_yolo<YoloSize::m, YoloForm::artpec9>},
    Network{"deeplab_v3_mobilenet_v2", Task::segmentation, build<deeplab_v3<backbones::mobilenet_v2>>},
    Network{"mobilenet_v2_cifar10", Task::classification, build<mobilenet_v2_cifar10>},
    Network{"kws_dscnn", Task::classification, build<kws_dscnn>},
    Network{"resnet8", Task::classification, build<resnet8>},
    Network{"vww_mobilenet_v1", Task::classification, build<vww_mobilenet_v1>}};
}  // namespace detail

/// All networks.
[[nodiscard]] constexpr std::span<const Network> catalogue() {
  return detail::networks;
}
/// The network of a name; null where there is none.
[[nodiscard]] constexpr const Network* find(std::string_view name) {
  for (const Network& network : detail::networks) {
    if (network.name == name) return &network;
  }
  return nullptr;
}

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

#include "dlpu/latency_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <utility>

#include "dlpu/estimate/published_latency.hpp"
#include "dlpu/failure.hpp"
#include "dlpu/io/file.hpp"
#include "dlpu/io/measured_rows.hpp"
#include "dlpu/placed.hpp"
#include "dlpu/text.hpp"
#include "dlpu/zoo_networks.hpp"

namespace dlpu::command {
namespace {

/// The networks that Axis publishes latencies of. Those of YOLOv5 are shaped to their chip.
struct PublishedNetwork {
  std::string_view model, target_key, zoo;  ///< an empty key: any target
};
constexpr PublishedNetwork published_networks[] = {
    {"MobileNetV2", "", "zoo:mobilenet_v2"},
    {"EfficientNet-Lite0", "", "zoo:efficientnet_lite0?input=300"},
    {"SSD MobileNetV2", "", "zoo:ssd_mobilenet_v2"},
    {"SSDLite MobileDet", "", "zoo:ssdlite_mobiledet"},
    {"YOLOv5n", "artpec8", "zoo:yolov5n_artpec8"},
    {"YOLOv5s", "artpec8", "zoo:yolov5s_artpec8"},
    {"YOLOv5m", "artpec8", "zoo:yolov5m_artpec8"},
    {"YOLOv5n", "artpec9", "zoo:yolov5n_artpec9"},
    {"YOLOv5s", "artpec9", "zoo:yolov5s_artpec9"},
    {"YOLOv5m", "artpec9", "zoo:yolov5m_artpec9"},
    {"YOLOv5n", "", "zoo:yolov5n"},
    {"YOLOv5s", "", "zoo:yolov5s"},
    {"YOLOv5m", "", "zoo:yolov5m"},
};

/// "MobileNetV2 (TF1 QAT)" is the network "MobileNetV2": how it was trained does not change its time.
std::string network_name(std::string_view model) {
  const std::size_t note = model.find(" (");
  return std::string(model.substr(0, note));
}

std::string_view zoo_name(std::string_view model, std::string_view target_key) {
  for (const PublishedNetwork& network : published_networks) {
    if (network.model == model && (network.target_key.empty() || network.target_key == target_key))
      return network.zoo;
  }
  return {};
}

std::string known_models() {
  std::string known;
  for (const PublishedNetwork& network : published_networks) {
    if (known.find(network.model) == std::string::npos) {
      known += (known.empty() ? "" : ", ") + std::string(network.model);
    }
  }
  return known;
}

/// The work of a row's network on the row's target.
class WorkOfModels {
 public:
  explicit WorkOfModels(const std::string& csv) : folder_(std::filesystem::path(csv).parent_path()) {}

  estimate::Work work(const io::MeasuredRow& row, const soc::TargetInfo& target) {
    const std::int64_t granule = target.costs.channel_granule;
    const std::string key = fmt::format("{} {}", row.model, target.key);
    const auto found = works_.find(key);
    if (found != works_.end()) return found->second;
    return works_[key] = compute(row.model, target, granule);
  }

 private:
  [[nodiscard]] estimate::Work compute(const std::string& model, const soc::TargetInfo& target,
                                       std::int64_t granule) const {
    if (model.starts_with("zoo:")) return of_zoo(model, granule);
    if (model.ends_with(".tflite")) {
      const Model file = open_model((folder_ / model).string());
      return estimate::work_of(file.graph().view(), subject_of(file).policy.storage, granule);
    }
    const std::string_view zoo = zoo_name(network_name(model), target.key);
    if (zoo.empty()) {
      throw Failure(fmt::format("model '{}' on {} is unknown; give a .tflite file, zoo:NAME or one of: {}",
                                printable(model), target.name, known_models()));
    }
    return of_zoo(std::string(zoo), granule);
  }
  [[nodiscard]] static estimate::Work of_zoo(const std::string& name, std::int64_t granule) {
    const Graph graph = find_zoo_network(name).build();
    return estimate::work_of(graph.view(), ElementType::int8, granule);
  }

  std::filesystem::path folder_;
  std::map<std::string, estimate::Work> works_;
};

/// The known target that a new one is like; all its rows must agree.
const soc::TargetInfo& add_target(std::vector<MeasuredTarget>& targets, const io::MeasuredRow& row) {
  if (row.like.empty()) {
    throw Failure(
        fmt::format("'{}' is no target; known targets: {}. For a new one, name the known target whose rules it "
                    "follows in a column "
                    "'like'",
                    printable(row.target), known_targets()));
  }
  const soc::TargetInfo* like = target_of_row(row.like);
  if (like == nullptr) {
    throw Failure(fmt::format("like: '{}' is no target; known targets: {}", printable(row.like), known_targets()));
  }
  const auto found = std::ranges::find(targets, row.target, &MeasuredTarget::name);
  if (found == targets.end()) {
    targets.push_back({row.target, like});
  } else if (found->like != like) {
    throw Failure(fmt::format("'{}' is like {} here, but like {} in a line above", printable(row.target), like->name,
                              found->like->name));
  }
  return *like;
}

}  // namespace

const soc::TargetInfo* target_of_row(std::string_view text) {
  for (const soc::TargetInfo& target : soc::targets) {
    if (text == target.name || text == target.key) return &target;
  }
  return nullptr;
}

std::string_view latency_soc(const soc::TargetInfo& target) {
  return target.name.substr(0, target.name.find(" ("));
}

LatencyRows read_latency_rows(const std::string& path) {
  const AlignedBuffer content = value_of(io::read_file(path));
  const std::span<const std::byte> bytes = content.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  WorkOfModels works(path);
  LatencyRows result;
  for (const io::MeasuredRow& row : value_of(io::parse_measured_rows(text, path))) {
    try {
      const soc::TargetInfo* target = target_of_row(row.target);
      const bool is_new = target == nullptr;
      if (is_new) target = &add_target(result.targets, row);
      result.rows.push_back({is_new ? row.target : std::string(latency_soc(*target)), row.device,
                             network_name(row.model), works.work(row, *target), row.latency_ms});
    } catch (const Failure& failure) {
      throw Failure(fmt::format("{}:{}: {}", path, row.line, failure.what()));
    }
  }
  return result;
}

estimate::LatencyPosterior latency_posterior(const std::vector<estimate::LatencyRow>& rows) {
  estimate::LatencyPosterior published = estimate::published_latency();
  return rows.empty() ? published : value_of(estimate::update_latency(published, rows));
}

}  // namespace dlpu::command

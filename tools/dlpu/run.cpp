#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "dlpu/classes.hpp"
#include "dlpu/commands.hpp"
#include "dlpu/core/thread_pool.hpp"
#include "dlpu/inputs.hpp"
#include "dlpu/io/npy.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/placed.hpp"
#include "dlpu/text.hpp"
#include "dlpu/variant.hpp"

namespace dlpu::command {
namespace {

/// The target that was asked for, once it is known to run the network.
Json check_target(const Model& model, const std::string& text) {
  const Target target = parse_target(text);
  const Subject subject = subject_of(model);
  const Placed placed = place_on(*target.info, subject);
  const PlacementSummary& summary = placed.summary;
  if (summary.verdict == NetworkVerdict::does_not_load) {
    throw Failure(fmt::format("{}: {} cannot run it: {}", model.path, target.name(), reasons(placed, subject)));
  }
  fmt::print("{}: {}, {} accelerated, {} slow, {} on the CPU; computed here with TensorFlow Lite's arithmetic\n",
             target.name(), to_string(summary.verdict), summary.accelerated_operators, summary.slow_operators,
             summary.cpu_operators);
  for (const Finding& finding : placed.findings) fmt::print("  {}\n", to_string(finding, subject));
  return {{"target", target.info->key},
          {"device", target.device ? Json(target.device->name) : Json()},
          {"verdict", to_string(summary.verdict)},
          {"slow_operators", summary.slow_operators},
          {"cpu_operators", summary.cpu_operators}};
}

/// Labels for the first output, as many as it has classes; none where no file is given.
std::vector<std::string> labels_for(const Model& model, const std::string& path) {
  if (path.empty()) return {};
  const TensorInfo& output = model.tensor(model.graph().outputs.at(0));
  if (!is_class_vector(output)) {
    throw Failure(
        fmt::format("{}: --labels: the first output, {}, is no list of class scores", model.path, describe(output)));
  }
  std::vector<std::string> labels = read_labels(path);
  const auto classes = static_cast<std::size_t>(output.type.shape.channels());
  if (labels.size() != classes) {
    throw Failure(fmt::format("{}: it has {} labels, one per line, but the network has {} classes", path,
                              labels.size(), classes));
  }
  return labels;
}

/// Outputs on the disk: all of them or none.
class OutputFolder {
 public:
  explicit OutputFolder(const std::string& path) : path_(path) {
    if (path.empty()) return;
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (!code && !std::filesystem::is_directory(path, code)) code = std::make_error_code(std::errc::not_a_directory);
    if (code) throw Failure(path + ": the output folder cannot be made: " + code.message());
  }
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder() {
    if (complete_) return;
    for (const std::string& file : written_) std::remove(file.c_str());
  }

  /// The file's path; empty where nothing is to be written.
  std::string write(std::size_t index, const TensorType& type, std::span<const std::byte> bytes) {
    if (path_.empty()) return {};
    const std::string path = (std::filesystem::path(path_) / fmt::format("output_{}.npy", index)).string();
    require(io::write_file(path, io::write_npy({type.element, type.shape, bytes})));
    written_.push_back(path);
    return path;
  }
  void complete() { complete_ = true; }

 private:
  std::string path_;
  std::vector<std::string> written_;
  bool complete_ = false;
};

Json show_classes(std::span<const float> scores, std::int32_t count, std::span<const std::string> labels) {
  Table table({">class", ">score", "label"});
  Json json = Json::array();
  for (const RankedClass& found : top_classes(scores, static_cast<std::size_t>(count))) {
    const std::string label = found.index < labels.size() ? labels[found.index] : "";
    table.add({std::to_string(found.index), fmt::format("{:.6f}", found.score), label});
    json.push_back({{"class", found.index}, {"score", found.score}, {"label", label}});
  }
  table.print();
  return json;
}

Json show_output(const Model& model, const Program& program, std::size_t index, const std::string& file,
                 const RunOptions& options, std::span<const std::string> labels) {
  const std::int32_t tensor = model.graph().outputs[index];
  const TensorInfo& info = model.tensor(tensor);
  fmt::print("output {}: {}{}\n", index, describe(info), file.empty() ? "" : " -> " + printable(file));
  Json json{{"name", to_string(info.name)},
            {"type", to_string(info.type.element)},
            {"shape", shape_json(info.type.shape)},
            {"file", file}};
  if (is_class_vector(info)) {
    const std::vector<float> scores = scores_of(model, tensor, program.output(index));
    const bool has_labels = labels.size() == scores.size();
    json["top"] = show_classes(scores, options.top, has_labels ? labels : std::span<const std::string>{});
  }
  return json;
}

}  // namespace

void run(const RunOptions& options) {
  Json document = new_document("run");
  const Variant variant{parse_rounding("--rounding", options.rounding), isa::best_rung()};
  const Model model = open_model(options.model, options.weights);
  const std::vector<std::string> labels = labels_for(model, options.labels);
  const Inputs inputs =
      options.image.empty() ? read_inputs(model, options.inputs) : photo_input(model, options.image);
  document["model"] = model.path;
  document["rounding"] = to_string(variant.rounding);
  document["rung"] = isa::rung_names[variant.rung];
  if (!options.target.empty()) document["placement"] = check_target(model, options.target);
  OutputFolder folder(options.output_folder);

  const auto threads = static_cast<std::size_t>(options.threads);
  Program program = prepare(model, variant, {.threads = threads});
  ThreadPool pool(threads);
  program.run(inputs.views(), pool);
  document["outputs"] = Json::array();
  for (std::size_t i = 0; i < model.graph().outputs.size(); ++i) {
    const TensorType& type = model.tensor(model.graph().outputs[i]).type;
    const std::string file = folder.write(i, type, program.output(i));
    document["outputs"].push_back(show_output(model, program, i, file, options, labels));
  }
  write_json(options.json, document);
  folder.complete();
}

}  // namespace dlpu::command

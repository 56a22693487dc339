#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "dlpu/capture.hpp"
#include "dlpu/commands.hpp"
#include "dlpu/difference.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

bool is_folder(const std::string& text) {
  return std::filesystem::is_directory(text);
}

std::string name_of_side(const std::string& text) {
  return is_folder(text) ? text : parse_variant(text).name();
}

/// What the user gives, or else what a folder of layers was made from.
std::vector<std::string> input_files(const Model& model, const CompareOptions& options) {
  if (!options.inputs.empty()) return options.inputs;
  for (const std::string& side : {options.first, options.second}) {
    std::vector<std::string> files;
    for (std::size_t i = 0; i < model.graph().inputs.size(); ++i) {
      files.push_back((std::filesystem::path(side) / fmt::format("input_{}.npy", i)).string());
    }
    if (is_folder(side) && !files.empty() && std::filesystem::exists(files[0])) return files;
  }
  throw Failure("compare: there is no input; give --input x.npy or --image photo.png");
}

Capture capture_side(const Model& model, const std::string& side, const Inputs& inputs) {
  return is_folder(side) ? read_capture(model, side) : capture_run(model, parse_variant(side), inputs);
}

/// An operator's outputs; `known` is false where one side does not tell them.
struct OperatorDifference {
  bool known = true;
  double largest_real = 0.0;  ///< in real numbers: steps times the scale
  Difference sum;
};

OperatorDifference difference_of(const Model& model, const Node& node, const Capture& first, const Capture& second) {
  OperatorDifference result;
  for (const std::int32_t output : model.graph().view().outputs_of(node)) {
    const auto tensor = static_cast<std::size_t>(output);
    if (!first[tensor] || !second[tensor]) return {false, 0.0, {}};
    const ElementType element = model.tensor(output).type.element;
    const Difference found = difference(*first[tensor], *second[tensor], element);
    const bool has_scale = element == ElementType::int8 || element == ElementType::uint8;
    const double real =
        found.largest_value * (has_scale ? static_cast<double>(model.quantization(output).scale) : 1.0);
    result.largest_real = std::isnan(real) ? real : std::fmax(result.largest_real, real);
    result.sum.add(found);
  }
  return result;
}

Json to_json(const Model& model, std::size_t index, const OperatorDifference& found) {
  const Node& node = model.graph().nodes[index];
  return {{"operator", model.file.file_operators[index]},
          {"type", name_of(node.op)},
          {"name", to_string(node.name)},
          {"compared", found.known},
          {"elements", found.sum.elements},
          {"differing", found.sum.differing},
          {"largest_steps", found.sum.largest_steps},
          {"largest_real", found.largest_real}};
}

void add_row(Table& table, const Model& model, std::size_t index, const OperatorDifference& found) {
  const Node& node = model.graph().nodes[index];
  const auto cell = [&](const auto& value) { return found.known ? fmt::format("{}", value) : "-"; };
  table.add({std::to_string(model.file.file_operators[index]), std::string(name_of(node.op)),
             cell(found.sum.elements), cell(found.sum.differing), cell(found.sum.largest_steps),
             found.known ? fmt::format("{:.3g}", found.largest_real) : "-", column_text(to_string(node.name))});
}

std::string steps_text(std::int64_t steps, bool is_range) {
  if (std::abs(steps) == steps_to_nan) return "NaN";
  if (!is_range || std::abs(steps) <= 1) return fmt::format("{:+}", steps);
  const std::int64_t end = steps < 0 ? 2 * steps + 1 : 2 * steps - 1;
  return fmt::format("{:+} to {:+}", steps, end);
}

Json show_histogram(const Difference& found, bool is_range) {
  Json json = Json::array();
  Table table({">steps (B - A)", ">elements", ">share"});
  for (const auto& [steps, count] : found.histogram) {
    const double share = 100.0 * static_cast<double>(count) / static_cast<double>(found.elements);
    table.add(
        {steps == 0 ? "0" : steps_text(steps, is_range), std::to_string(count), fmt::format("{:.3f} %", share)});
    json.push_back({{"steps", steps}, {"elements", count}});
  }
  table.print();
  return json;
}

Json show_first(const Model& model, std::size_t index, const OperatorDifference& found) {
  fmt::print("first difference: {}: {} of {} elements, at most {} step{}\n", describe_operator(model, index),
             found.sum.differing, found.sum.elements, found.sum.largest_steps,
             found.sum.largest_steps == 1 ? "" : "s");
  const TensorType& type = model.graph().view().output_type(model.graph().nodes[index]);
  Json json = to_json(model, index, found);
  json["histogram"] = show_histogram(found.sum, type.element == ElementType::float32);
  return json;
}

void show(const Model& model, const std::vector<OperatorDifference>& found, Json& document) {
  Table table({">operator", "type", ">elements", ">differing", ">steps", ">largest", "name"});
  std::size_t first = found.size(), compared = 0;
  document["operators"] = Json::array();
  for (std::size_t i = 0; i < found.size(); ++i) {
    add_row(table, model, i, found[i]);
    document["operators"].push_back(to_json(model, i, found[i]));
    compared += found[i].known;
    if (first == found.size() && found[i].sum.differing > 0) first = i;
  }
  table.print();
  fmt::print("\n");
  document["compared_operators"] = compared;
  document["identical"] = first == found.size();
  document["first_difference"] = nullptr;
  if (first < found.size()) {
    document["first_difference"] = show_first(model, first, found[first]);
  } else {
    fmt::print("no difference in {} of {} operators\n", compared, found.size());
  }
}

Inputs inputs_of(const Model& model, const CompareOptions& options) {
  if (is_folder(options.first) && is_folder(options.second)) return {};  // nothing runs
  return options.image.empty() ? read_inputs(model, input_files(model, options)) : photo_input(model, options.image);
}

}  // namespace

void compare(const CompareOptions& options) {
  const std::string first_name = name_of_side(options.first), second_name = name_of_side(options.second);
  const Model model = open_model(options.model, options.weights);
  const Inputs inputs = inputs_of(model, options);
  const Capture first = capture_side(model, options.first, inputs);
  const Capture second = capture_side(model, options.second, inputs);

  std::vector<OperatorDifference> found;
  for (const Node& node : model.graph().nodes) found.push_back(difference_of(model, node, first, second));
  fmt::print("{}\nA: {}\nB: {}\n\n", printable(model.path), printable(first_name), printable(second_name));
  Json document = new_document("compare");
  document["model"] = model.path;
  document["a"] = first_name;
  document["b"] = second_name;
  show(model, found, document);
  write_json(options.json, document);
  if (options.require_equal && !document["identical"].get<bool>()) {
    throw Failure(fmt::format("{}: {} and {} differ", model.path, first_name, second_name));
  }
}

}  // namespace dlpu::command

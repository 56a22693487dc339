#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dlpu/commands.hpp"
#include "dlpu/diagnosis_page.hpp"
#include "dlpu/io/tflite_writer.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/quantize/boundary.hpp"
#include "dlpu/quantize/diagnose.hpp"
#include "dlpu/quantizer.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

using quantize::Step;

ElementType element_named(std::string_view option, const std::string& text) {
  if (text.empty()) return ElementType::activation;
  for (const ElementType type : {ElementType::int8, ElementType::uint8, ElementType::int16, ElementType::float32}) {
    if (to_string(type) == text) return type;
  }
  throw Failure(fmt::format("{}: '{}' is not int8, uint8, int16 or float32", option, printable(text)));
}

std::vector<Step> steps_of(const QuantizeOptions& options) {
  std::vector<Step> steps;
  const auto want = [&](bool asked, Step step) {
    if (asked || options.rescue) steps.push_back(step);
  };
  want(options.equalize, Step::equalize);
  want(options.absorb_bias, Step::absorb_bias);
  want(options.correct_bias, Step::correct_bias);
  if (options.analytical_bias) steps.push_back(Step::analytical_bias);
  want(options.clip_filters, Step::clip_filters);
  want(options.round_weights, Step::round_weights);
  want(options.ranges == "percentile", Step::percentile);
  want(options.ranges == "mse", Step::squared_error);
  want(options.reconstruct, Step::reconstruct);
  return steps;
}

/// Without samples: the numbers again, in the ranges that the file says.
quantize::QuantizedNetwork requantize(const Source& source, quantize::Target target, const QuantizeOptions& options) {
  if (!source.stored) throw Failure(source.path + ": a float network needs --calibration, a .npy file of inputs");
  const std::vector<Step> steps = steps_of(options);
  if (std::ranges::any_of(steps, [](Step step) { return step != Step::analytical_bias; })) {
    throw Failure(
        "quantize: the rescue steps, all but --correct-bias-analytically, are judged on samples; give "
        "--calibration, a .npy file of inputs");
  }
  if (*source.stored == target) {
    throw Failure(fmt::format("{}: the network is quantized {} in {} already; give another scheme, or --calibration",
                              source.path, quantize::scheme_names[static_cast<std::size_t>(target.scheme)],
                              to_string(target.storage)));
  }
  auto network = value_of(quantize::quantize_as(source.network, source.network.ranges, target));
  if (!steps.empty()) {
    const std::int32_t input = source.network.graph.inputs[0];
    const auto channels = static_cast<std::size_t>(source.network.graph.view().tensor(input).type.shape.channels());
    const Range<float> range = source.network.ranges[static_cast<std::size_t>(input)];
    quantize::correct_bias_analytically(source.network, quantize::uniform_moments(channels, range), network);
  }
  return network;
}

std::vector<LayerRow> layer_rows(const quantize::Rescue& rescue, const quantize::Samples& samples) {
  const auto of = [&](const quantize::Outcome& outcome, bool shares) {
    return value_of(
        quantize::diagnose(outcome.prepared->network, outcome.quantized, samples, worker_count(), shares));
  };
  const auto before = of(rescue.plain, false), after = of(rescue.best, true);
  const Graph& graph = rescue.best.quantized.graph;
  std::vector<LayerRow> rows;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const Node& node = graph.nodes[after[i].node];
    rows.push_back({to_string(node.name), std::string(name_of(node.op)), before[i].decibel, after[i].decibel,
                    before[i].range_ratio, after[i].range_ratio, after[i].saturated, after[i].share,
                    after[i].zero_channels});
  }
  return rows;
}

void print_layers(const std::vector<LayerRow>& rows) {
  Table table({"layer", "operator", ">dB before", ">after", ">range ratio before", ">after", ">saturated", ">share"});
  for (const LayerRow& row : rows) {
    table.add({column_text(row.name), row.op, fmt::format("{:.1f}", row.plain_decibel),
               fmt::format("{:.1f}", row.decibel), fmt::format("{:.1f}", row.plain_range_ratio),
               fmt::format("{:.1f}", row.range_ratio), fmt::format("{:.2f} %", 100.0 * row.saturated),
               fmt::format("{:.1f} %", 100.0 * row.share)});
  }
  table.print();
}

std::vector<std::string> advice(const std::vector<LayerRow>& rows, const quantize::Outcome& outcome) {
  std::vector<std::string> lines;
  for (const LayerRow& row : rows) {
    if (row.zero_channels > 0) {
      lines.push_back(
          fmt::format("{}: {} output channels have no weights and are constant; train again, or prune them",
                      printable(row.name), row.zero_channels));
    }
  }
  for (const Node& node : outcome.quantized.graph.nodes) {
    const auto output = static_cast<std::size_t>(outcome.quantized.graph.view().outputs_of(node)[0]);
    const auto& whole = outcome.prepared->extremes[output].whole;
    if (whole.low == 0.0f && whole.high == 0.0f) {
      lines.push_back(fmt::format("{}: is zero for every sample; are these the network's inputs?",
                                  printable(to_string(node.name))));
    }
  }
  std::vector<LayerRow> sorted = rows;
  std::ranges::stable_sort(sorted, [](const LayerRow& a, const LayerRow& b) { return a.share > b.share; });
  for (std::size_t i = 0; i < std::min<std::size_t>(3, sorted.size()); ++i) {
    if (!(sorted[i].share > 0.1)) break;
    lines.push_back(fmt::format(
        "look at {}: {:.0f} % of the error that weights make comes from it, its channels' ranges differ by {:.0f}",
        printable(sorted[i].name), 100.0 * sorted[i].share, sorted[i].range_ratio));
  }
  return lines;
}

Json to_json(const std::vector<LayerRow>& rows) {
  Json layers = Json::array();
  for (const LayerRow& row : rows) {
    layers.push_back({{"name", row.name},
                      {"operator", row.op},
                      {"decibel_before", row.plain_decibel},
                      {"decibel", row.decibel},
                      {"range_ratio_before", row.plain_range_ratio},
                      {"range_ratio", row.range_ratio},
                      {"saturated", row.saturated},
                      {"error_share", row.share},
                      {"zero_channels", row.zero_channels}});
  }
  return layers;
}

void write_network(quantize::QuantizedNetwork& network, const QuantizeOptions& options) {
  quantize::set_boundary(network, {element_named("--input-type", options.input_type),
                                   element_named("--output-type", options.output_type)});
  if (options.output.empty()) return;
  require(io::write_file(options.output, value_of(io::write_tflite(network.graph.view(), network.parameters, {}))));
}

}  // namespace

void quantize_network(const QuantizeOptions& options) {
  const Source source = open_source(options.model, options.weights);
  const quantize::Target target{scheme_named(options.scheme), element_named("--storage", options.storage)};
  element_named("--input-type", options.input_type);
  Json document = new_document("quantize");
  document["scheme"] = options.scheme;
  if (options.calibration.empty()) {
    quantize::QuantizedNetwork network = requantize(source, target, options);
    write_network(network, options);
    write_json(options.json, document);
    return;
  }
  const std::vector<float> values =
      read_samples(source, options.calibration, {options.input_scale, options.input_zero_point},
                   static_cast<std::size_t>(options.calibration_count));
  const std::vector<Step> steps = steps_of(options);
  Result<quantize::Rescue> rescued =
      quantize::rescue(source.network, values, target, steps, worker_count(),
                       [](std::size_t done, std::size_t all) { show_progress("quantizing", done, all); });
  if (!rescued) throw Failure(source.path + ": " + rescued.error());
  show_progress("quantizing", 1, 1);
  std::vector<StepRow> step_rows{{"none", rescued->plain.decibel, true}};
  for (const quantize::StepResult& step : rescued->steps) {
    step_rows.push_back(
        {std::string(quantize::step_names[static_cast<std::size_t>(step.step)]), step.decibel, step.kept});
  }
  Table table({"step", ">signal to noise", ""});
  for (const StepRow& row : step_rows)
    table.add({row.name, fmt::format("{:.2f} dB", row.decibel), row.kept ? "kept" : "not kept"});
  table.print();
  document["steps"] = Json::array();
  for (const StepRow& row : step_rows)
    document["steps"].push_back({{"step", row.name}, {"decibel", row.decibel}, {"kept", row.kept}});
  document["replaced_relu6"] = rescued->best.prepared->equalization.replaced_relu6;
  if (options.diagnose || !options.html.empty()) {
    const auto all = value_of(quantize::samples_of(source.network.graph, values));
    const quantize::Samples some{all.values.first(std::min<std::size_t>(all.count(), 16) * all.size), all.size};
    const std::vector<LayerRow> rows = layer_rows(*rescued, some);
    if (options.diagnose) print_layers(rows);
    document["layers"] = to_json(rows);
    document["advice"] = advice(rows, rescued->best);
    for (const std::string& line : advice(rows, rescued->best)) fmt::print("{}\n", line);
    if (!options.html.empty()) {
      const std::string page = diagnosis_page(options.model + ", " + options.scheme, step_rows, rows);
      require(io::write_file(options.html, std::as_bytes(std::span(page))));
    }
  }
  write_network(rescued->best.quantized, options);
  write_json(options.json, document);
}

}  // namespace dlpu::command

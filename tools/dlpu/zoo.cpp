#include <fmt/format.h>

#include <algorithm>

#include "dlpu/commands.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/text.hpp"
#include "dlpu/zoo_facts.hpp"

namespace dlpu::command {
namespace {

std::string_view task_name(zoo::Task task) {
  switch (task) {
    case zoo::Task::classification:
      return "classification";
    case zoo::Task::detection:
      return "detection";
    case zoo::Task::segmentation:
      return "segmentation";
  }
  return "";
}

/// Cells of a row: the name, figures, then a cell for each chip.
std::vector<std::string> cells(const ZooFacts& facts, std::string_view name) {
  std::vector<std::string> row{std::string(name),
                               to_string(facts.input),
                               std::to_string(facts.operators),
                               fmt::format("{:.1f}", static_cast<double>(facts.macs) * 1e-6),
                               fmt::format("{:.3f}", static_cast<double>(facts.parameters) * 1e-6),
                               fmt::format("{:.2f}", static_cast<double>(facts.weight_bytes) * 1e-6),
                               fmt::format("{:.2f}", static_cast<double>(facts.activation_bytes) * 1e-6)};
  for (const ZooPlacement& placement : facts.placements) {
    if (placement.target->key != "cpu") row.push_back(to_string(placement, facts.macs));
  }
  return row;
}
std::vector<std::string> headings() {
  std::vector<std::string> names{"network",       "input",       ">operators", ">MMAC",
                                 ">M parameters", ">MB weights", ">MB arena"};
  for (const soc::TargetInfo* target : zoo_targets()) {
    if (target->key != "cpu") names.emplace_back(target->name);
  }
  return names;
}

Json facts_json(const ZooFacts& facts) {
  Json document{{"input", shape_json(facts.input)},
                {"operators", facts.operators},
                {"macs", facts.macs},
                {"parameters", facts.parameters},
                {"weight_bytes", facts.weight_bytes},
                {"activation_bytes", facts.activation_bytes},
                {"runs_well_on", Json::array()},
                {"placement", Json::object()}};
  for (const ZooPlacement& placement : facts.placements) {
    if (placement.runs_well()) document["runs_well_on"].push_back(placement.target->key);
    document["placement"][std::string(placement.target->key)] = {
        {"verdict", to_string(placement.summary.verdict)},
        {"cpu_operators", placement.summary.cpu_operators},
        {"slow_operators", placement.summary.slow_operators},
        {"macs_not_accelerated", placement.macs_elsewhere},
        {"latency_ms", placement.ms ? Json(*placement.ms) : Json()}};
  }
  return document;
}

/// What an option of a text says: "zoo:a?b=1,c=2" beside "zoo:a?b=1" is "c=2".
std::string_view last_option(const ZooFacts& facts, const ZooNetwork& network) {
  return facts.text == network.text ? "as given" : std::string_view(facts.text).substr(network.text.size() + 1);
}

ZooFacts as_published(const zoo::Network& network) {
  const ZooNetwork named{"zoo:" + std::string(network.name), {&network, {}}};
  return facts_of(named.text, named.build());
}

Json list_networks() {
  Table table(headings());
  Json networks = Json::array();
  for (const zoo::Network& network : zoo::catalogue()) {
    const ZooFacts facts = as_published(network);
    table.add(cells(facts, network.name));
    Json entry{{"name", network.name}, {"task", task_name(network.task)}};
    entry.update(facts_json(facts));
    networks.push_back(entry);
  }
  table.print();
  fmt::print(
      "\nA chip's column: yes where all multiplications are accelerated as the chip prefers to quantize; the "
      "estimated time on\nthe first camera that is known (dlpu report has intervals and other cameras).\n");
  return networks;
}

Json scale(const ZooNetwork& network) {
  Table table(headings());
  Json variants = Json::array();
  for (const ZooFacts& facts : scaled_facts(network)) {
    table.add(cells(facts, last_option(facts, network)));
    Json entry{{"name", facts.text}};
    entry.update(facts_json(facts));
    variants.push_back(entry);
  }
  fmt::print("{}\n", printable(network.text));
  table.print();
  return variants;
}

void print_markdown(const std::vector<std::string>& row) {
  fmt::print("|");
  for (const std::string& cell : row) fmt::print(" {} |", cell);
  fmt::print("\n");
}
void print_markdown_heading() {
  std::vector<std::string> names = headings(), lines;
  for (std::string& name : names) {
    const bool right = name.starts_with('>');
    if (right) name.erase(0, 1);
    lines.emplace_back(right ? "---:" : "---");
  }
  print_markdown(names);
  print_markdown(lines);
}

constexpr std::string_view introduction = R"(# The zoo

Printed by `dlpu zoo --page`; do not edit. Networks composed in code from `dlpu/zoo/`, each a type (`zoo::MobileNetV2<>`)
and, under the name below, a graph at run time (`zoo:mobilenet_v2`, `zoo::parse`). Their operators, multiplications and
parameters equal the published ones: `tests/zoo_test.cpp` cites the source of each figure.

Options are `zoo::Options` in C++ and `zoo:NAME?key=value,key=value` as text: `width_percent`, `depth_percent`, `input`,
`channels`, `classes`, `max_detections` (SSD), and for classifiers `pooling` (`average_pool`, `mean`) and `last_layer`
(`convolution`, `dense`). What is left out is as published.

MMAC: millions of multiply-accumulates. MB weights: filters in 8 bits, biases in 32. MB arena: activations in 8 bits
where dlpu would place them, each of them whole. A chip's column is for a network as the chip prefers it quantized: "yes"
where it loads and all multiplications are accelerated by its documented rules; "2 on CPU" counts other operators that
fall back, such as Softmax; the time is what the [latency model](latency.md) expects on the first camera that is known.
The column of ARTPEC-8 as observed adds Logistic, Pad and Quantize, which are missing in the chip's list but not in the
YOLOv5 file that is published for it: by the list alone, a YOLOv5 would have too many partitions to load.

)";

constexpr std::string_view detectors = R"(
## Which one

Documented advice, and what the table adds to it (the sources are those of `docs/supported_operators.md`):

| chip | advice | in the zoo |
| --- | --- | --- |
| ARTPEC-7 | small models that fit the Edge TPU's memory; SSD MobileNetV2 at 300 pixels is the example named | `ssd_mobilenet_v2`, `ssdlite_mobiledet`, `mobilenet_v2`, `mobilenet_v3_edgetpu` |
| ARTPEC-8 | regular convolutions, per-tensor quantization, ReLU and ReLU6, channels in multiples of 6; ResNet-18 as backbone | `yolov5n_artpec8`, `ssd_resnet18`, `resnet18`, `mobilenet_v2` |
| ARTPEC-9 | channels in multiples of 16, kernels of 1, 2, 3, 5, 7 or 9, ReLU6, no explicit padding | `yolov5n_artpec9`, `mobilenet_v2` |
| CV25 | inputs in multiples of 32 pixels | `efficientnet_lite0`, `yolov5s`, `ssdlite_mobiledet` |

Another backbone under a detector is one template argument, `zoo::Ssd<zoo::backbones::resnet34>`,
`zoo::SsdLite<zoo::backbones::mobilenet_v3_large>`; any function `FeatureMaps f(Builder&, Value, const BackboneOptions&)`
is a backbone.

)";

void print_page() {
  fmt::print("{}", introduction);
  print_markdown_heading();
  for (const zoo::Network& network : zoo::catalogue()) {
    print_markdown(cells(as_published(network), network.name));
  }
  fmt::print("{}", detectors);
  fmt::print("## Scaling\n\nOne option at a time; `dlpu zoo zoo:NAME?options` prints the same for any network.\n");
  for (const char* text : {"zoo:mobilenet_v2", "zoo:resnet18", "zoo:ssd_mobilenet_v2", "zoo:yolov5n_artpec8"}) {
    const ZooNetwork network = find_zoo_network(text);
    fmt::print("\n### {}\n\n", text);
    print_markdown_heading();
    for (const ZooFacts& facts : scaled_facts(network)) print_markdown(cells(facts, last_option(facts, network)));
  }
}

}  // namespace

void show_zoo(const ZooOptions& options) {
  if (options.page) return print_page();
  Json document = new_document("zoo");
  if (options.network.empty())
    document["networks"] = list_networks();
  else
    document["variants"] = scale(find_zoo_network(options.network));
  write_json(options.json, document);
}

}  // namespace dlpu::command

#include <fmt/format.h>

#include "dlpu/commands.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/model.hpp"
#include "dlpu/text.hpp"
#include "dlpu/zoo_networks.hpp"

namespace dlpu::command {

void list_zoo(const ListOptions& options) {
  Table table({"network", "input", ">operators", ">MMAC", ">parameters"});
  Json document = new_document("zoo");
  document["networks"] = Json::array();
  for (const ZooNetwork& network : zoo_networks()) {
    const Graph graph = network.build();
    const Shape& input = graph.tensors[static_cast<std::size_t>(graph.inputs[0])].type.shape;
    const std::int64_t macs = multiply_accumulates(graph.view()), parameters = parameter_count(graph.view());
    table.add({std::string(network.name), to_string(input), std::to_string(graph.nodes.size()),
               fmt::format("{:.2f}", static_cast<double>(macs) * 1e-6), std::to_string(parameters)});
    document["networks"].push_back({{"name", network.name},
                                    {"input", to_json(input)},
                                    {"operators", graph.nodes.size()},
                                    {"macs", macs},
                                    {"parameters", parameters}});
  }
  table.print();
  write_json(options.json, document);
}

}  // namespace dlpu::command

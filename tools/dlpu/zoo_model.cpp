#include "dlpu/zoo_model.hpp"

#include <cstring>
#include <span>
#include <vector>

#include "dlpu/failure.hpp"
#include "dlpu/io/tflite_writer.hpp"
#include "dlpu/io/weights.hpp"
#include "dlpu/zoo_networks.hpp"

namespace dlpu::command {
namespace {

struct Stored {
  Parameters parameters;
  ElementType storage = ElementType::float32;
};

template <class Policy>
Stored read_as(const GraphView& graph, const io::SafeTensors& file) {
  return {value_of(io::detail::read_quantized<Policy>(graph, file)), element_type_of<typename Policy::Storage>};
}

/// How the first weighted operator is stored, all are.
Stored read_weights(const GraphView& graph, const io::SafeTensors& file) {
  for (const Node& node : graph.nodes) {
    if (!dlpu::detail::is_weighted(graph, node)) continue;
    const std::string key = to_string(node.name) + ".weight";
    const io::SafeTensor* weight = file.find(key);
    const io::SafeTensor* scale = file.find(key + ".scale");
    if (weight == nullptr || scale == nullptr) break;
    const bool per_channel = scale->shape.elements() > 1;
    if (weight->type == ElementType::uint8) {
      return read_as<BasicPerTensor<rounding::Reference, std::uint8_t>>(graph, file);
    }
    return per_channel ? read_as<PerChannel>(graph, file) : read_as<PerTensor>(graph, file);
  }
  return {value_of(io::load_float_weights(graph, file)), ElementType::float32};
}

}  // namespace

io::TfliteModel zoo_model(const std::string& text, const std::string& weights_path) {
  const ZooNetwork network = find_zoo_network(text);
  if (weights_path.empty()) {
    throw Failure(text + ": networks of the zoo have no weights; give --weights FILE.safetensors");
  }
  const AlignedBuffer bytes = value_of(io::read_file(weights_path));
  const io::SafeTensors file = value_of(io::SafeTensors::parse(bytes.bytes(), weights_path));
  const Graph graph = network.build();
  const Stored stored = read_weights(graph.view(), file);
  // As a file, the network is what all commands take.
  const std::vector<std::byte> written =
      value_of(io::write_tflite(graph.view(), stored.parameters, {.storage = stored.storage}));
  AlignedBuffer copy(written.size());
  std::memcpy(copy.data(), written.data(), written.size());
  io::TfliteModel model = value_of(io::read_tflite(copy.bytes(), text));
  model.file = std::move(copy);
  return model;
}

}  // namespace dlpu::command

#include "dlpu/model.hpp"

#include <fmt/format.h>

#include <utility>

#include "dlpu/compiled_model.hpp"
#include "dlpu/discouraged.hpp"
#include "dlpu/failure.hpp"
#include "dlpu/text.hpp"
#include "dlpu/zoo_model.hpp"

namespace dlpu::command {

Model open_model(const std::string& path, const std::string& weights) {
  if (path.starts_with("zoo:")) return {path, zoo_model(path, weights)};
  if (!weights.empty()) throw Failure("--weights: " + path + " has its own; only networks of the zoo take others");
  Result<io::TfliteModel> model = io::open_tflite(path);
  if (!model) {
    const Result<AlignedBuffer> content = io::read_file(path);
    const std::string kind = content ? compiled_kind(path, content->bytes()) : "";
    throw Failure(kind.empty() ? model.error() + discouraged_operators(model.error()) : path + ": " + kind);
  }
  return {path, *std::move(model)};
}

std::string describe(const TensorInfo& tensor) {
  const std::string type = fmt::format("{} {}", to_string(tensor.type.element), to_string(tensor.type.shape));
  return tensor.name.depth == 0 ? type : fmt::format("'{}' {}", column_text(to_string(tensor.name)), type);
}

std::string describe_operator(const Model& model, std::size_t node) {
  const Node& found = model.graph().nodes[node];
  return fmt::format("operator {} ({}, '{}')", model.file.file_operators[node], name_of(found.op),
                     column_text(to_string(found.name)));
}

std::int64_t multiply_accumulates(const GraphView& graph, const Node& node) {
  if (node.inputs.count < 2) return 0;
  const TensorInfo& filter = graph.tensor(graph.inputs_of(node)[1]);
  if (filter.role != TensorRole::filter) return 0;
  // Every weight is used once per pixel of the output; in a transposed convolution, per pixel of the input.
  const Shape& image = node.op.is<op::TransposeConv>() ? graph.input_type(node).shape : graph.output_type(node).shape;
  const std::int64_t channels = image.channels();
  return channels == 0 ? 0 : image.elements() / channels * filter.type.shape.elements();
}

std::int64_t multiply_accumulates(const GraphView& graph) {
  std::int64_t sum = 0;
  for (const Node& node : graph.nodes) sum += multiply_accumulates(graph, node);
  return sum;
}

std::int64_t parameter_count(const GraphView& graph) {
  std::int64_t sum = 0;
  for (const TensorInfo& tensor : graph.tensors) {
    const bool counts = tensor.role == TensorRole::filter || tensor.role == TensorRole::bias;
    if (counts) sum += tensor.type.shape.elements();
  }
  return sum;
}

}  // namespace dlpu::command

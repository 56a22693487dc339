#pragma once

/// Networks into .tflite files. Needs the flatbuffers headers (Debian: libflatbuffers-dev).
///
///     const auto parameters = dlpu::quantize::quantize_network<dlpu::PerChannel>(graph, weights, samples);
///     const auto file = dlpu::io::write_tflite(graph.view(), *parameters, {.storage = dlpu::ElementType::int8});
///     if (!file) return report(file.error());
///     dlpu::io::write_file("model.tflite", *file);
///
/// LiteRT's reference kernels compute the same bits from the file as `Program` under a policy that rounds as they do:
/// PerTensor, PerChannel, and PerTensor's uint8 twin. A file says how numbers are stored, not how accumulators are
/// rounded. So a network quantized under PowerOfTwo keeps its power-of-two scales and its weights, but LiteRT computes
/// from it what dlpu computes from the same numbers under PerTensor, which is not what PowerOfTwo computes: LiteRT's
/// shift rounds twice, PowerOfTwo's once and halves up. One operator's results differ by one step at most, after a
/// convolution in about one number of a thousand, after an Add that halves a scale in more; over a deep network that adds
/// up. Reading the file and asking for `program<PowerOfTwo>()` gives the original's bits again. In float32 the order of
/// summation is not part of the file.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/core/result.hpp"
#include "dlpu/io/tflite/writer/table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

struct WriteOptions {
  /// How activations are stored: float32, int8, uint8 or int16, the storage of the policy that `parameters` were made for.
  /// Graphs from files, whose tensors have element types of their own, need none.
  ElementType storage = ElementType::activation;
  std::string description = "Written by dlpu";  ///< what viewers show
};

namespace tflite {

/// "operator 3 (CONV_2D, block_1.expand)".
[[nodiscard]] inline std::string operator_title(const GraphView& graph, std::size_t index) {
  const Node& node = graph.nodes[index];
  return "operator " + std::to_string(index) + " (" + std::string(name_of(node.op)) + ", " + to_string(node.name) +
         ")";
}

/// What is wrong with a graph as a whole; empty where nothing is.
[[nodiscard]] inline std::string graph_problem(const GraphView& graph, const Parameters& parameters,
                                               ElementType storage) {
  if (graph.problem) {
    const auto node = static_cast<std::size_t>(graph.problem_node);
    const bool known = graph.problem_node >= 0 && node < graph.nodes.size();
    return std::string(graph.problem->sentence) + (known ? " (" + operator_title(graph, node) + ")" : "");
  }
  if (parameters.tensors().size() != graph.tensors.size()) {
    return "the parameters are for a graph of " + std::to_string(parameters.tensors().size()) +
           " tensors, this one has " + std::to_string(graph.tensors.size());
  }
  bool needs_storage = false;
  for (const TensorInfo& info : graph.tensors) {
    needs_storage = needs_storage || (info.type.element == ElementType::activation);
  }
  if (needs_storage && storage != ElementType::float32 && !is_quantized(storage)) {
    return "the graph leaves open how activations are stored; give float32, int8, uint8 or int16 as storage";
  }
  return {};
}

/// Adds the network's inputs; what is wrong with one, or nothing.
[[nodiscard]] inline std::string write_inputs(FileParts& parts) {
  for (const std::int32_t index : parts.graph.inputs) {
    const TensorInfo& info = parts.graph.tensor(index);
    const Quantization& quantization = parts.parameters[index].quantization;
    const ElementType element = resolved(info, parts.storage);
    const std::string problem = OperatorWriter::quantization_problem(element, quantization);
    if (!problem.empty()) return "input " + to_string(info.name) + ": " + problem;
    const std::span<const float> scales(&quantization.scale, is_quantized(element) ? 1u : 0u);
    parts.numbers[static_cast<std::size_t>(index)] =
        parts.file.add_tensor({to_string(info.name), info.type.shape, element, scales, quantization.zero_point});
  }
  return {};
}

/// Adds all operators; the list of those that cannot be written, or nothing.
[[nodiscard]] inline std::string write_operators(FileParts& parts) {
  std::string problems;
  std::size_t count = 0;
  for (std::size_t i = 0; i < parts.graph.nodes.size(); ++i) {
    const Node& node = parts.graph.nodes[i];
    OperatorWriter writer(parts, node);
    if (const auto write = find_writer(node.op))
      write(writer, node.op);
    else
      writer.fail("dlpu does not write this operator");
    if (!writer.failed()) continue;
    problems += (count++ ? "; " : "") + operator_title(parts.graph, i) + ": " + writer.problem();
  }
  if (count == 0) return {};
  return std::to_string(count) + " of " + std::to_string(parts.graph.nodes.size()) +
         " operators cannot be written: " + problems;
}

}  // namespace tflite

/// The bytes of a file with a network. `parameters` has an entry for every tensor of the graph, batch normalizations
/// folded in. Tensors get the names of their operators, and constants NAME.weight, NAME.bias, NAME.axes ...
///
/// What the format does not have is written as what it does have: explicit padding of a convolution as PAD before it, of
/// MaxPool2d as PADV2, Clamp as QUANTIZE, MAXIMUM and MINIMUM. Where the result would not be the same bits, the operator
/// is refused.
///
/// Errors name all operators that cannot be written, each with its first reason.
[[nodiscard]] inline Result<std::vector<std::byte>> write_tflite(const GraphView& graph, const Parameters& parameters,
                                                                 const WriteOptions& options) {
  const auto failure = [](const std::string& reason) { return Error{"a .tflite file: " + reason}; };
  if (const auto problem = tflite::graph_problem(graph, parameters, options.storage); !problem.empty()) {
    return failure(problem);
  }
  tflite::FileParts parts{graph, parameters, options.storage};
  if (const auto problem = tflite::write_inputs(parts); !problem.empty()) return failure(problem);
  if (const auto problem = tflite::write_operators(parts); !problem.empty()) return failure(problem);
  std::vector<std::int32_t> inputs, outputs;
  for (const std::int32_t index : graph.inputs) inputs.push_back(parts.numbers[static_cast<std::size_t>(index)]);
  for (const std::int32_t index : graph.outputs) outputs.push_back(parts.numbers[static_cast<std::size_t>(index)]);
  return parts.file.finish(inputs, outputs, options.description);
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

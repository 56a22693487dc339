#pragma once

/// The network that a command is about, from a file.

#include <cstddef>
#include <cstdint>
#include <string>

#include "dlpu/io/tflite.hpp"

namespace dlpu::command {

/// A .tflite file that was read.
struct Model {
  std::string path;
  io::TfliteModel file;

  [[nodiscard]] const Graph& graph() const { return file.graph; }
  [[nodiscard]] const TensorInfo& tensor(std::int32_t index) const {
    return file.graph.tensors[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] Quantization quantization(std::int32_t tensor) const { return file.parameters[tensor].quantization; }
};

/// A .tflite file, or zoo:NAME with a .safetensors file of its weights.
[[nodiscard]] Model open_model(const std::string& path, const std::string& weights = {});

/// "uint8 [1, 224, 224, 3]", behind the name in quotes where there is one.
[[nodiscard]] std::string describe(const TensorInfo& tensor);

/// "operator 3 (CONV_2D, 'block/expand')", with the operator's number in the file.
[[nodiscard]] std::string describe_operator(const Model& model, std::size_t node);

/// Multiply-accumulates of one operator; 0 for operators without weights.
[[nodiscard]] std::int64_t multiply_accumulates(const GraphView& graph, const Node& node);
[[nodiscard]] std::int64_t multiply_accumulates(const GraphView& graph);

/// Elements of all filters and biases.
[[nodiscard]] std::int64_t parameter_count(const GraphView& graph);

}  // namespace dlpu::command

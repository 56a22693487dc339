#pragma once

/// Networks from .tflite files. Needs the flatbuffers headers (Debian: libflatbuffers-dev).
///
///     const auto model = dlpu::io::open_tflite("model.tflite");
///     if (!model) return report(model.error());
///     auto program = model->program();
///     const std::span<const std::byte> inputs[] = {image_bytes};
///     program->run(inputs);
///     std::span<const std::byte> scores = program->output();
///
/// A file is never trusted: everything in it is checked when it is read, and a file with an operator that dlpu cannot
/// run is refused with the list of all such operators.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/graph/program.hpp"
#include "dlpu/io/file.hpp"
#include "dlpu/io/tflite/model_reader.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

/// A network from a file. Tensors have element types of their own (int8, uint8, float32 ...), operators keep the file's
/// order, and names are those of the file's tensors. Weights and names are views of the file's bytes.
struct TfliteModel {
  Graph graph;
  Parameters parameters;
  std::vector<std::int32_t> file_operators;  ///< for each operator of the graph, its number in the file
  std::vector<std::int32_t> file_tensors;    ///< for each tensor of the graph; -1: the file does not have it
  AlignedBuffer file;                        ///< the file's bytes, where the model owns them

  /// Ready to run; the model must outlive the result. The file says how numbers are stored, `Policy` how accumulators
  /// are rounded: by default as LiteRT's reference kernels do.
  template <QuantizationPolicy Policy = PerTensor>
  [[nodiscard]] Result<Program> program(ProgramOptions options = {}) const {
    return Program::create<Policy>(graph, parameters.borrowed(), options);
  }

  /// The graph of a float32 network with the storage left to a policy, as in networks composed in code: what
  /// calibration and quantization take, together with `parameters`. An error where not all numbers are float32.
  [[nodiscard]] Result<Graph> quantizable_graph() const;
};

inline Result<Graph> TfliteModel::quantizable_graph() const {
  Graph open = graph;
  for (TensorInfo& tensor : open.tensors) {
    if (tensor.type.element != ElementType::float32) {
      return Error{"tensor " + in_quotes(to_string(tensor.name)) + " is " +
                   std::string(to_string(tensor.type.element)) + "; only a network in float32 can be quantized"};
    }
    tensor.type.element = tensor.role == TensorRole::bias ? ElementType::int32 : ElementType::activation;
  }
  return open;
}

/// Reads a network from the bytes of a file, which must outlive the result. They are copied into the model only where
/// they do not begin on an 8-byte boundary. `file_name` begins the messages of errors.
[[nodiscard]] inline Result<TfliteModel> read_tflite(std::span<const std::byte> bytes, std::string_view file_name) {
  TfliteModel model;
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) != 0) {
    model.file = AlignedBuffer(bytes.size());
    std::ranges::copy(bytes, model.file.data());
    bytes = model.file.bytes();
  }
  Result<tflite::ModelParts> parts = tflite::ModelReader(file_name).read(bytes);
  if (!parts) return Error{parts.error()};
  model.graph = std::move(parts->graph);
  model.parameters = std::move(parts->memory);
  model.parameters.set_tensors(std::move(parts->data));
  model.file_operators = std::move(parts->file_operators);
  model.file_tensors = std::move(parts->file_tensors);
  return model;
}

/// Reads a network from a file, whose bytes the model owns.
[[nodiscard]] inline Result<TfliteModel> open_tflite(const std::string& path) {
  Result<AlignedBuffer> file = read_file(path);
  if (!file) return Error{file.error()};
  Result<TfliteModel> model = read_tflite(file->bytes(), path);
  if (model) model->file = *std::move(file);
  return model;
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Writes networks as .tflite files with inputs and what dlpu computes from them, for tools/check_written.py: NAME.tflite,
/// NAME.input_K.npy and NAME.output_K.npy, arrays with one entry per sample in front, and NAME.policy_output_K.npy where the
/// policy rounds otherwise than LiteRT does. All activations are outputs, so that every operator is compared.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "dlpu/io/file.hpp"
#include "dlpu/io/npy.hpp"
#include "dlpu/io/tflite_writer.hpp"
#include "support/networks.hpp"
#include "support/written.hpp"

namespace dlpu::written {

[[noreturn]] inline void fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}
template <class T>
T require(Result<T> result) {
  if (!result) fail(result.error());
  return *std::move(result);
}

class NetworkWriter {
 public:
  explicit NetworkWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// One network with parameters of `Policy`; `inputs` holds the bytes of all samples for each input.
  template <class Policy>
  void write(const std::string& name, Graph graph, const Parameters& parameters,
             const std::vector<std::vector<std::byte>>& inputs) const {
    make_all_outputs(graph);
    const std::string prefix = (folder_ / name).string() + ".";
    const auto file = require(io::write_tflite(graph.view(), parameters, options<Policy>()));
    save(prefix + "tflite", file);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      save(prefix + "input_" + std::to_string(i) + ".npy", samples_file<Policy>(graph, graph.inputs[i], inputs[i]));
    }
    Program original = require(Program::create<Policy>(graph, parameters.borrowed()));
    run<Policy>(original, graph, inputs, prefix + (rounds_otherwise<Policy> ? "policy_output_" : "output_"));
    if constexpr (rounds_otherwise<Policy>) {
      using AsLiteRt = BasicPerTensor<rounding::Reference, typename Policy::Storage>;
      Program from_file = require(Program::create<AsLiteRt>(graph, parameters.borrowed()));
      run<Policy>(from_file, graph, inputs, prefix + "output_");
    }
    std::printf("%s\n", name.c_str());
  }

  /// The same with invented weights and inputs.
  template <class Policy>
  void write_random(const std::string& name, const Graph& graph, std::size_t samples) const {
    std::vector<std::vector<std::byte>> inputs;
    networks::Uniform uniform(5);
    for (const std::int32_t input : graph.inputs) {
      const Shape& shape = graph.tensors[static_cast<std::size_t>(input)].type.shape;
      std::vector<typename Policy::Storage> values(samples * static_cast<std::size_t>(shape.elements()));
      networks::fill(std::span(values), uniform);
      const auto bytes = std::as_bytes(std::span(values));
      inputs.emplace_back(bytes.begin(), bytes.end());
    }
    write<Policy>(name, graph, parameters_for<Policy>(graph), inputs);
  }
  template <class Model>
  void write_everywhere(const std::string& name, std::size_t samples) const {
    const Graph graph = build_graph<Model>();
    write_random<Unquantized>(name + "_float", graph, samples);
    write_random<PerTensor>(name + "_per_tensor", graph, samples);
    write_random<PerChannel>(name + "_per_channel", graph, samples);
    write_random<PerTensorUint8>(name + "_uint8", graph, samples);
    write_random<PowerOfTwo>(name + "_power_of_two", graph, samples);
  }
  /// Networks whose operators all have kernels for 16 bits.
  template <class Model>
  void write_in_16_bits(const std::string& name, std::size_t samples) const {
    write_random<PowerOfTwo16>(name + "_power_of_two_16", build_graph<Model>(), samples);
  }

 private:
  static void save(const std::string& path, std::span<const std::byte> bytes) {
    if (const auto saved = io::write_file(path, bytes); !saved) fail(saved.error());
  }
  /// Samples of one tensor, end to end, as a .npy file with their number in front of the shape; the shape is flat where
  /// it has no room for one more dimension.
  template <class Policy>
  static std::vector<std::byte> samples_file(const Graph& graph, std::int32_t tensor,
                                             std::span<const std::byte> data) {
    const TensorType& type = graph.tensors[static_cast<std::size_t>(tensor)].type;
    const ElementType element = resolved(type.element, element_type_of<typename Policy::Storage>);
    Shape shape = {static_cast<std::int32_t>(data.size() / bytes_of(type, element))};
    if (type.shape.rank == Shape::max_rank)
      shape.push_back(static_cast<std::int32_t>(type.shape.elements()));
    else
      for (int i = 0; i < type.shape.rank; ++i) shape.push_back(type.shape[i]);
    return io::write_npy({element, shape, data});
  }
  template <class Policy>
  static void run(Program& program, const Graph& graph, const std::vector<std::vector<std::byte>>& inputs,
                  const std::string& prefix) {
    std::vector<std::vector<std::byte>> outputs(graph.outputs.size());
    const std::size_t samples = inputs[0].size() / program_input_bytes<Policy>(graph, 0);
    for (std::size_t sample = 0; sample < samples; ++sample) {
      std::vector<std::span<const std::byte>> one;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::size_t bytes = program_input_bytes<Policy>(graph, i);
        one.push_back(std::span(inputs[i]).subspan(sample * bytes, bytes));
      }
      program.run(one);
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto bytes = program.output(i);
        outputs[i].insert(outputs[i].end(), bytes.begin(), bytes.end());
      }
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      save(prefix + std::to_string(i) + ".npy", samples_file<Policy>(graph, graph.outputs[i], outputs[i]));
    }
  }
  template <class Policy>
  static std::size_t program_input_bytes(const Graph& graph, std::size_t i) {
    return bytes_of(graph.tensors[static_cast<std::size_t>(graph.inputs[i])].type,
                    element_type_of<typename Policy::Storage>);
  }

  std::filesystem::path folder_;
};

}  // namespace dlpu::written

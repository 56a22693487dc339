#pragma once

/// One operator of a graph on its way into a .tflite file: what the functions in the table of operators work with.
///
/// A function takes the operator's parameters and tensors, states what it needs (`require`), and ends with `emit`, more
/// than once where the format has no single operator for it. The first broken need is kept as the operator's problem,
/// and then nothing is written; everything after it has no effect, so functions need not stop.

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/graph/graph.hpp"
#include "dlpu/graph/parameters.hpp"
#include "dlpu/io/tflite/writer/file_builder.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

/// A graph while it is written.
struct FileParts {
  const GraphView& graph;
  const Parameters& parameters;
  ElementType storage;  ///< of activations without an element type of their own
  FileBuilder file = {};
  std::vector<std::int32_t> numbers = std::vector<std::int32_t>(graph.tensors.size(), -1);  ///< in the file, or -1
};

class OperatorWriter {
 public:
  OperatorWriter(FileParts& parts, const Node& node) : parts_(parts), node_(node) {}

  /// Why the operator cannot be written; empty while nothing is wrong.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] bool failed() const { return !problem_.empty(); }
  bool fail(std::string reason) {
    if (problem_.empty()) problem_ = std::move(reason);
    return false;
  }
  /// Keeps `reason` unless `holds`; returns whether nothing is wrong so far.
  bool require(bool holds, std::string_view reason) {
    if (!holds) fail(std::string(reason));
    return !failed();
  }

  // What the graph says

  [[nodiscard]] std::size_t inputs() const { return parts_.graph.inputs_of(node_).size(); }
  [[nodiscard]] std::size_t outputs() const { return parts_.graph.outputs_of(node_).size(); }
  [[nodiscard]] const Shape& input_shape(std::size_t i = 0) const { return parts_.graph.input_type(node_, i).shape; }
  [[nodiscard]] const Shape& output_shape(std::size_t i = 0) const {
    return parts_.graph.output_type(node_, i).shape;
  }
  [[nodiscard]] ElementType input_element(std::size_t i = 0) const {
    return resolved(parts_.graph.tensor(parts_.graph.inputs_of(node_)[i]), parts_.storage);
  }
  [[nodiscard]] ElementType output_element(std::size_t i = 0) const {
    return resolved(parts_.graph.output_type(node_, i).element, parts_.storage);
  }
  [[nodiscard]] const TensorData& input_data(std::size_t i = 0) const {
    return parts_.parameters[parts_.graph.inputs_of(node_)[i]];
  }
  [[nodiscard]] const TensorData& output_data(std::size_t i = 0) const {
    return parts_.parameters[parts_.graph.outputs_of(node_)[i]];
  }
  [[nodiscard]] Quantization input_quantization(std::size_t i = 0) const { return input_data(i).quantization; }
  [[nodiscard]] Quantization output_quantization(std::size_t i = 0) const { return output_data(i).quantization; }
  /// Whether the operator takes int8 or int16, which came to the format after its first version.
  [[nodiscard]] bool is_signed() const {
    return input_element() == ElementType::int8 || input_element() == ElementType::int16;
  }
  /// 2 where the operator takes int8 or int16, otherwise 1: the versions of most operators, as TensorFlow's converter
  /// writes them.
  [[nodiscard]] std::int32_t version() const { return is_signed() ? 2 : 1; }
  /// Operators that pass stored numbers on: LiteRT refuses other quantizations than the input's.
  bool require_same_quantization(std::size_t i = 0) {
    return require(!is_quantized(input_element(i)) || input_quantization(i) == output_quantization(),
                   "its inputs and output must have the same scale and zero point");
  }

  // Tensors of the file, by their numbers; -1 once something is wrong

  [[nodiscard]] std::int32_t input(std::size_t i = 0) { return tensor(parts_.graph.inputs_of(node_)[i], ""); }
  [[nodiscard]] std::int32_t output(std::size_t i = 0) {
    return tensor(parts_.graph.outputs_of(node_)[i], i == 0 ? "" : ":" + std::to_string(i));
  }
  [[nodiscard]] std::vector<std::int32_t> all_inputs() {
    std::vector<std::int32_t> numbers;
    for (std::size_t i = 0; i < inputs(); ++i) numbers.push_back(input(i));
    return numbers;
  }
  [[nodiscard]] std::vector<std::int32_t> all_outputs() {
    std::vector<std::int32_t> numbers;
    for (std::size_t i = 0; i < outputs(); ++i) numbers.push_back(output(i));
    return numbers;
  }
  /// A tensor that the graph does not have, named NAME.`part`.
  [[nodiscard]] std::int32_t add(std::string_view part, NewTensor tensor) {
    if (!require(parts_.file.has_room_for(tensor.data.size()), "the file would have more than 2 GiB")) return -1;
    tensor.name = to_string(node_.name) + "." + std::string(part);
    return parts_.file.add_tensor(tensor);
  }
  /// One between two operators of the file that are one operator in the graph.
  [[nodiscard]] std::int32_t add_intermediate(std::string_view part, const Shape& shape, ElementType element,
                                              const Quantization& quantization) {
    const std::span<const float> scales(&quantization.scale, is_quantized(element) ? 1u : 0u);
    return add(part, {{}, shape, element, scales, quantization.zero_point});
  }
  /// Integers that the format keeps in a constant, such as axes.
  [[nodiscard]] std::int32_t add_integers(std::string_view part, const Shape& shape,
                                          std::span<const std::int32_t> values) {
    return add(part, {{}, shape, ElementType::int32, {}, 0, 0, std::as_bytes(values)});
  }
  /// A real number in the output's element type and quantization as a constant [1]; beyond what the type holds, the
  /// nearest that it does hold.
  [[nodiscard]] std::int32_t add_number(std::string_view part, float number) {
    const ElementType element = output_element();
    const Quantization quantization = output_quantization();
    const std::span<const float> scales(&quantization.scale, is_quantized(element) ? 1u : 0u);
    const auto add_stored = [&](const auto& stored) {
      return add(part, {{}, {1}, element, scales, quantization.zero_point, 0, std::as_bytes(std::span(&stored, 1))});
    };
    if (!is_quantized(element)) return add_stored(number);
    return visit_quantized(element, [&]<class Storage>(Storage) {
      return add_stored(::dlpu::detail::quantize_value<Storage>(number, quantization));
    });
  }

  // Operators of the file

  using Options = flatbuffers::Offset<void>;
  [[nodiscard]] flatbuffers::FlatBufferBuilder& builder() { return parts_.file.builder(); }

  void emit(schema::BuiltinOperator code, std::int32_t version, std::span<const std::int32_t> inputs,
            std::span<const std::int32_t> outputs, schema::BuiltinOptions options_type = schema::BuiltinOptions::NONE,
            Options options = {}) {
    if (!failed()) parts_.file.add_operator(code, version, inputs, outputs, options_type, options);
  }
  void emit(schema::BuiltinOperator code, std::int32_t version, std::initializer_list<std::int32_t> inputs,
            std::int32_t output, schema::BuiltinOptions options_type = schema::BuiltinOptions::NONE,
            Options options = {}) {
    emit(code, version, std::span(inputs.begin(), inputs.size()), std::span(&output, 1), options_type, options);
  }

  /// With operands and results as the graph has them.
  void emit_custom(const std::string& name, std::span<const std::uint8_t> options) {
    const std::vector<std::int32_t> inputs = all_inputs(), outputs = all_outputs();
    if (!failed()) parts_.file.add_custom_operator(name, inputs, outputs, options);
  }

  /// Why a tensor that is not a weight cannot be written as it is quantized; empty where it can.
  [[nodiscard]] static std::string quantization_problem(ElementType element, const Quantization& quantization) {
    if (!is_quantized(element)) return {};
    if (!(quantization.scale > 0.0f) || !std::isfinite(quantization.scale)) {
      return "its scale must be positive and finite";
    }
    if (element == ElementType::int16) {
      return quantization.zero_point == 0 ? "" : "its zero point must be 0, as the format asks of int16";
    }
    const std::int32_t lowest = element == ElementType::int8 ? -128 : 0;
    if (quantization.zero_point < lowest || quantization.zero_point > lowest + 255) {
      return "its zero point " + std::to_string(quantization.zero_point) + " is outside " +
             std::string(to_string(element));
    }
    return {};
  }

 private:
  /// An activation or a constant operand, added to the file where it is seen first.
  std::int32_t tensor(std::int32_t index, const std::string& suffix) {
    std::int32_t& number = parts_.numbers[static_cast<std::size_t>(index)];
    if (number >= 0) return number;
    const TensorInfo& info = parts_.graph.tensor(index);
    const TensorData& data = parts_.parameters[index];
    const ElementType element = resolved(info, parts_.storage);
    const bool constant = info.role != TensorRole::activation && info.role != TensorRole::input;
    const std::string quantization = quantization_problem(element, data.quantization);
    if (!require(quantization.empty(), "of " + to_string(info.name) + ": " + quantization)) return -1;
    if (constant && !require(data.data.size() == bytes_of(info, parts_.storage),
                             "the constant " + to_string(info.name) + " has " + std::to_string(data.data.size()) +
                                 " bytes of data, which its shape does not need")) {
      return -1;
    }
    if (!require(parts_.file.has_room_for(data.data.size()), "the file would have more than 2 GiB")) return -1;
    const std::span<const float> scales(&data.quantization.scale, is_quantized(element) ? 1u : 0u);
    number = parts_.file.add_tensor({to_string(info.name) + suffix, info.type.shape, element, scales,
                                     data.quantization.zero_point, 0,
                                     constant ? data.data : std::span<const std::byte>{}});
    return number;
  }

  FileParts& parts_;
  const Node& node_;
  std::string problem_;
};

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

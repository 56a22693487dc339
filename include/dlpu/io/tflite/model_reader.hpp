#pragma once

/// A .tflite file as a whole: verified as a flatbuffer, then tensor by tensor and operator by operator.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/core/result.hpp"
#include "dlpu/io/tflite/operator_reader.hpp"
#include "dlpu/io/tflite/table.hpp"
#include "dlpu/io/tflite/tensor.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

class ModelReader {
 public:
  explicit ModelReader(std::string_view file_name) : file_name_(file_name) {}

  /// `bytes` on an 8-byte boundary; the result looks at them.
  [[nodiscard]] Result<ModelParts> read(std::span<const std::byte> bytes) && {
    for (const auto step : {&ModelReader::verify, &ModelReader::read_tensors, &ModelReader::read_inputs,
                            &ModelReader::read_operators, &ModelReader::read_outputs, &ModelReader::check_memory}) {
      if (const auto done = (this->*step)(bytes); !done) return Error{file_name_ + ": " + done.error()};
    }
    return std::move(parts_);
  }

 private:
  using Bytes = std::span<const std::byte>;

  Result<void> verify(Bytes bytes) {
    constexpr std::size_t smallest = 8;  // offset of the root table, and the identifier
    if (bytes.size() < smallest || bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) {
      return Error{"it has " + std::to_string(bytes.size()) + " bytes, which a .tflite file cannot have"};
    }
    if (!schema::ModelBufferHasIdentifier(bytes.data())) return Error{"it is not a .tflite file"};
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), limits::depth,
                                   limits::tables);
    if (!schema::VerifyModelBuffer(verifier)) return Error{"its structure is damaged; it may be cut off"};
    model_ = schema::GetModel(bytes.data());
    if (model_->version() != 3) {
      return Error{"it has schema version " + std::to_string(model_->version()) + "; dlpu reads 3"};
    }
    const std::size_t subgraphs = model_->subgraphs() ? model_->subgraphs()->size() : 0;
    if (subgraphs != 1) {
      return Error{"it has " + std::to_string(subgraphs) + " subgraphs; dlpu reads networks without control flow"};
    }
    subgraph_ = model_->subgraphs()->Get(0);
    return {};
  }

  Result<void> read_tensors(Bytes) {
    const auto* tensors = subgraph_->tensors();
    const std::uint32_t count = tensors ? tensors->size() : 0;
    if (count > limits::tensors) return Error{"it has " + std::to_string(count) + " tensors; that is too many"};
    parts_.tensors.reserve(count);
    std::uint64_t scales = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      Result<FileTensor> tensor = read_tensor(*tensors->Get(i), model_->buffers());
      if (!tensor) return Error{tensor_name(i, text_of(tensors->Get(i)->name())) + " " + tensor.error()};
      scales += tensor->scales.size();
      if (scales > limits::scales) {
        return Error{"its tensors have more than " + std::to_string(limits::scales) + " scales together"};
      }
      parts_.tensors.push_back(*std::move(tensor));
    }
    return {};
  }

  Result<void> read_inputs(Bytes) {
    for (const std::int32_t number : values_of(subgraph_->inputs())) {
      if (auto known = check_number(number, "an input of the network"); !known) return known;
      FileTensor& tensor = tensor_at(number);
      const std::string name = tensor_name(static_cast<std::size_t>(number), tensor.name);
      if (tensor.constant || tensor.made) {
        return Error{name + " cannot be an input of the network: it is constant or given twice"};
      }
      if (!tensor.element())
        return Error{name + ", an input, is " + tensor.type_name() + ", which dlpu does not have"};
      tensor.made = true;
      tensor.graph_tensor = parts_.add({name_from(tensor.name), {tensor.shape, *tensor.element()}, TensorRole::input},
                                       {tensor.quantization(), {}, {}}, number);
      parts_.graph.inputs.push_back(tensor.graph_tensor);
    }
    return {};
  }

  Result<void> read_operators(Bytes bytes) {
    const std::uint64_t most_owned =
        limits::owned_bytes_per_byte * std::max<std::uint64_t>(bytes.size(), limits::smallest_owned);
    const auto* operators = subgraph_->operators();
    const std::uint32_t count = operators ? operators->size() : 0;
    if (count > limits::operators) return Error{"it has " + std::to_string(count) + " operators; that is too many"};
    std::string problems;
    std::size_t problem_count = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const schema::Operator& source = *operators->Get(i);
      const std::string where = "operator " + std::to_string(i);
      const auto* codes = model_->operator_codes();
      if (!codes || source.opcode_index() >= codes->size()) {
        return Error{where + " has the code " + std::to_string(source.opcode_index()) +
                     ", which the file does not have"};
      }
      const std::vector<std::int32_t> inputs = values_of(source.inputs()), outputs = values_of(source.outputs());
      if (const auto checked = check_edges(inputs, outputs); !checked) return Error{where + ": " + checked.error()};
      const schema::OperatorCode& code = *codes->Get(source.opcode_index());
      const std::string problem = read_operator(source, code, static_cast<std::int32_t>(i), inputs, outputs);
      if (parts_.memory.owned_bytes() > most_owned) {
        return Error{where + ": the constants up to here need " + std::to_string(parts_.memory.owned_bytes()) +
                     " bytes beside the file, more than " + std::to_string(limits::owned_bytes_per_byte) +
                     " times its own"};
      }
      if (problem.empty()) continue;
      assume_outputs(outputs);
      const std::string_view name = outputs.empty() ? std::string_view{} : tensor_at(outputs[0]).name;
      problems += (problem_count++ ? "; " : "") + where + " (" +
                  operator_name(code_of(code), text_of(code.custom_code())) + ", " + in_quotes(name) +
                  "): " + problem;
    }
    if (problem_count == 0) return {};
    return Error{std::to_string(problem_count) + " of its " + std::to_string(count) +
                 " operators cannot run: " + problems};
  }

  Result<void> read_outputs(Bytes) {
    for (const std::int32_t number : values_of(subgraph_->outputs())) {
      if (auto known = check_number(number, "an output of the network"); !known) return known;
      const FileTensor& tensor = tensor_at(number);
      if (tensor.graph_tensor < 0) {
        return Error{tensor_name(static_cast<std::size_t>(number), tensor.name) +
                     " is an output of the network, but no operator makes it"};
      }
      parts_.graph.outputs.push_back(tensor.graph_tensor);
    }
    return {};
  }

  Result<void> check_memory(Bytes) {
    std::uint64_t total = 0;
    for (const TensorInfo& info : parts_.graph.tensors) {
      if (info.role == TensorRole::activation) total += bytes_of(info.type, info.type.element);
    }
    if (total <= limits::activation_bytes) return {};
    return Error{"its activations have " + std::to_string(total) + " bytes, more than 4 GiB"};
  }

  /// Before version 3a of the schema there was only the first code.
  [[nodiscard]] static schema::BuiltinOperator code_of(const schema::OperatorCode& code) {
    return std::max(static_cast<schema::BuiltinOperator>(code.deprecated_builtin_code()), code.builtin_code());
  }

  /// Why the operator cannot be read; empty where it was.
  std::string read_operator(const schema::Operator& source, const schema::OperatorCode& code, std::int32_t index,
                            std::span<const std::int32_t> inputs, std::span<const std::int32_t> outputs) {
    for (const std::int32_t output : outputs) tensor_at(output).made = true;
    const auto read = find_operator(code_of(code), text_of(code.custom_code()));
    if (read == nullptr) return "dlpu does not have this operator";
    if (outputs.empty()) return "it has no output";
    OperatorReader reader(parts_, source, index, inputs, outputs);
    read(reader);
    return reader.problem();
  }

  /// Takes the outputs of an operator that cannot be read as the file declares them, so that the operators behind it are
  /// looked at as well.
  void assume_outputs(std::span<const std::int32_t> outputs) {
    for (const std::int32_t output : outputs) {
      FileTensor& tensor = tensor_at(output);
      if (!tensor.element()) continue;
      tensor.graph_tensor =
          parts_.add({{}, {tensor.shape, *tensor.element()}}, {tensor.quantization(), {}, {}}, output);
    }
  }

  /// Inputs are known when the operator runs; nobody else makes its outputs.
  Result<void> check_edges(std::span<const std::int32_t> inputs, std::span<const std::int32_t> outputs) {
    for (const std::int32_t input : inputs) {
      if (input == -1) continue;
      if (auto known = check_number(input, "its input"); !known) return known;
      const FileTensor& tensor = tensor_at(input);
      if (!tensor.constant && !tensor.made) {
        return Error{tensor_name(static_cast<std::size_t>(input), tensor.name) +
                     " has no data, and no operator before this one makes it"};
      }
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (auto known = check_number(outputs[i], "its output"); !known) return known;
      const FileTensor& tensor = tensor_at(outputs[i]);
      const bool twice =
          std::ranges::find(outputs.first(i), outputs[i]) != outputs.begin() + static_cast<std::ptrdiff_t>(i);
      if (tensor.made || tensor.constant || twice) {
        return Error{tensor_name(static_cast<std::size_t>(outputs[i]), tensor.name) +
                     " is its output, but has data or is made elsewhere too"};
      }
    }
    return {};
  }

  [[nodiscard]] Result<void> check_number(std::int32_t number, std::string_view what) const {
    if (number >= 0 && static_cast<std::size_t>(number) < parts_.tensors.size()) return {};
    return Error{std::string(what) + " is tensor " + std::to_string(number) + ", which the file does not have"};
  }
  [[nodiscard]] FileTensor& tensor_at(std::int32_t number) {
    return parts_.tensors[static_cast<std::size_t>(number)];
  }
  [[nodiscard]] static std::string tensor_name(std::size_t number, std::string_view name) {
    return "tensor " + std::to_string(number) + " (" + in_quotes(name) + ")";
  }

  std::string file_name_;
  const schema::Model* model_ = nullptr;
  const schema::SubGraph* subgraph_ = nullptr;
  ModelParts parts_;
};

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

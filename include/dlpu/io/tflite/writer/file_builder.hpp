#pragma once

/// The bytes of a .tflite file under construction: buffers, tensors and operators, numbered as they come.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "dlpu/core/element.hpp"
#include "dlpu/core/shape.hpp"
#include "dlpu/io/tflite/schema_generated.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

namespace schema = ::dlpu::tflite_schema;

/// The file's name of an element type; `activation` is resolved before anything is written.
[[nodiscard]] constexpr schema::TensorType file_type(ElementType type) {
  switch (type) {
    case ElementType::float16:
      return schema::TensorType::FLOAT16;
    case ElementType::int8:
      return schema::TensorType::INT8;
    case ElementType::uint8:
      return schema::TensorType::UINT8;
    case ElementType::int16:
      return schema::TensorType::INT16;
    case ElementType::int32:
      return schema::TensorType::INT32;
    case ElementType::int64:
      return schema::TensorType::INT64;
    case ElementType::boolean:
      return schema::TensorType::BOOL;
    case ElementType::float32:
    case ElementType::activation:
      break;
  }
  return schema::TensorType::FLOAT32;
}

/// A tensor for a file. Its number in the file is the order in which it was added.
struct NewTensor {
  std::string name;
  Shape shape;
  ElementType element = ElementType::float32;
  std::span<const float> scales = {};  ///< none: not quantized; one; or one for every index of `axis`
  std::int32_t zero_point = 0;         ///< of all of them
  std::int32_t axis = 0;
  std::span<const std::byte> data = {};  ///< of constants; empty: computed
};

class FileBuilder {
 public:
  /// Data beyond this would take offsets in the file over 31 bits; what is not data is far below the difference.
  static constexpr std::size_t most_data = (std::size_t{1} << 31) - (std::size_t{1} << 26);

  FileBuilder() { buffers_.push_back(schema::CreateBuffer(builder_)); }  // number 0 means "no data"

  /// Whether a constant of `bytes` still fits.
  [[nodiscard]] bool has_room_for(std::size_t bytes) const {
    return bytes <= most_data && data_bytes_ <= most_data - bytes;
  }
  /// The data must fit. A name that another tensor has gets a number behind it.
  std::int32_t add_tensor(const NewTensor& tensor) {
    const std::uint32_t buffer = tensor.data.empty() ? 0 : add_buffer(tensor.data);
    const auto shape = builder_.CreateVector(tensor.shape.dims.data(), static_cast<std::size_t>(tensor.shape.rank));
    const auto name = builder_.CreateString(unique(tensor.name));
    flatbuffers::Offset<schema::QuantizationParameters> quantization;
    if (!tensor.scales.empty()) {
      const std::vector<std::int64_t> zero_points(tensor.scales.size(), tensor.zero_point);
      const auto scales = builder_.CreateVector(tensor.scales.data(), tensor.scales.size());
      quantization = schema::CreateQuantizationParameters(builder_, 0, 0, scales, builder_.CreateVector(zero_points),
                                                          schema::QuantizationDetails::NONE, 0, tensor.axis);
    }
    tensors_.push_back(schema::CreateTensor(builder_, shape, file_type(tensor.element), buffer, name, quantization));
    return static_cast<std::int32_t>(tensors_.size()) - 1;
  }
  /// `options` were made by `builder()`; there are none where `options_type` is NONE.
  void add_operator(schema::BuiltinOperator code, std::int32_t version, std::span<const std::int32_t> inputs,
                    std::span<const std::int32_t> outputs, schema::BuiltinOptions options_type,
                    flatbuffers::Offset<void> options) {
    const auto input_numbers = builder_.CreateVector(inputs.data(), inputs.size());
    const auto output_numbers = builder_.CreateVector(outputs.data(), outputs.size());
    operators_.push_back(schema::CreateOperator(builder_, code_index({code, version, {}}), input_numbers,
                                                output_numbers, options_type, options));
  }
  /// An operator that the format does not number. `options` is a flexbuffer.
  void add_custom_operator(const std::string& name, std::span<const std::int32_t> inputs,
                           std::span<const std::int32_t> outputs, std::span<const std::uint8_t> options) {
    const auto input_numbers = builder_.CreateVector(inputs.data(), inputs.size());
    const auto output_numbers = builder_.CreateVector(outputs.data(), outputs.size());
    const auto bytes = builder_.CreateVector(options.data(), options.size());
    operators_.push_back(schema::CreateOperator(builder_, code_index({schema::BuiltinOperator::CUSTOM, 1, name}),
                                                input_numbers, output_numbers, schema::BuiltinOptions::NONE, 0,
                                                bytes));
  }
  [[nodiscard]] flatbuffers::FlatBufferBuilder& builder() { return builder_; }

  [[nodiscard]] std::vector<std::byte> finish(std::span<const std::int32_t> inputs,
                                              std::span<const std::int32_t> outputs, const std::string& description) {
    const auto tensors = builder_.CreateVector(tensors_);
    const auto input_numbers = builder_.CreateVector(inputs.data(), inputs.size());
    const auto output_numbers = builder_.CreateVector(outputs.data(), outputs.size());
    const auto operators = builder_.CreateVector(operators_);
    const auto name = builder_.CreateString("main");
    const auto graph = schema::CreateSubGraph(builder_, tensors, input_numbers, output_numbers, operators, name);
    std::vector<flatbuffers::Offset<schema::OperatorCode>> codes;
    for (const Code& code : codes_) {
      constexpr std::int32_t last_of_old_files = 127;
      const auto old = static_cast<std::int8_t>(std::min(static_cast<std::int32_t>(code.code), last_of_old_files));
      const auto name_of_custom = code.custom_name.empty() ? flatbuffers::Offset<flatbuffers::String>()
                                                           : builder_.CreateString(code.custom_name);
      codes.push_back(schema::CreateOperatorCode(builder_, old, name_of_custom, code.version, code.code));
    }
    const auto made_codes = builder_.CreateVector(codes);
    const auto graphs = builder_.CreateVector(&graph, 1);
    const auto text = builder_.CreateString(description);
    const auto buffers = builder_.CreateVector(buffers_);
    constexpr std::uint32_t schema_version = 3;
    schema::FinishModelBuffer(builder_,
                              schema::CreateModel(builder_, schema_version, made_codes, graphs, text, buffers));
    const auto* first = reinterpret_cast<const std::byte*>(builder_.GetBufferPointer());
    return {first, first + builder_.GetSize()};
  }

 private:
  std::uint32_t add_buffer(std::span<const std::byte> data) {
    constexpr std::size_t data_alignment = 16;  // as the format asks, for readers that map the file into memory
    builder_.ForceVectorAlignment(data.size(), 1, data_alignment);
    const auto bytes = builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
    buffers_.push_back(schema::CreateBuffer(builder_, bytes));
    data_bytes_ += data.size();
    return static_cast<std::uint32_t>(buffers_.size()) - 1;
  }
  std::string unique(const std::string& name) {
    const std::string stem = name.empty() ? "tensor" : name;
    std::string candidate = stem;
    while (!names_.insert(candidate).second) {
      int& number = repeated_.try_emplace(stem, 1).first->second;
      candidate = stem + "_" + std::to_string(++number);
    }
    return candidate;
  }
  struct Code {
    schema::BuiltinOperator code;
    std::int32_t version;  // that the operator needs for its element types
    std::string custom_name;
    friend bool operator==(const Code&, const Code&) = default;
  };
  std::uint32_t code_index(const Code& wanted) {
    const auto found = std::ranges::find(codes_, wanted);
    const auto index = static_cast<std::uint32_t>(found - codes_.begin());
    if (found == codes_.end()) codes_.push_back(wanted);
    return index;
  }

  flatbuffers::FlatBufferBuilder builder_;
  std::vector<flatbuffers::Offset<schema::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<schema::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<schema::Operator>> operators_;
  std::vector<Code> codes_;
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, int> repeated_;  // the last number behind a name
  std::size_t data_bytes_ = 0;
};

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

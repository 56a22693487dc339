#pragma once

/// .tflite files for tests: reading them with their golden tensors, and making small ones, right or wrong.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "dlpu/io/npy.hpp"
#include "dlpu/io/tflite.hpp"
#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::golden {

namespace schema = ::dlpu::tflite_schema;

struct NpyFile {
  AlignedBuffer bytes;
  io::NpyArray array;
};

/// A .npy file; where it cannot be read, that is a mistake of the test or the repository, and throws.
inline NpyFile load_npy(const std::string& path) {
  AlignedBuffer bytes = detail::require(io::read_file(path));
  io::NpyArray array = detail::require(io::NpyArray::parse(bytes.bytes(), path));
  return {std::move(bytes), std::move(array)};
}

/// One output of a program: equal to the bit, or in float32 up to the order of summation.
inline void expect_output(const Program& program, std::size_t i, const io::NpyArray& expected) {
  const TensorType& type = program.graph().tensors[static_cast<std::size_t>(program.graph().outputs[i])].type;
  ASSERT_EQ(type.element, expected.type());
  ASSERT_EQ(type.shape, expected.shape());
  const auto compare = [&]<class T>(T) {
    const std::span<const std::byte> bytes = program.output(i);
    const auto* values = reinterpret_cast<const T*>(bytes.data());
    const std::span<const T> wanted = *expected.values<T>();
    // What float networks add up in another order errs in proportion to the terms, of which the tensor's largest number
    // tells more than a small one that terms cancelled to.
    float largest = 1e-6f;
    if constexpr (std::is_same_v<T, float>) {
      for (const float value : wanted) largest = std::max(largest, std::fabs(value));
    }
    expect_values<T>(wanted, std::vector<T>(values, values + bytes.size() / sizeof(T)), 1e-5f, largest);
  };
  if (type.element == ElementType::float32) compare(float{});
  if (type.element == ElementType::int8) compare(std::int8_t{});
  if (type.element == ElementType::uint8) compare(std::uint8_t{});
  if (type.element == ElementType::int16) compare(std::int16_t{});
  if (type.element == ElementType::int32) compare(std::int32_t{});
  if (type.element == ElementType::int64) compare(std::int64_t{});
  if (type.element == ElementType::boolean) {
    EXPECT_TRUE(std::ranges::equal(program.output(i), expected.data())) << "output " << i;
  }
}

/// Runs a program on the files PREFIX + input_K.npy and compares with PREFIX + output_K.npy.
inline void expect_golden(Program& program, const std::string& prefix) {
  SCOPED_TRACE(prefix);
  std::vector<NpyFile> inputs;
  std::vector<std::span<const std::byte>> input_bytes;
  for (std::size_t i = 0; i < program.graph().inputs.size(); ++i) {
    inputs.push_back(load_npy(prefix + "input_" + std::to_string(i) + ".npy"));
    ASSERT_EQ(inputs[i].array.shape(),
              program.graph().tensors[static_cast<std::size_t>(program.graph().inputs[i])].type.shape);
  }
  for (const NpyFile& input : inputs) input_bytes.push_back(input.array.data());
  program.run(input_bytes);
  ASSERT_FALSE(program.graph().outputs.empty());
  for (std::size_t i = 0; i < program.graph().outputs.size(); ++i) {
    expect_output(program, i, load_npy(prefix + "output_" + std::to_string(i) + ".npy").array);
  }
}

// ---- Making files

struct MadeTensor {
  std::vector<std::int32_t> shape;
  schema::TensorType type = schema::TensorType::INT8;
  std::vector<float> scales = {0.5f};
  std::vector<std::int64_t> zero_points = {0};
  std::int32_t axis = 0;
  std::vector<std::uint8_t> data = {};  ///< empty: not a constant
  bool variable = false;
  std::string name = {};  ///< empty: "t" and its number
};

using Builder = flatbuffers::FlatBufferBuilder;

struct MadeOperator {
  schema::BuiltinOperator code = schema::BuiltinOperator::RELU;
  std::vector<std::int32_t> inputs = {0}, outputs = {1};
  schema::BuiltinOptions options_type = schema::BuiltinOptions::NONE;
  std::function<flatbuffers::Offset<void>(Builder&)> options = {};
  const char* custom_name = nullptr;
};

/// A file with one or more subgraphs that all are the same. By default: RELU of four int8 numbers.
struct MadeModel {
  std::vector<MadeTensor> tensors = {{{1, 4}}, {{1, 4}}};
  std::vector<MadeOperator> operators = {{}};
  std::vector<std::int32_t> inputs = {0}, outputs = {1};
  std::uint32_t version = 3;
  int subgraphs = 1;
  bool old_codes = false;  ///< only in the field of files from before 2020

  [[nodiscard]] std::vector<std::byte> bytes() const {
    Builder b;
    std::vector<flatbuffers::Offset<schema::Buffer>> buffers = {schema::CreateBuffer(b)};
    std::vector<flatbuffers::Offset<schema::Tensor>> made_tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const MadeTensor& tensor = tensors[i];
      std::uint32_t buffer = 0;
      if (!tensor.data.empty()) {
        b.ForceVectorAlignment(tensor.data.size(), 1, 16);
        buffers.push_back(schema::CreateBuffer(b, b.CreateVector(tensor.data)));
        buffer = static_cast<std::uint32_t>(buffers.size()) - 1;
      }
      const auto quantization = schema::CreateQuantizationParameters(
          b, 0, 0, b.CreateVector(tensor.scales), b.CreateVector(tensor.zero_points),
          schema::QuantizationDetails::NONE, 0, tensor.axis);
      made_tensors.push_back(
          schema::CreateTensor(b, b.CreateVector(tensor.shape), tensor.type, buffer,
                               b.CreateString(tensor.name.empty() ? "t" + std::to_string(i) : tensor.name),
                               quantization, tensor.variable));
    }
    std::vector<flatbuffers::Offset<schema::OperatorCode>> codes;
    std::vector<flatbuffers::Offset<schema::Operator>> made_operators;
    for (const MadeOperator& op : operators) {
      const auto number = static_cast<std::int32_t>(op.code);
      codes.push_back(schema::CreateOperatorCode(b, static_cast<std::int8_t>(number < 127 ? number : 127),
                                                 op.custom_name ? b.CreateString(op.custom_name) : 0, 1,
                                                 old_codes ? schema::BuiltinOperator::ADD : op.code));
      const auto options = op.options ? op.options(b) : flatbuffers::Offset<void>();
      const auto op_inputs = b.CreateVector(op.inputs), op_outputs = b.CreateVector(op.outputs);
      made_operators.push_back(schema::CreateOperator(b, static_cast<std::uint32_t>(codes.size()) - 1, op_inputs,
                                                      op_outputs, op.options_type, options));
    }
    const auto graph = schema::CreateSubGraph(b, b.CreateVector(made_tensors), b.CreateVector(inputs),
                                              b.CreateVector(outputs), b.CreateVector(made_operators));
    const std::vector<flatbuffers::Offset<schema::SubGraph>> graphs(static_cast<std::size_t>(subgraphs), graph);
    const auto made_codes = b.CreateVector(codes);
    const auto made_graphs = b.CreateVector(graphs);
    const auto made_buffers = b.CreateVector(buffers);
    schema::FinishModelBuffer(b, schema::CreateModel(b, version, made_codes, made_graphs, 0, made_buffers));
    const auto* first = reinterpret_cast<const std::byte*>(b.GetBufferPointer());
    return {first, first + b.GetSize()};
  }
};

}  // namespace dlpu::golden

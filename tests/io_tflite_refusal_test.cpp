// What is wrong with a .tflite file is said.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/golden.hpp"
#include "support/tflite_files.hpp"

namespace dlpu::io_tflite_refusal_test {
namespace {

using golden::MadeModel;
using golden::MadeOperator;
using golden::MadeTensor;
namespace schema = ::dlpu::tflite_schema;
using Code = schema::BuiltinOperator;
using Type = schema::TensorType;

std::string error_of(const MadeModel& model) {
  const std::vector<std::byte> bytes = model.bytes();
  const Result<io::TfliteModel> read = io::read_tflite(bytes, "x.tflite");
  return read ? "no error" : read.error();
}
void expect_error(const MadeModel& model, const std::string& part) {
  const std::string error = error_of(model);
  EXPECT_NE(error.find(part), std::string::npos) << error;
  EXPECT_EQ(error.find("x.tflite: "), 0u) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

/// CONV_2D of a [1, 4, 4, 2] image with a 3 x 3 filter to two channels.
MadeModel convolution(schema::PaddingMode padding = schema::PaddingMode::SAME, int stride = 1, int dilation = 1,
                      schema::FusedActivation activation = schema::FusedActivation::NONE) {
  MadeModel model;
  model.tensors = {{{1, 4, 4, 2}}, {{1, 4, 4, 2}}};
  model.tensors.push_back({.shape = {2, 3, 3, 2}, .scales = {0.1f, 0.2f}, .zero_points = {0, 0}});
  model.tensors.back().data.resize(36, 1);
  model.tensors.push_back({.shape = {2}, .type = Type::INT32, .scales = {0.05f, 0.1f}, .zero_points = {0, 0}});
  model.tensors.back().data.resize(8, 0);
  MadeOperator& op = model.operators[0];
  op.code = Code::CONV_2D;
  op.inputs = {0, 2, 3};
  op.options_type = schema::BuiltinOptions::Conv2DOptions;
  op.options = [=](golden::Builder& b) {
    return schema::CreateConv2DOptions(b, padding, stride, stride, activation, dilation, dilation).Union();
  };
  return model;
}

TEST(TfliteRefusalTest, TheMadeModelsAreRead) {
  MadeModel old_codes;
  old_codes.old_codes = true;
  EXPECT_EQ(error_of({}), "no error");
  EXPECT_EQ(error_of(old_codes), "no error");
  EXPECT_EQ(error_of(convolution()), "no error");
}

TEST(TfliteRefusalTest, WhatIsNoTfliteFile) {
  EXPECT_NE(io::read_tflite({}, "x").error().find("0 bytes"), std::string::npos);
  const std::vector<std::byte> zeros(100);
  EXPECT_NE(io::read_tflite(zeros, "x").error().find("not a .tflite file"), std::string::npos);
  alignas(8) static constexpr std::byte some[8] = {};
  EXPECT_NE(io::read_tflite(std::span(some + 1, 0), "x").error().find("0 bytes"), std::string::npos);
  std::vector<std::byte> damaged = MadeModel{}.bytes();
  damaged[0] = std::byte{0xFF};
  EXPECT_NE(io::read_tflite(damaged, "x").error().find("damaged"), std::string::npos);
  expect_error({.version = 4}, "schema version 4");
  expect_error({.subgraphs = 2}, "2 subgraphs");
  expect_error({.subgraphs = 0}, "0 subgraphs");
}

TEST(TfliteRefusalTest, AllOperatorsThatCannotRunAreNamed) {
  MadeModel model;
  model.tensors.assign(6, {{1, 4}});
  model.tensors[3].type = Type::FLOAT16;
  model.operators = {{Code::SVDF, {0}, {1}},
                     {Code::RELU, {1}, {2}},
                     {Code::CUSTOM, {2}, {3}, {}, {}, "Some\nthing"},
                     {Code::RELU6, {3}, {4}},
                     {static_cast<Code>(5000), {4}, {5}}};
  expect_error(model,
               "4 of its 5 operators cannot run: operator 0 (SVDF, 't1'): dlpu does not have this operator; "
               "operator 2 (CUSTOM 'Some?thing', 't3'): dlpu does not have this operator; "
               "operator 3 (RELU6, 't4'): input 0 is float16");
  expect_error(model, "operator 4 (operator code 5000, 't5'): dlpu does not have this operator");
}

TEST(TfliteRefusalTest, NamesInMessagesAreShortAndPrintable) {
  MadeModel model;
  model.tensors[1].name = "\x1b[2J" + std::string(1000, 'n');
  model.operators[0].code = Code::SVDF;
  expect_error(model, "operator 0 (SVDF, '?[2J" + std::string(96, 'n') + "...'): dlpu does not have this operator");
}

// A flatbuffer may hold a thing once and name it many times; each tensor and operator has its own copy when it is read.
TEST(TfliteRefusalTest, SharedPartsThatWouldFillTheMemory) {
  golden::Builder b;
  constexpr std::int32_t channels = 1 << 14;
  const auto quantization =
      schema::CreateQuantizationParameters(b, 0, 0, b.CreateVector(std::vector<float>(channels, 0.5f)));
  const auto tensor = schema::CreateTensor(b, b.CreateVector(std::vector<std::int32_t>{channels}), Type::INT8, 0,
                                           b.CreateString("t"), quantization);
  const auto tensors = b.CreateVector(std::vector(1025, tensor));
  const auto graph = schema::CreateSubGraph(b, tensors);
  const auto graphs = b.CreateVector(&graph, 1);
  schema::FinishModelBuffer(b, schema::CreateModel(b, 3, 0, graphs));
  const std::span<const std::uint8_t> file(b.GetBufferPointer(), b.GetSize());
  EXPECT_EQ(io::read_tflite(std::as_bytes(file), "x").error(),
            "x: its tensors have more than 16777216 scales together");

  MadeModel many_copies;
  many_copies.tensors = {{.shape = {1, 4}, .type = Type::FLOAT32}, {.shape = {1, 4}, .type = Type::FLOAT32}};
  many_copies.tensors.push_back({.shape = {1 << 19}, .type = Type::FLOAT16});
  many_copies.tensors.back().data.resize(1 << 20);
  for (std::int32_t i = 0; i < 33; ++i) {  // 2 MiB each
    many_copies.tensors.push_back({.shape = {1 << 19}, .type = Type::FLOAT32});
    many_copies.operators.push_back({Code::DEQUANTIZE, {2}, {3 + i}});
  }
  expect_error(many_copies, "more than 64 times its own");
}

TEST(TfliteRefusalTest, TensorsThatCannotBe) {
  const auto refused = [](const MadeTensor& tensor, const std::string& part) {
    MadeModel model;
    model.tensors.push_back(tensor);
    expect_error(model, part);
  };
  constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  refused({{2, -1}}, "negative dimension");
  refused({{1, 1, 1, 1, 1, 1, 1}}, "7 dimensions");
  refused({{most, most, most, most, most, most}}, "more than 2 GiB");
  refused({{0, most, most, most}}, "more than 2 GiB");
  refused({{most, most, most}, Type::STRING}, "more than 2 GiB");
  refused({{1 << 30, 4}}, "more than 2 GiB");
  refused({.shape = {4}, .data = {1, 2, 3}}, "3 bytes of data, but its shape [4] of int8 needs 4");
  refused({.shape = {1}, .type = Type::FLOAT32, .data = {1, 2, 3, 4, 5}}, "5 bytes of data");
  refused({.shape = {4}, .variable = true}, "variable");
  refused({.shape = {4}, .scales = {0.0f}}, "not positive");
  refused({.shape = {4}, .scales = {-1.0f}}, "not positive");
  refused({.shape = {4}, .scales = {std::numeric_limits<float>::quiet_NaN()}}, "NaN or infinite");
  refused({.shape = {4}, .scales = {std::numeric_limits<float>::infinity()}}, "NaN or infinite");
  refused({.shape = {4}, .zero_points = {128}}, "zero point 128");
  refused({.shape = {4}, .type = Type::UINT8, .zero_points = {-1}}, "zero point -1");
  refused({.shape = {4}, .type = Type::INT32, .zero_points = {1}}, "zero point 1");
  refused({.shape = {4}, .zero_points = {std::numeric_limits<std::int64_t>::min()}}, "zero point");
  refused({.shape = {4}, .scales = {1.0f, 1.0f}}, "2 scales and 1 zero points");
  refused({.shape = {4}, .scales = {1, 1, 1}, .zero_points = {0, 0, 0}}, "3 scales along dimension 0");
  refused({.shape = {3}, .scales = {1, 1, 1}, .zero_points = {0, 0, 0}, .axis = 1}, "3 scales along dimension 1");
  refused({.shape = {3}, .scales = {1, 1, 1}, .zero_points = {0, 0, 0}, .axis = -1}, "3 scales along dimension -1");
}

TEST(TfliteRefusalTest, ConnectionsThatCannotBe) {
  const auto with = [](std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs) {
    MadeModel model;
    model.tensors.assign(4, {{1, 4}});
    model.tensors[3].data = {1, 2, 3, 4};
    model.operators[0].inputs = std::move(inputs);
    model.operators[0].outputs = std::move(outputs);
    return model;
  };
  expect_error(with({4}, {1}), "its input is tensor 4, which the file does not have");
  expect_error(with({-2}, {1}), "its input is tensor -2");
  expect_error(with({0}, {-1}), "its output is tensor -1");
  expect_error(with({2}, {1}), "tensor 2 ('t2') has no data, and no operator before this one makes it");
  expect_error(with({1}, {1}), "tensor 1 ('t1') has no data");
  expect_error(with({0}, {0}), "made elsewhere");
  expect_error(with({0}, {3}), "has data");
  expect_error(with({0}, {1, 1}), "made elsewhere");
  expect_error(with({-1}, {1}), "input 0 is missing");
  expect_error(with({}, {1}), "0 inputs");
  expect_error(with({0, 3}, {1}), "2 inputs");
  expect_error(with({0}, {}), "no output");
  MadeModel model = with({0}, {1});
  model.outputs = {2};
  expect_error(model, "tensor 2 ('t2') is an output of the network, but no operator makes it");
  model.outputs = {9};
  expect_error(model, "an output of the network is tensor 9");
  model.inputs = {3};
  expect_error(model, "cannot be an input of the network");
  model.inputs = {0, 0};
  expect_error(model, "cannot be an input of the network");
}

TEST(TfliteRefusalTest, OutputsThatDiffer) {
  MadeModel model;
  model.tensors[1].shape = {4, 1};
  expect_error(model, "its output would have the shape [1, 4], but the file says [4, 1]");
  model.tensors[1] = {.shape = {1, 4}, .type = Type::UINT8};
  expect_error(model, "its output would be int8, but the file says uint8");
  model.tensors[1] = {.shape = {1, 4}, .scales = {}, .zero_points = {}};
  expect_error(model, "its output is int8 without a scale");
  model.tensors[1] = {.shape = {1, 4}, .scales = {1, 1, 1, 1}, .zero_points = {0, 0, 0, 0}, .axis = 1};
  expect_error(model, "its output has a scale per channel");
}

TEST(TfliteRefusalTest, Convolutions) {
  const auto refused = [](auto change, const std::string& part) {
    MadeModel model = convolution();
    change(model);
    expect_error(model, part);
  };
  expect_error(convolution(static_cast<schema::PaddingMode>(2)), "its padding");
  expect_error(convolution(schema::PaddingMode::SAME, 0), "its stride must be");
  expect_error(convolution(schema::PaddingMode::SAME, 1 << 30), "its stride must be");
  expect_error(convolution(schema::PaddingMode::SAME, 1, -1), "its dilation must be");
  expect_error(convolution(schema::PaddingMode::VALID, 1, 3), "kernel is larger than the padded input");
  expect_error(convolution(schema::PaddingMode::SAME, 1, 1, schema::FusedActivation::TANH), "its fused activation");
  refused([](MadeModel& m) { m.operators[0].options_type = schema::BuiltinOptions::NONE; }, "its stride must be");
  refused([](MadeModel& m) { m.operators[0].options_type = schema::BuiltinOptions::DepthwiseConv2DOptions; },
          "options of another operator");
  refused([](MadeModel& m) { m.tensors[2].zero_points = {0, 1}; }, "zero point other than 0");
  refused([](MadeModel& m) { m.tensors[2].axis = 3; }, "do not lie along the output channels");
  refused([](MadeModel& m) { m.tensors[2].data.clear(); }, "tensor 2 ('t2') has no data");
  refused([](MadeModel& m) { m.tensors[2].type = Type::UINT8; }, "its filter is uint8 and its input int8");
  refused([](MadeModel& m) { m.tensors[2].scales = m.tensors[3].scales = {}, m.tensors[2].zero_points = {}; },
          "its filter has no scale");
  refused([](MadeModel& m) { m.tensors[3].type = Type::FLOAT32; }, "its bias is float32, but must be int32");
  refused(
      [](MadeModel& m) {
        m.tensors[2].scales = {0.1f}, m.tensors[2].zero_points = {0}, m.tensors[3].scales = {0.2f},
        m.tensors[3].zero_points = {0};
      },
      "its bias has another scale");
  refused(
      [](MadeModel& m) {
        m.tensors[3].shape = {1}, m.tensors[3].scales = {}, m.tensors[3].zero_points = {};
        m.tensors[3].data.resize(4);
      },
      "one element per output channel");
  refused([](MadeModel& m) { m.tensors[2].shape = {2, 3, 6, 1}; }, "grouped convolution");
  refused([](MadeModel& m) { m.tensors[0].shape = {1, 16, 2}; }, "four dimensions");
}

TEST(TfliteRefusalTest, QuantizationsThatKernelsDoNotCompute) {
  MadeModel softmax;
  softmax.operators[0].code = Code::SOFTMAX;
  expect_error(softmax, "scale 1/256");
  MadeModel join;
  join.tensors = {{{1, 4}}, {{1, 8}}};
  join.tensors[1].scales = {0.6f};
  join.operators[0] = {Code::CONCATENATION, {0, 0}, {1}};
  join.operators[0].options_type = schema::BuiltinOptions::ConcatenationOptions;
  join.operators[0].options = [](golden::Builder& b) { return schema::CreateConcatenationOptions(b, 1).Union(); };
  expect_error(join, "int8 or int16 inputs must have the scale");
  for (MadeTensor& tensor : join.tensors) tensor.type = Type::UINT8;
  EXPECT_EQ(error_of(join), "no error");
  MadeModel pool;
  pool.tensors = {{{1, 2, 2, 1}}, {{1, 1, 1, 1}}};
  pool.operators[0].code = Code::MAX_POOL_2D;
  pool.operators[0].options_type = schema::BuiltinOptions::Pool2DOptions;
  pool.operators[0].options = [](golden::Builder& b) {
    return schema::CreatePool2DOptions(b, schema::PaddingMode::VALID, 1, 1, 2, 2).Union();
  };
  EXPECT_EQ(error_of(pool), "no error");
  pool.tensors[1].zero_points = {1};
  expect_error(pool, "same scale and zero point");
}

/// A sum of 16-bit numbers with these scales.
MadeModel wide_sum(float scale, bool powers_of_two, std::int64_t zero_point = 0) {
  MadeModel model;
  model.tensors.assign(3, {.shape = {1, 4}, .type = Type::INT16, .scales = {scale}, .zero_points = {zero_point}});
  model.inputs = {0, 1};
  model.operators[0] = {Code::ADD, {0, 1}, {2}};
  model.outputs = {2};
  model.operators[0].options_type = schema::BuiltinOptions::AddOptions;
  model.operators[0].options = [powers_of_two](golden::Builder& b) {
    return schema::CreateAddOptions(b, schema::FusedActivation::NONE, powers_of_two).Union();
  };
  return model;
}

TEST(TfliteRefusalTest, SixteenBitsThatKernelsDoNotCompute) {
  EXPECT_EQ(error_of(wide_sum(0.25f, false)), "no error");
  EXPECT_EQ(error_of(wide_sum(0.3f, true)), "no error");  // LiteRT adds as usual where the scales are no powers
  expect_error(wide_sum(0.25f, true), "an older way for scales that are powers of two");
  expect_error(wide_sum(0.25f, false, 3), "int16 with a zero point other than 0");
  MadeModel model = convolution();
  model.tensors[0].type = model.tensors[1].type = Type::INT16;
  model.tensors[0].zero_points = model.tensors[1].zero_points = {0};
  expect_error(model, "its bias is int32, but must be int64");
  model.tensors[3].type = Type::INT64;
  model.tensors[3].data.resize(16);
  EXPECT_EQ(error_of(model), "no error");
  model.tensors[2].type = Type::INT16;
  model.tensors[2].data.resize(2 * model.tensors[2].data.size());
  expect_error(model, "its filter is int16 and its input int16");
  MadeModel softmax;
  softmax.tensors.assign(2, {.shape = {1, 4}, .type = Type::INT16, .scales = {0.01f}, .zero_points = {0}});
  softmax.operators[0].code = Code::SOFTMAX;
  expect_error(softmax, "in int16 1/32768 and 0");
}

// What the Edge TPU's documented list excludes, too.
TEST(TfliteRefusalTest, FormsOfOperatorsThatAreNotTaken) {
  MadeModel join;
  join.tensors = {{{1, 4}}, {{1, 8}}};
  join.operators[0] = {Code::CONCATENATION, {0, 0}, {1}};
  join.operators[0].options_type = schema::BuiltinOptions::ConcatenationOptions;
  join.operators[0].options = [](golden::Builder& b) {
    return schema::CreateConcatenationOptions(b, 1, schema::FusedActivation::RELU).Union();
  };
  expect_error(join, "it has a fused activation, which LiteRT refuses too");
  MadeModel connected;
  connected.tensors = {{{1, 4}}, {{1, 1}}, {.shape = {1, 4}, .data = {1, 2, 3, 4}}};
  connected.operators[0] = {Code::FULLY_CONNECTED, {0, 2}, {1}};
  connected.operators[0].options_type = schema::BuiltinOptions::FullyConnectedOptions;
  connected.operators[0].options = [](golden::Builder& b) {
    return schema::CreateFullyConnectedOptions(b, schema::FusedActivation::NONE,
                                               schema::WeightsFormat::SHUFFLED4x16INT8)
        .Union();
  };
  expect_error(connected, "its weights are shuffled");
  MadeModel slice;
  const MadeTensor number{.shape = {1}, .type = Type::INT32, .scales = {}, .zero_points = {}, .data = {1, 0, 0, 0}};
  slice.tensors = {{{4}}, {{1}}, number, number, number};
  slice.operators[0] = {Code::STRIDED_SLICE, {0, 2, 3, 4}, {1}};
  slice.operators[0].options_type = schema::BuiltinOptions::StridedSliceOptions;
  for (const bool new_axis : {false, true}) {
    slice.operators[0].options = [new_axis](golden::Builder& b) {
      return schema::CreateStridedSliceOptions(b, 0, 0, new_axis ? 0 : 1, new_axis ? 1 : 0).Union();
    };
    expect_error(slice, "it has an ellipsis or a new axis");
  }
}

TEST(TfliteRefusalTest, OperandsThatMustBeKnown) {
  MadeModel model;
  model.tensors = {{{1, 4}}, {{4}}, {.shape = {1}, .type = Type::INT32, .scales = {}, .zero_points = {}}};
  model.operators[0] = {Code::RESHAPE, {0, 2}, {1}};
  model.inputs = {0, 2};
  expect_error(model, "its new shape must be int32 or int64 numbers that are known before running");
  model.inputs = {0};
  model.tensors[2].shape = {65};
  model.tensors[2].data.assign(65 * 4, 0);
  expect_error(model, "its new shape: 65 numbers, where at most 64 make sense");
  model.tensors[2].shape = {1};
  model.tensors[2].data = {0xFF, 0xFF, 0xFF, 0xFF};  // -1: whatever fits
  EXPECT_EQ(error_of(model), "no error");
  model.tensors[2].data = {3, 0, 0, 0};
  expect_error(model, "as many elements");
  model.tensors[2] = {
      .shape = {1}, .type = Type::INT64, .scales = {}, .zero_points = {}, .data = {0, 0, 0, 0, 1, 0, 0, 0}};
  expect_error(model, "beyond 32 bits");
}

}  // namespace
}  // namespace dlpu::io_tflite_refusal_test

// Networks written into .tflite files: the files' structure, and that reading them back gives the same bits. That LiteRT
// computes the same bits from them is shown by tools/check_written.py.

#include "dlpu/io/tflite_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../examples/digits/digits_data.hpp"
#include "dlpu/io/tflite.hpp"
#include "support/golden.hpp"
#include "support/networks.hpp"
#include "support/tflite_files.hpp"
#include "support/written.hpp"

namespace dlpu::io_tflite_writer_test {
namespace {

namespace schema = ::dlpu::tflite_schema;
using written::PerTensorUint8;

using SmallMobileNetV2 = zoo::MobileNetV2<zoo::Options{.width_percent = 35, .input = 32, .classes = 10}>;

/// Parameters under a policy: of the trained network for the digits, otherwise invented.
template <class Model, class Policy>
Parameters parameters_of(const Graph& graph) {
  if constexpr (std::is_same_v<Model, digits::DigitsNet>) {
    static const digits::Data data = golden::detail::require(digits::load_data(digits::source_folder()));
    return golden::detail::require(digits::parameters_for<Policy>(data));
  } else {
    return written::parameters_for<Policy>(graph);
  }
}

template <class Policy>
std::vector<std::byte> write(const Graph& graph, const Parameters& parameters) {
  return golden::detail::require(io::write_tflite(graph.view(), parameters, written::options<Policy>()));
}

// ---- Reading back

template <class M, class P>
struct Written {
  using Model = M;
  using Policy = P;
};
template <class T>
class TfliteWriter : public testing::Test {};
template <class Model>
using UnderEveryPolicy =
    testing::Types<Written<Model, Unquantized>, Written<Model, PerTensor>, Written<Model, PerChannel>,
                   Written<Model, PerTensorUint8>, Written<Model, PowerOfTwo>>;
/// Not all operators have kernels for 16 bits.
template <class... Models>
using InSixteenBits = testing::Types<Written<Models, PowerOfTwo16>...>;
TYPED_TEST_SUITE_P(TfliteWriter);

/// The policy that gives a file's numbers the rounding of the original.
template <class Policy>
using Rounded = std::conditional_t<written::rounds_otherwise<Policy>, Policy, PerTensor>;

TYPED_TEST_P(TfliteWriter, ReadsBackAsTheSameBits) {
  using Policy = typename TypeParam::Policy;
  Graph graph = build_graph<typename TypeParam::Model>();
  const Parameters parameters = parameters_of<typename TypeParam::Model, Policy>(graph);
  written::make_all_outputs(graph);
  const std::vector<std::byte> file = write<Policy>(graph, parameters);
  const auto model = golden::detail::require(io::read_tflite(file, "written"));
  Program read = golden::detail::require(model.template program<Rounded<Policy>>());
  Program original = golden::detail::require(Program::create<Policy>(graph, parameters.borrowed()));
  ASSERT_EQ(model.graph.outputs.size(), graph.outputs.size());
  networks::Uniform uniform(4);
  for (int repeat = 0; repeat < 3; ++repeat) {
    const Shape& shape = graph.tensors[static_cast<std::size_t>(graph.inputs[0])].type.shape;
    std::vector<typename Policy::Storage> input(static_cast<std::size_t>(shape.elements()));
    networks::fill(std::span(input), uniform);
    const std::span<const std::byte> bytes = std::as_bytes(std::span(input));
    read.run({&bytes, 1});
    original.run({&bytes, 1});
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
      const TensorInfo& info = graph.tensors[static_cast<std::size_t>(graph.outputs[i])];
      ASSERT_TRUE(std::ranges::equal(read.output(i), original.output(i))) << to_string(info.name);
    }
  }
}

TYPED_TEST_P(TfliteWriter, WritesTheSameFileAgain) {
  using Policy = typename TypeParam::Policy;
  const Graph graph = build_graph<typename TypeParam::Model>();
  const Parameters parameters = parameters_of<typename TypeParam::Model, Policy>(graph);
  EXPECT_EQ(write<Policy>(graph, parameters), write<Policy>(graph, parameters));
}

TYPED_TEST_P(TfliteWriter, IsAFlatbufferWithAlignedConstants) {
  using Policy = typename TypeParam::Policy;
  const Graph graph = build_graph<typename TypeParam::Model>();
  const std::vector<std::byte> file = write<Policy>(graph, parameters_of<typename TypeParam::Model, Policy>(graph));
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  ASSERT_TRUE(schema::VerifyModelBuffer(verifier));  // with the file identifier
  const schema::Model& model = *schema::GetModel(file.data());
  EXPECT_EQ(model.version(), 3u);
  ASSERT_EQ(model.subgraphs()->size(), 1u);
  EXPECT_EQ(model.buffers()->Get(0)->data(), nullptr);
  for (std::uint32_t i = 1; i < model.buffers()->size(); ++i) {
    const auto* first = reinterpret_cast<const std::byte*>(model.buffers()->Get(i)->data()->Data());
    EXPECT_EQ((first - file.data()) % 16, 0) << "buffer " << i;
  }
  std::map<std::string, int> names;
  for (const schema::Tensor* tensor : *model.subgraphs()->Get(0)->tensors()) ++names[tensor->name()->str()];
  for (const auto& [name, count] : names) EXPECT_EQ(count, 1) << name;
}

REGISTER_TYPED_TEST_SUITE_P(TfliteWriter, ReadsBackAsTheSameBits, WritesTheSameFileAgain,
                            IsAFlatbufferWithAlignedConstants);
INSTANTIATE_TYPED_TEST_SUITE_P(Digits, TfliteWriter, UnderEveryPolicy<digits::DigitsNet>);
INSTANTIATE_TYPED_TEST_SUITE_P(AllOperators, TfliteWriter, UnderEveryPolicy<written::AllOperators>);
INSTANTIATE_TYPED_TEST_SUITE_P(Movement, TfliteWriter, UnderEveryPolicy<written::Movement>);
INSTANTIATE_TYPED_TEST_SUITE_P(KwsDscnn, TfliteWriter, UnderEveryPolicy<zoo::KwsDscnn>);
INSTANTIATE_TYPED_TEST_SUITE_P(ResNet8, TfliteWriter, UnderEveryPolicy<zoo::ResNet8>);
INSTANTIATE_TYPED_TEST_SUITE_P(MobileNetV2, TfliteWriter, UnderEveryPolicy<SmallMobileNetV2>);
using SixteenBitNetworks = InSixteenBits<digits::DigitsNet, written::AllOperators, zoo::ResNet8, SmallMobileNetV2>;
INSTANTIATE_TYPED_TEST_SUITE_P(SixteenBits, TfliteWriter, SixteenBitNetworks);

// ---- What is in a file

/// A file and its tables.
struct File {
  std::vector<std::byte> bytes;
  const schema::Model* model = nullptr;
  const schema::SubGraph* graph = nullptr;

  explicit File(std::vector<std::byte> file)
      : bytes(std::move(file)), model(schema::GetModel(bytes.data())), graph(model->subgraphs()->Get(0)) {}

  [[nodiscard]] const schema::Tensor& tensor(const std::string& name) const {
    for (const schema::Tensor* tensor : *graph->tensors()) {
      if (tensor->name()->str() == name) return *tensor;
    }
    throw std::runtime_error("no tensor " + name);
  }
  /// "CONV_2D/3 PAD/2": operators with their versions, in order.
  [[nodiscard]] std::string operators() const {
    std::string text;
    for (const schema::Operator* op : *graph->operators()) {
      const schema::OperatorCode& code = *model->operator_codes()->Get(op->opcode_index());
      EXPECT_EQ(code.deprecated_builtin_code(), static_cast<std::int8_t>(code.builtin_code()));
      text += (text.empty() ? "" : " ") + std::string(schema::EnumNameBuiltinOperator(code.builtin_code())) + "/" +
              std::to_string(code.version());
    }
    return text;
  }
};

template <class Model, class Policy>
File file_of() {
  const Graph graph = build_graph<Model>();
  return File(write<Policy>(graph, written::parameters_for<Policy>(graph)));
}

TEST(TfliteWriterFile, OperatorsHaveTheVersionsOfTheirTypes) {
  EXPECT_EQ((file_of<zoo::KwsDscnn, PerChannel>().operators()),
            "CONV_2D/3 DEPTHWISE_CONV_2D/3 CONV_2D/3 DEPTHWISE_CONV_2D/3 CONV_2D/3 DEPTHWISE_CONV_2D/3 CONV_2D/3 "
            "DEPTHWISE_CONV_2D/3 CONV_2D/3 AVERAGE_POOL_2D/2 RESHAPE/1 FULLY_CONNECTED/4 SOFTMAX/2");
  EXPECT_EQ((file_of<zoo::KwsDscnn, Unquantized>().operators()),
            "CONV_2D/1 DEPTHWISE_CONV_2D/1 CONV_2D/1 DEPTHWISE_CONV_2D/1 CONV_2D/1 DEPTHWISE_CONV_2D/1 CONV_2D/1 "
            "DEPTHWISE_CONV_2D/1 CONV_2D/1 AVERAGE_POOL_2D/1 RESHAPE/1 FULLY_CONNECTED/1 SOFTMAX/1");
}

TEST(TfliteWriterFile, EveryOperatorInInt8) {
  EXPECT_EQ((file_of<written::AllOperators, PerTensor>().operators()),
            "CONV_2D/3 CONV_2D/3 PAD/2 CONV_2D/3 PAD/2 DEPTHWISE_CONV_2D/3 DEPTHWISE_CONV_2D/3 ADD/2 ADD/2 MEAN/2 "
            "ADD/2 RELU/2 ADD/2 RELU6/2 RELU_N1_TO_1/1 PADV2/2 MAX_POOL_2D/2 AVERAGE_POOL_2D/2 MAX_POOL_2D/2 "
            "CONCATENATION/2 PAD/2 PADV2/2 RESHAPE/1 FULLY_CONNECTED/4 AVERAGE_POOL_2D/2 FULLY_CONNECTED/5 "
            "DEQUANTIZE/2 QUANTIZE/1 QUANTIZE/1 MEAN/2 RESHAPE/1 MEAN/2 SOFTMAX/2");
}

TEST(TfliteWriterFile, MovementInInt8) {
  EXPECT_EQ((file_of<written::Movement, PerTensor>().operators()),
            "SLICE/2 STRIDED_SLICE/2 SPLIT/2 SPLIT_V/2 UNPACK/2 PACK/2 TRANSPOSE/2 SPACE_TO_DEPTH/2 DEPTH_TO_SPACE/1 "
            "SPACE_TO_BATCH_ND/2 BATCH_TO_SPACE_ND/2 MIRROR_PAD/2 MIRROR_PAD/2 RESIZE_NEAREST_NEIGHBOR/2 "
            "RESIZE_NEAREST_NEIGHBOR/3 RESIZE_BILINEAR/2 RESIZE_BILINEAR/3 TRANSPOSE_CONV/4 TRANSPOSE_CONV/3");
}

TEST(TfliteWriterFile, FunctionsInInt8) {
  EXPECT_EQ((file_of<written::Functions, PerTensor>().operators()),
            "RELU/2 LEAKY_RELU/1 HARD_SWISH/1 TANH/2 LOGISTIC/2 SUB/2 MEAN/2 MUL/2 MEAN/2 PRELU/1 REDUCE_MAX/2 "
            "REDUCE_MIN/2 ARG_MAX/2 ARG_MIN/2 L2_NORMALIZATION/2 LESS/2 GREATER_EQUAL/2 LOGICAL_AND/1 LOGICAL_NOT/1 "
            "LOGICAL_OR/1 CAST/1");
  EXPECT_EQ(
      (file_of<written::FunctionsWithoutUint8, PerTensor>().operators()),
      "QUANTIZE/1 MAXIMUM/2 MINIMUM/2 ABS/2 NEG/1 EXP/2 LOG/2 SQRT/1 RSQRT/2 MUL/2 MUL/2 MAXIMUM/2 MINIMUM/2 DIV/1 "
      "TRANSPOSE/2 BATCH_MATMUL/2 BATCH_MATMUL/2");
  EXPECT_EQ((file_of<written::Sums, PerTensor>().operators()), "SUM/2 SUM/2");
}

TEST(TfliteWriterFile, CustomOperatorsHaveTheirNameAndOptions) {
  const File file = file_of<written::Detection, Unquantized>();
  const schema::Operator& op = *file.graph->operators()->Get(file.graph->operators()->size() - 1);
  const schema::OperatorCode& code = *file.model->operator_codes()->Get(op.opcode_index());
  EXPECT_EQ(code.builtin_code(), schema::BuiltinOperator::CUSTOM);
  EXPECT_EQ(code.custom_code()->str(), "TFLite_Detection_PostProcess");
  const std::span<const std::uint8_t> bytes(op.custom_options()->data(), op.custom_options()->size());
  const io::tflite::FlexMap options(bytes);
  ASSERT_TRUE(options.valid());
  EXPECT_EQ(options.number("max_detections"), 5.0);
  EXPECT_EQ(options.number("num_classes"), 3.0);
  EXPECT_EQ(options.number("h_scale"), 5.0);
  EXPECT_EQ(options.number("use_regular_nms"), 0.0);
  ASSERT_EQ(op.outputs()->size(), 4u);
  EXPECT_EQ(file.graph->tensors()->Get(static_cast<std::uint32_t>(op.outputs()->Get(2)))->name()->str(),
            "detection:2");
}

TEST(TfliteWriterFile, ClampIsWhatTheFormatHas) {
  EXPECT_EQ((file_of<written::Clamps, Unquantized>().operators()), "MAXIMUM/1 MINIMUM/1 MAXIMUM/1 MINIMUM/1 RELU6/1");
  EXPECT_EQ((file_of<written::Clamps, PerTensor>().operators()),
            "QUANTIZE/1 MAXIMUM/2 MINIMUM/2 QUANTIZE/1 MAXIMUM/2 QUANTIZE/1 MINIMUM/2 RELU6/2");
}

TEST(TfliteWriterFile, FilterScalesLieAlongTheOutputChannels) {
  const Graph graph = build_graph<zoo::KwsDscnn>();
  const Parameters parameters = networks::parameters_for<PerChannel>(graph);
  const File file(write<PerChannel>(graph, parameters));
  const auto& stem = *file.tensor("stem.weight").quantization();
  const auto& depthwise = *file.tensor("block_1.depthwise.weight").quantization();
  ASSERT_EQ(stem.scale()->size(), 64u);
  ASSERT_EQ(stem.zero_point()->size(), 64u);
  EXPECT_EQ(stem.quantized_dimension(), 0);
  EXPECT_EQ(depthwise.quantized_dimension(), 3);
  const auto operands = graph.view().inputs_of(graph.nodes[0]);
  const auto& bias = *file.tensor("stem.bias").quantization();
  for (std::uint32_t c = 0; c < 64; ++c) {
    EXPECT_EQ(stem.scale()->Get(c), parameters[operands[1]].scales[c]);
    EXPECT_EQ(bias.scale()->Get(c), parameters[operands[0]].quantization.scale * stem.scale()->Get(c));
    EXPECT_EQ(bias.zero_point()->Get(c), 0);
  }
  EXPECT_EQ(file.tensor("stem.bias").type(), schema::TensorType::INT32);
}

TEST(TfliteWriterFile, ActivationsHaveScaleAndZeroPoint) {
  const Graph graph = build_graph<zoo::KwsDscnn>();
  const Parameters parameters = networks::parameters_for<PerTensorUint8>(graph);
  const File file(write<PerTensorUint8>(graph, parameters));
  const schema::Tensor& stem = file.tensor("stem");
  const Quantization expected = parameters[graph.view().outputs_of(graph.nodes[0])[0]].quantization;
  EXPECT_EQ(stem.type(), schema::TensorType::UINT8);
  EXPECT_EQ(stem.quantization()->scale()->Get(0), expected.scale);
  EXPECT_EQ(stem.quantization()->zero_point()->Get(0), expected.zero_point);
  EXPECT_EQ(stem.buffer(), 0u);
  EXPECT_EQ(file.tensor("stem.weight").quantization()->zero_point()->Get(0), 128);
  EXPECT_EQ(file.tensor("input").quantization()->scale()->Get(0), parameters[graph.inputs[0]].quantization.scale);
}

TEST(TfliteWriterFile, FloatTensorsHaveNoQuantization) {
  const File file = file_of<zoo::KwsDscnn, Unquantized>();
  for (const schema::Tensor* tensor : *file.graph->tensors()) {
    EXPECT_EQ(tensor->quantization(), nullptr) << tensor->name()->str();
    const bool shape = tensor->name()->str() == "flatten.shape";
    EXPECT_EQ(tensor->type(), shape ? schema::TensorType::INT32 : schema::TensorType::FLOAT32)
        << tensor->name()->str();
  }
}

TEST(TfliteWriterFile, SaysWhatItIs) {
  const Graph graph = build_graph<zoo::KwsDscnn>();
  const auto bytes = io::write_tflite(graph.view(), networks::parameters_for<PerTensor>(graph),
                                      {.storage = ElementType::int8, .description = "keyword spotting"});
  EXPECT_EQ(File(golden::detail::require(bytes)).model->description()->str(), "keyword spotting");
}

TEST(TfliteWriterFile, AFileThatWasReadIsWrittenAgain) {
  const Graph graph = build_graph<written::AllOperators>();
  const std::vector<std::byte> first = write<PerChannel>(graph, networks::parameters_for<PerChannel>(graph));
  const auto model = golden::detail::require(io::read_tflite(first, "first"));
  const auto second = golden::detail::require(io::write_tflite(model.graph.view(), model.parameters, {}));
  const auto again = golden::detail::require(io::read_tflite(second, "second"));
  Program a = golden::detail::require(model.program()), b = golden::detail::require(again.program());
  const std::vector<std::byte> image(a.tensor(a.graph().inputs[0]).size(), std::byte{7});
  const std::span<const std::byte> bytes = image;
  a.run({&bytes, 1});
  b.run({&bytes, 1});
  for (std::size_t i = 0; i < model.graph.outputs.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(a.output(i), b.output(i)));
}

/// Files that other programs wrote, with what LiteRT computes from them.
TEST(TfliteWriterFile, FixturesAreStillTheSameNetworks) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(golden::tests_folder() / "fixtures")) {
    if (entry.path().extension() != ".tflite") continue;
    const auto model = golden::detail::require(io::open_tflite(entry.path().string()));
    const auto file = golden::detail::require(io::write_tflite(model.graph.view(), model.parameters, {}));
    const auto again = golden::detail::require(io::read_tflite(file, entry.path().stem().string()));
    Program program = golden::detail::require(again.program());
    golden::expect_golden(program, std::filesystem::path(entry.path()).replace_extension("").string() + ".");
    ++count;
  }
  EXPECT_GE(count, 9);
}

// ---- What cannot be written

std::string error_of(const Graph& graph, const Parameters& parameters, ElementType storage = ElementType::int8) {
  return io::write_tflite(graph.view(), parameters, {.storage = storage}).error();
}
void expect_words(const std::string& message, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << "'" << word << "' is not in: " << message;
  }
}

/// A network of one weighted operator, in int8, to be damaged.
struct OneConvolution {
  static constexpr auto build(auto& g) {
    return g.conv2d(g.input({1, 8, 8, 3}, "image"), {.filters = 4, .kernel = 3}, "stem");
  }
};
struct Damaged {
  Graph graph = build_graph<OneConvolution>();
  Parameters parameters = networks::parameters_for<PerChannel>(graph);
  std::int32_t filter = graph.view().inputs_of(graph.nodes[0])[1], bias = graph.view().inputs_of(graph.nodes[0])[2],
               output = graph.outputs[0], input = graph.inputs[0];

  void expect_error(std::initializer_list<std::string_view> words) const {
    expect_words(error_of(graph, parameters), words);
  }
};

TEST(TfliteWriterRefuses, NothingThatIsRight) {
  EXPECT_EQ(error_of(Damaged().graph, Damaged().parameters), "");
}

TEST(TfliteWriterRefuses, DescriptionsThatBreakARule) {
  Builder g;
  const Value out = g.conv2d(g.input({1, 8, 8, 3}), {.kernel = 3}, "stem");
  const Graph graph = detail::finish(g, out);
  expect_words(error_of(graph, Parameters(graph.tensors.size())), {"stem", "CONV_2D", "output channels is missing"});
}

TEST(TfliteWriterRefuses, OpenStorage) {
  const Damaged d;
  for (const ElementType storage : {ElementType::activation, ElementType::int64, ElementType::int32}) {
    expect_words(error_of(d.graph, d.parameters, storage), {"how activations are stored"});
  }
}

TEST(TfliteWriterRefuses, ParametersOfAnotherGraph) {
  expect_words(error_of(Damaged().graph, Parameters(3)), {"3 tensors", "4"});
}

TEST(TfliteWriterRefuses, MissingWeights) {
  Damaged d;
  d.parameters[d.filter].data = {};
  d.expect_error({"operator 0 (CONV_2D, stem)", "filter has 0 bytes", "[4, 3, 3, 3]", "108"});
  Damaged e;
  e.parameters[e.bias].data = {};
  e.expect_error({"operator 0 (CONV_2D, stem)", "bias has 0 bytes", "[4]", "16"});
}

TEST(TfliteWriterRefuses, WeightsOfAnotherStorage) {
  const Damaged d;
  expect_words(error_of(d.graph, d.parameters, ElementType::float32), {"stem", "108 bytes", "float32", "432"});
}

TEST(TfliteWriterRefuses, FilterScales) {
  Damaged d;
  d.parameters[d.filter].scales = d.parameters[d.filter].scales.first(3);
  d.expect_error({"stem", "3 scales", "4"});
  const float zeros[4] = {};
  d.parameters[d.filter].scales = zeros;
  d.expect_error({"stem", "filter's scales must be positive"});
}

TEST(TfliteWriterRefuses, FilterZeroPoints) {
  Damaged d;
  d.parameters[d.filter].quantization.zero_point = 1;
  d.expect_error({"stem", "filter's zero point"});
}

TEST(TfliteWriterRefuses, ScalesPerChannelInUint8) {
  using PerChannelUint8 = BasicPerChannel<0, rounding::Reference, std::uint8_t>;
  const Graph graph = build_graph<OneConvolution>();
  expect_words(error_of(graph, networks::parameters_for<PerChannelUint8>(graph), ElementType::uint8),
               {"stem", "uint8 filter has a scale per channel"});
}

TEST(TfliteWriterRefuses, Quantization) {
  Damaged d;
  d.parameters[d.output].quantization.scale = 0.0f;
  d.expect_error({"stem", "scale must be positive"});
  Damaged e;
  e.parameters[e.input].quantization.zero_point = 200;
  e.expect_error({"image", "zero point 200", "int8"});
  Damaged f;
  f.parameters[f.input].quantization.scale = std::numeric_limits<float>::infinity();
  f.expect_error({"image", "finite"});
}

/// The error of a network of one operator in int8.
template <class Make>
std::string error_of(Make make, float output_scale = 0.1f) {
  Builder g;
  const Value out = make(g);
  const Graph graph = detail::finish(g, out);
  Parameters parameters(graph.tensors.size());
  for (const std::int32_t tensor : graph.inputs) parameters[tensor].quantization = {0.1f, 0};
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].producer >= 0) parameters[static_cast<std::int32_t>(t)].quantization = {output_scale, 0};
  }
  return error_of(graph, parameters);
}

TEST(TfliteWriterRefuses, PaddingThatTheFormatLacks) {
  const auto pool = [](Builder& g) {
    return g.average_pool2d(g.input({1, 8, 8, 3}), {.kernel = 3, .padding = Padding::sides(2, 0, 0, 0)}, "pool");
  };
  expect_words(error_of(pool), {"operator 0 (AVERAGE_POOL_2D, pool)", "neither SAME nor VALID"});
  Builder g;
  const Value out =
      g.conv2d(g.input({1, 8, 8, 3}), {.filters = 4, .kernel = 3, .padding = Padding::sides(-1, 0, 0, 0)}, "stem");
  const Graph graph = detail::finish(g, out);
  expect_words(error_of(graph, networks::parameters_for<PerTensor>(graph)), {"stem", "must not be negative"});
}

TEST(TfliteWriterRefuses, OtherQuantizationBehindOperatorsThatKeepIt) {
  const auto pool = [](Builder& g) { return g.max_pool2d(g.input({1, 8, 8, 3}), {.kernel = 2}, "pool"); };
  EXPECT_EQ(error_of(pool), "");
  expect_words(error_of(pool, 0.2f), {"pool", "same scale and zero point"});
  const auto pad = [](Builder& g) { return g.pad(g.input({1, 8}), {.before = {0, 1}}, "border"); };
  expect_words(error_of(pad, 0.2f), {"border", "same scale and zero point"});
}

TEST(TfliteWriterRefuses, SoftmaxWithAnotherOutput) {
  const auto softmax = [](Builder& g) { return g.softmax(g.input({1, 8}), {}, "scores"); };
  expect_words(error_of(softmax), {"operator 0 (SOFTMAX, scores)", "1/256"});
}

TEST(TfliteWriterRefuses, ElementTypesThatLiteRtDoesNotHave) {
  Builder g;
  const Value out = g.exp(g.input({1, 8}), "power");
  const Graph graph = detail::finish(g, out);
  const Parameters parameters = networks::parameters_for<PerTensorUint8>(graph);
  expect_words(error_of(graph, parameters, ElementType::uint8), {"operator 0 (EXP, power)", "uint8; store int8"});
  EXPECT_EQ(error_of([](Builder& b) { return b.exp(b.input({1, 8})); }), "");
  expect_words(error_of([](Builder& b) { return b.square(b.input({1, 8})); }), {"SQUARE", "float32 only"});
}

TEST(TfliteWriterRefuses, AllOperatorsAtOnce) {
  const auto both = [](Builder& g) {
    const Value pooled =
        g.average_pool2d(g.input({1, 8, 8, 3}), {.kernel = 3, .padding = Padding::sides(2, 0, 0, 0)}, "pool");
    return g.softmax(pooled, {}, "scores");
  };
  expect_words(error_of(both), {"2 of 2 operators", "pool", "scores"});
}

}  // namespace
}  // namespace dlpu::io_tflite_writer_test

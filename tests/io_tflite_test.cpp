// Networks from .tflite files against LiteRT's reference kernels: small ones of this repository, and the real ones of
// ../shared where it is present.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "dlpu/quantize/quantize.hpp"
#include "support/golden.hpp"
#include "support/program_instances.hpp"
#include "support/tflite_files.hpp"

namespace dlpu::io_tflite_test {
namespace {

using golden::load_npy;
namespace fs = std::filesystem;

std::string fixture(const std::string& name) {
  return (golden::tests_folder() / "fixtures" / name).string();
}
/// Tests run in the root of the project.
fs::path shared() {
  return fs::path("..") / "shared";
}

class TfliteFixtureTest : public testing::TestWithParam<const char*> {};

TEST_P(TfliteFixtureTest, GivesWhatLiteRtGives) {
  const Result<io::TfliteModel> model = io::open_tflite(fixture(GetParam()) + ".tflite");
  ASSERT_TRUE(model) << model.error();
  Result<Program> program = model->program();
  ASSERT_TRUE(program) << program.error();
  golden::expect_golden(*program, fixture(GetParam()) + ".");
}

INSTANTIATE_TEST_SUITE_P(Fixtures, TfliteFixtureTest,
                         testing::Values("int8_residual", "uint8_zero_points", "float_network", "float16_weights",
                                         "uint8_border", "float_border", "two_outputs", "constant_operands",
                                         "float_int8_filters", "movement", "detector", "functions", "attention"),
                         [](const auto& test) { return std::string(test.param); });

// Networks that tools/random_networks.py made with TensorFlow's converter.
TEST(TfliteTest, RandomNetworksGiveWhatLiteRtGives) {
  std::size_t networks = 0;
  for (const auto& entry : fs::directory_iterator(golden::tests_folder() / "fixtures" / "random")) {
    const fs::path path = entry.path();
    if (path.extension() != ".tflite") continue;
    SCOPED_TRACE(path.filename().string());
    const Result<io::TfliteModel> model = io::open_tflite(path.string());
    ASSERT_TRUE(model) << model.error();
    Result<Program> program = model->program();
    ASSERT_TRUE(program) << program.error();
    golden::expect_golden(*program, (path.parent_path() / path.stem()).string() + ".");
    ++networks;
  }
  EXPECT_EQ(networks, 40u);
}

TEST(TfliteTest, NamesAndNumbersAreTheFiles) {
  const Result<io::TfliteModel> model = io::open_tflite(fixture("float16_weights.tflite"));
  ASSERT_TRUE(model) << model.error();
  // Two of the three operators dequantize constants, which is done at once.
  EXPECT_EQ(model->file_operators, (std::vector<std::int32_t>{2}));
  EXPECT_EQ(model->file_tensors.size(), model->graph.tensors.size());
  EXPECT_EQ(model->file_tensors[static_cast<std::size_t>(model->graph.inputs[0])], 0);
  EXPECT_EQ(to_string(model->graph.tensors[static_cast<std::size_t>(model->graph.inputs[0])].name), "image");
}

TEST(TfliteTest, BytesOnAnyBoundaryAreRead) {
  const Result<AlignedBuffer> file = io::read_file(fixture("int8_residual.tflite"));
  ASSERT_TRUE(file) << file.error();
  AlignedBuffer moved(file->size() + 1);
  std::ranges::copy(file->bytes(), moved.data() + 1);
  const Result<io::TfliteModel> model = io::read_tflite(moved.bytes().subspan(1), "moved");
  ASSERT_TRUE(model) << model.error();
  Result<Program> program = model->program();
  ASSERT_TRUE(program) << program.error();
  golden::expect_golden(*program, fixture("int8_residual."));
}

TEST(TfliteTest, AnInputMayBeAnOutput) {
  golden::MadeModel made;
  made.outputs = {1, 0};
  const std::vector<std::byte> bytes = made.bytes();
  const Result<io::TfliteModel> model = io::read_tflite(bytes, "made");
  ASSERT_TRUE(model) << model.error();
  Result<Program> program = model->program();
  ASSERT_TRUE(program) << program.error();
  const std::vector<std::int8_t> input = {-3, 0, 1, 2}, positive = {0, 0, 1, 2};
  const std::span<const std::byte> inputs[] = {std::as_bytes(std::span(input))};
  program->run(inputs);
  EXPECT_TRUE(std::ranges::equal(program->output(0), std::as_bytes(std::span(positive))));
  EXPECT_TRUE(std::ranges::equal(program->output(1), std::as_bytes(std::span(input))));
}

TEST(TfliteTest, OtherRoundingsMayBeChosen) {
  const Result<io::TfliteModel> model = io::open_tflite(fixture("int8_residual.tflite"));
  ASSERT_TRUE(model) << model.error();
  Result<Program> program = model->program<BasicPerTensor<rounding::Float>>();
  ASSERT_TRUE(program) << program.error();
  const golden::NpyFile input = load_npy(fixture("int8_residual.input_0.npy"));
  const golden::NpyFile output = load_npy(fixture("int8_residual.output_1.npy"));
  const std::span<const std::byte> inputs[] = {input.array.data()};
  program->run(inputs);
  for (std::size_t i = 0; i < output.array.data().size(); ++i) {
    EXPECT_NEAR(static_cast<std::int8_t>(program->output(1)[i]), static_cast<std::int8_t>(output.array.data()[i]), 3);
  }
}

TEST(TfliteTest, AMissingFileIsAnError) {
  const auto model = io::open_tflite("no_such.tflite");
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().find("no_such.tflite"), std::string::npos);
}

// ---- Real networks

class SharedModelTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string path = (shared() / "models" / (std::string(GetParam()) + ".tflite")).string();
    if (!fs::exists(path)) GTEST_SKIP() << path << " is not there";
    Result<io::TfliteModel> model = io::open_tflite(path);
    ASSERT_TRUE(model) << model.error();
    model_ = *std::move(model);
    Result<Program> program = model_.program();
    ASSERT_TRUE(program) << program.error();
    program_.emplace(*std::move(program));
  }
  io::TfliteModel model_;
  std::optional<Program> program_;
};

TEST_P(SharedModelTest, GivesWhatLiteRtGives) {
  std::size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(shared() / "golden" / GetParam())) {
    golden::expect_golden(*program_, (entry.path() / "").string());
    ++cases;
  }
  EXPECT_GE(cases, 2u);
}

INSTANTIATE_TEST_SUITE_P(Shared, SharedModelTest,
                         testing::Values("mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq", "vww_96_int8",
                                         "vww_96_float", "resnet8_cifar10_int8", "resnet8_cifar10_float",
                                         "kws_dscnn_int8", "kws_dscnn_float"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

// Every tensor that an operator makes; the checksums are in tests/golden/MODEL.layers.
class SharedLayersTest : public SharedModelTest {
 protected:
  void SetUp() override {
    SharedModelTest::SetUp();
    if (!program_) return;  // skipped
    Result<Program> program = model_.program({.fusion = no_fusion});
    ASSERT_TRUE(program) << program.error();
    program_.emplace(*std::move(program));
  }
};

/// CRC-32 as zlib computes it.
std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1u) ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

TEST_P(SharedLayersTest, EveryLayerIsWhatLiteRtComputes) {
  std::ifstream file(golden::tests_folder() / "golden" / (std::string(GetParam()) + ".layers"));
  ASSERT_TRUE(file);
  std::vector<std::uint32_t> expected(1024);
  std::vector<bool> known(1024);
  std::size_t layers = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::size_t tensor = 0;
    std::uint32_t crc = 0;
    ASSERT_TRUE(words >> std::dec >> tensor >> std::hex >> crc) << line;
    ASSERT_LT(tensor, expected.size());
    expected[tensor] = crc;
    known[tensor] = true;
    ++layers;
  }
  const golden::NpyFile input =
      load_npy((shared() / "golden" / GetParam() / "grace_hopper" / "input_0.npy").string());
  const std::span<const std::byte> inputs[] = {input.array.data()};
  std::size_t compared = 0;
  program_->run(inputs, [&](std::size_t i) {
    const Node& node = model_.graph.nodes[i];
    const std::int32_t output = model_.graph.view().outputs_of(node)[0];
    const auto tensor = static_cast<std::size_t>(model_.file_tensors[static_cast<std::size_t>(output)]);
    ASSERT_TRUE(known[tensor]) << tensor;
    EXPECT_EQ(crc32(program_->tensor(output)), expected[tensor]) << "operator " << i << ", " << to_string(node.name);
    ++compared;
  });
  EXPECT_EQ(compared, layers);
}

INSTANTIATE_TEST_SUITE_P(Shared, SharedLayersTest,
                         testing::Values("mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

// ---- Accuracy: the figures that LiteRT reaches on the same data

/// How many inputs [count, ...] of one byte per element get the right class; `flip` is added to each byte.
std::size_t count_right(const std::string& model_name, const std::string& inputs_name, const std::string& labels_name,
                        std::uint8_t flip) {
  const Result<io::TfliteModel> model = io::open_tflite((shared() / "models" / model_name).string());
  if (!model) ADD_FAILURE() << model.error();
  if (!model) return 0;
  Result<Program> program = model->program();
  if (!program) ADD_FAILURE() << program.error();
  if (!program) return 0;
  const golden::NpyFile inputs = load_npy((shared() / "data" / inputs_name).string());
  const golden::NpyFile labels = load_npy((shared() / "data" / labels_name).string());
  const std::size_t size = program->tensor(program->graph().inputs[0]).size();
  const std::size_t label_bytes = element_bytes(labels.array.type());
  std::vector<std::byte> input(size);
  std::size_t right = 0;
  for (std::size_t i = 0; i * size < inputs.array.data().size(); ++i) {
    std::ranges::transform(inputs.array.data().subspan(i * size, size), input.begin(),
                           [&](std::byte b) { return b ^ std::byte{flip}; });
    const std::span<const std::byte> spans[] = {input};
    program->run(spans);
    const auto* scores = reinterpret_cast<const std::int8_t*>(program->output().data());
    const auto best = std::max_element(scores, scores + program->output().size()) - scores;
    right += static_cast<std::size_t>(best == std::to_integer<int>(labels.array.data()[i * label_bytes]));
  }
  return right;
}

TEST(SharedAccuracyTest, KeywordSpotting) {
  if (!fs::exists(shared() / "data" / "kws_inputs_int8.npy")) GTEST_SKIP() << "../shared/data is not there";
  EXPECT_EQ(count_right("kws_dscnn_int8.tflite", "kws_inputs_int8.npy", "kws_labels.npy", 0), 901u);
}

TEST(SharedAccuracyTest, ResNet8) {
  if (!fs::exists(shared() / "data" / "cifar10_test_images_uint8.npy")) GTEST_SKIP() << "../shared/data is not there";
  EXPECT_EQ(
      count_right("resnet8_cifar10_int8.tflite", "cifar10_test_images_uint8.npy", "cifar10_test_labels.npy", 128),
      1529u);
}

// A float file, calibrated and quantized here, must come close to the accuracy of the file that TensorFlow quantized.
TEST(SharedAccuracyTest, ResNet8QuantizedHere) {
  if (!fs::exists(shared() / "data" / "cifar10_test_images_uint8.npy")) GTEST_SKIP() << "../shared/data is not there";
  const Result<io::TfliteModel> model =
      io::open_tflite((shared() / "models" / "resnet8_cifar10_float.tflite").string());
  ASSERT_TRUE(model) << model.error();
  const Result<Graph> graph = model->quantizable_graph();
  ASSERT_TRUE(graph) << graph.error();
  const auto pixels = [](const std::string& name, std::size_t images) {
    const golden::NpyFile file = load_npy((shared() / "data" / name).string());
    const std::span<const std::byte> bytes = file.array.data().first(images * 32 * 32 * 3);
    std::vector<float> values(bytes.size());
    std::ranges::transform(bytes, values.begin(),
                           [](std::byte b) { return static_cast<float>(std::to_integer<int>(b)); });
    return values;
  };
  const std::size_t count = 500, size = 32 * 32 * 3;
  Result<Parameters> quantized = quantize::quantize_network<PerChannel>(
      *graph, model->parameters, pixels("cifar10_calibration_images_uint8.npy", 50));
  ASSERT_TRUE(quantized) << quantized.error();
  const Quantization input = (*quantized)[graph->inputs[0]].quantization;
  Result<Program> program = Program::create<PerChannel>(*graph, *std::move(quantized));
  ASSERT_TRUE(program) << program.error();
  const std::vector<float> images = pixels("cifar10_test_images_uint8.npy", count);
  const golden::NpyFile labels = load_npy((shared() / "data" / "cifar10_test_labels.npy").string());
  std::vector<std::int8_t> stored(size);
  std::size_t right = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < size; ++k) stored[k] = PerTensor::quantize(images[i * size + k], input);
    const std::span<const std::byte> spans[] = {std::as_bytes(std::span(stored))};
    program->run(spans);
    const auto* scores = reinterpret_cast<const std::int8_t*>(program->output().data());
    const auto best = std::max_element(scores, scores + 10) - scores;
    right += static_cast<std::size_t>(best == (*labels.array.values<std::int32_t>())[i]);
  }
  EXPECT_GE(right, 370u);  // 74 %
}

TEST(TfliteTest, OnlyFloatNetworksAreQuantizable) {
  const Result<io::TfliteModel> model = io::open_tflite(fixture("int8_residual.tflite"));
  ASSERT_TRUE(model) << model.error();
  const Result<Graph> graph = model->quantizable_graph();
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error(), "tensor 'image' is int8; only a network in float32 can be quantized");
}

}  // namespace
}  // namespace dlpu::io_tflite_test

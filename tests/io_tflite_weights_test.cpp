/// Weights of the zoo's networks from .tflite files of the same architecture: the file's own bits, or the first layer that
/// differs.

#include "dlpu/io/tflite_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dlpu/io/tflite_writer.hpp"
#include "dlpu/soc/all.hpp"
#include "dlpu/zoo/parse.hpp"
#include "support/golden.hpp"
#include "support/networks.hpp"
#include "support/written.hpp"

namespace dlpu::io_tflite_weights_test {
namespace {

using golden::detail::require;
using written::PerTensorUint8;

Graph graph_named(const std::string& text) {
  Graph graph = require(zoo::parse(text)).build();
  EXPECT_EQ(graph.problem, nullptr) << text;
  return graph;
}

/// Random bytes for the only input.
std::vector<std::byte> random_input(const Program& program, std::uint32_t seed) {
  networks::Uniform uniform(seed);
  std::vector<std::byte> input(program.tensor(program.graph().inputs[0]).size());
  for (std::byte& value : input) value = static_cast<std::byte>(uniform.byte());
  return input;
}

template <class View>
void expect_bytes(const View& actual, std::span<const std::byte> expected) {
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(actual.span()), expected));
}

// ---- Files that other programs wrote

std::filesystem::path model_path(const std::string& name) {
  return std::filesystem::path("..") / "shared" / "models" / (name + ".tflite");
}
#define SKIP_WITHOUT(name) \
  if (!std::filesystem::exists(model_path(name))) GTEST_SKIP() << model_path(name) << " is not there"

/// A network type with the file's weights computes what the file does.
template <class Model, class Policy>
void expect_the_files_bits(const std::string& name) {
  const auto file = require(io::open_tflite(model_path(name).string()));
  const Graph graph = build_graph<Model>();
  const Parameters parameters = require(io::parameters_from_tflite<Policy>(graph.view(), file));
  using Net = Network<Model, soc::Cpu, Policy>;
  networks::Owned<Net> net(parameters);
  Program program = require(file.program());
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    const std::vector<std::byte> input = random_input(program, seed);
    const std::span<const std::byte> bytes = input;
    program.run({&bytes, 1});
    auto image = net->input();
    std::ranges::copy(input, std::as_writable_bytes(image.span()).begin());
    expect_bytes(net->run(image), program.output());
  }
}
TEST(TfliteWeights, KeywordSpotting) {
  SKIP_WITHOUT("kws_dscnn_int8");
  expect_the_files_bits<zoo::KwsDscnn, PerChannel>("kws_dscnn_int8");
}
TEST(TfliteWeights, ResNet8) {
  SKIP_WITHOUT("resnet8_cifar10_int8");
  expect_the_files_bits<zoo::ResNet8, PerChannel>("resnet8_cifar10_int8");
}
TEST(TfliteWeights, PersonDetection) {
  SKIP_WITHOUT("vww_96_int8");
  expect_the_files_bits<zoo::VwwMobileNetV1, PerChannel>("vww_96_int8");
}
TEST(TfliteWeights, MobileNetV2) {
  SKIP_WITHOUT("mobilenet_v2_1.0_224_quant");
  expect_the_files_bits<zoo::MobileNetV2<>, PerTensorUint8>("mobilenet_v2_1.0_224_quant");
}

// This file has Mean, and Quantize at both ends: between uint8 and int8, which shifts all numbers by 128.
TEST(TfliteWeights, MobileNetV2WithMean) {
  SKIP_WITHOUT("tf2_mobilenet_v2_1.0_224_ptq");
  const auto file = require(io::open_tflite(model_path("tf2_mobilenet_v2_1.0_224_ptq").string()));
  const Graph graph = graph_named("mobilenet_v2?pooling=mean");
  Program net = require(Program::create<PerChannel>(
      graph, require(io::parameters_from_tflite<PerChannel>(graph.view(), file)).borrowed()));
  Program program = require(file.program());
  const auto shifted = [](std::span<const std::byte> bytes) {
    std::vector<std::byte> result(bytes.begin(), bytes.end());
    for (std::byte& value : result) value ^= std::byte{0x80};
    return result;
  };
  const std::vector<std::byte> input = random_input(program, 1), input_int8 = shifted(input);
  const std::span<const std::byte> bytes = input, bytes_int8 = input_int8;
  program.run({&bytes, 1});
  net.run({&bytes_int8, 1});
  EXPECT_TRUE(std::ranges::equal(shifted(net.output()), program.output()));
}

TEST(TfliteWeights, FloatFiles) {
  SKIP_WITHOUT("vww_96_float");
  expect_the_files_bits<zoo::VwwMobileNetV1, Unquantized>("vww_96_float");
}

// ---- Files written here

template <class Policy>
io::TfliteModel written_model(const Graph& graph, std::vector<std::byte>& bytes) {
  const Parameters parameters = written::parameters_for<Policy>(graph);
  bytes = require(io::write_tflite(graph.view(), parameters, written::options<Policy>()));
  return require(io::read_tflite(bytes, "written"));
}

TEST(TfliteWeights, NetworksThatAreWrittenAndReadComputeTheSame) {
  for (const char* text :
       {"mobilenet_v3_small?input=32,width_percent=25", "ssd_mobilenet_v2?input=96,width_percent=25",
        "ssdlite_mobiledet?input=96,width_percent=25", "yolov5n_artpec8?input=64,classes=3",
        "efficientnet_lite0?input=32,width_percent=50", "resnet50?input=32,width_percent=13"}) {
    const Graph graph = graph_named(text);
    std::vector<std::byte> bytes;
    const io::TfliteModel file = written_model<PerChannel>(graph, bytes);
    const auto parameters = io::parameters_from_tflite<PerChannel>(graph.view(), file);
    ASSERT_TRUE(parameters) << text << ": " << parameters.error();
    Program net = require(Program::create<PerChannel>(graph, parameters->borrowed()));
    Program program = require(file.program());
    const std::vector<std::byte> input = random_input(program, 1);
    const std::span<const std::byte> image = input;
    program.run({&image, 1});
    net.run({&image, 1});
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
      EXPECT_TRUE(std::ranges::equal(net.output(i), program.output(i))) << text << " output " << i;
    }
  }
}

template <class Policy>
std::string error_of(const std::string& network, const std::string& file) {
  const Graph graph = graph_named(network), other = graph_named(file);
  std::vector<std::byte> bytes;
  const io::TfliteModel model = written_model<PerChannel>(other, bytes);
  const auto parameters = io::parameters_from_tflite<Policy>(graph.view(), model);
  return parameters ? "" : parameters.error();
}
TEST(TfliteWeights, TheFirstLayerThatDiffersIsNamed) {
  EXPECT_EQ(
      error_of<PerChannel>("mobilenet_v2?input=32,width_percent=75", "mobilenet_v2?input=32,width_percent=35"),
      "weights from a .tflite file: the network's layer CONV_2D 'stem' with weights [24, 3, 3, 3] to [1, 16, 16, 24] "
      "differs from the file, which has there: CONV_2D 'stem' with weights [16, 3, 3, 3] to [1, 16, 16, 16]");
  const std::string classes = error_of<PerChannel>("resnet8?classes=10", "resnet8?classes=11");
  EXPECT_NE(classes.find("layer FULLY_CONNECTED 'classifier' with weights [10, 64]"), std::string::npos) << classes;
  EXPECT_NE(classes.find("[11, 64]"), std::string::npos) << classes;
  EXPECT_EQ(error_of<PerChannel>("resnet8?input=40", "resnet8"),
            "weights from a .tflite file: input 0 of the network is [1, 40, 40, 3], of the file [1, 32, 32, 3]");
  const std::string deeper = error_of<PerChannel>("resnet8?depth_percent=200", "resnet8");
  EXPECT_NE(deeper.find("'block_1.conv_1'"), std::string::npos) << deeper;
  const std::string pooling = error_of<PerChannel>("resnet8?pooling=mean", "resnet8");
  EXPECT_NE(
      pooling.find("layer MEAN 'pool' to [1, 64] differs from the file, which has there: AVERAGE_POOL_2D 'pool'"),
      std::string::npos)
      << pooling;
}
TEST(TfliteWeights, NumbersAreStoredAsThePolicySays) {
  EXPECT_EQ(
      error_of<PerTensor>("resnet8", "resnet8"),
      "weights from a .tflite file: the file's filters have a scale for each channel ('stem'); take a policy per "
      "channel");
  EXPECT_EQ(error_of<Unquantized>("resnet8", "resnet8"),
            "weights from a .tflite file: the file stores the filter of 'stem' as int8, the policy as float32; take "
            "the policy that the file was made for");
}
// 16-bit activations go with 8-bit filters and 64-bit sums.
TEST(TfliteWeights, SixteenBitActivationsAreAStorageOfTheirOwn) {
  const Graph graph = graph_named("resnet8");
  std::vector<std::byte> bytes;
  const io::TfliteModel file = written_model<PowerOfTwo16>(graph, bytes);
  const auto parameters = io::parameters_from_tflite<PowerOfTwo16>(graph.view(), file);
  ASSERT_TRUE(parameters) << parameters.error();
  EXPECT_EQ(io::parameters_from_tflite<PowerOfTwo>(graph.view(), file).error(),
            "weights from a .tflite file: the file stores the bias of 'stem' as int64, the policy as int32; take the "
            "policy that the file was made for");
}
TEST(TfliteWeights, OperatorsWithOtherNumbersAreNotTheSame) {
  const auto graph_with = [](float alpha, float beta, std::int32_t half_pixel_centers) {
    dlpu::Builder g;
    auto x = g.leaky_relu(g.input({1, 4, 4, 2}), {alpha});
    x = g.resize_bilinear(x, {.size = 8, .half_pixel_centers = half_pixel_centers});
    const Value output = g.softmax(x, {beta});
    return std::move(g).finish({&output, 1});
  };
  const Graph graph = graph_with(0.1f, 1.0f, 1);
  const auto error_with = [&](const Graph& other) {
    std::vector<std::byte> bytes;
    const io::TfliteModel file = written_model<Unquantized>(other, bytes);
    const auto parameters = io::parameters_from_tflite<Unquantized>(graph.view(), file);
    return parameters ? "" : parameters.error();
  };
  EXPECT_EQ(error_with(graph_with(0.1f, 1.0f, 1)), "");
  EXPECT_EQ(
      error_with(graph_with(0.3f, 1.0f, 1)),
      "weights from a .tflite file: the network's layer LEAKY_RELU 'leaky_relu_0' to [1, 4, 4, 2] differs from the "
      "file, which has there: LEAKY_RELU 'leaky_relu_0' to [1, 4, 4, 2] with other parameters (window, activation, "
      "alpha ...)");
  EXPECT_NE(error_with(graph_with(0.1f, 2.0f, 1)).find("layer SOFTMAX"), std::string::npos);
  EXPECT_NE(error_with(graph_with(0.1f, 1.0f, 0)).find("layer RESIZE_BILINEAR"), std::string::npos);
}
// The network has none of them.
TEST(TfliteWeights, LayersAreFoundBehindAChainOfReshapes) {
  const auto graph_with = [](int reshapes) {
    dlpu::Builder g;
    Value x = g.input({1, 4});
    for (int i = 0; i < reshapes; ++i) x = g.reshape(x, i % 2 == 0 ? op::Reshape{{4}} : op::Reshape{{1, 4}});
    for (int i = 0; i < 4; ++i) x = g.relu(x);
    return std::move(g).finish({&x, 1});
  };
  std::vector<std::byte> bytes;
  const io::TfliteModel file = written_model<Unquantized>(graph_with(200), bytes);
  const auto parameters = io::parameters_from_tflite<Unquantized>(graph_with(0).view(), file);
  EXPECT_TRUE(parameters) << parameters.error();
}

}  // namespace
}  // namespace dlpu::io_tflite_weights_test

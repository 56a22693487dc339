/// The weights of a network type: spans of exactly the right extent, found by name, refused where they do not fit.

#include "dlpu/graph/weights.hpp"

#include <gtest/gtest.h>

#include "dlpu/graph/network.hpp"
#include "dlpu/io/weights.hpp"
#include "dlpu/soc/cpu.hpp"
#include "dlpu/zoo/tiny.hpp"
#include "support/networks.hpp"

namespace graph_weights_test {
namespace {

using namespace dlpu;

struct Small {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 8, 8, 3});
    x = blocks::convolution(g, x, {.filters = 6, .kernel = 3, .stride = 2}, "stem");
    x = blocks::inverted_residual(g, x, {.filters = 6, .expansion = 2});
    return g.fully_connected(g.mean(x), {.units = 4}, "classifier");
  }
};
template <class Policy>
using Weights = NetworkWeights<Small, Policy>;
using Uint8 = BasicPerTensor<rounding::Reference, std::uint8_t>;

template <class Layer>
using FilterOf = decltype(Layer::filter);
template <class Layer>
using ScalesOf = decltype(Layer::scales);

static_assert(Weights<PerTensor>::layer_count == 5);
using Stem = Weights<PerTensor>::Layer<0>;
using Expand = Weights<PerChannel>::Layer<1>;
using Depthwise = Weights<PerChannel>::Layer<2>;
using Classifier = Weights<Unquantized>::Layer<4>;
static_assert(std::is_same_v<FilterOf<Stem>, std::span<const std::int8_t, 6 * 3 * 3 * 3>>);
static_assert(std::is_same_v<ScalesOf<Stem>, std::span<const float, 1>>);
static_assert(std::is_same_v<decltype(Stem::bias), std::span<const std::int32_t, 6>>);
static_assert(std::is_same_v<FilterOf<Expand>, std::span<const std::int8_t, 12 * 6>>);
static_assert(std::is_same_v<ScalesOf<Expand>, std::span<const float, 12>>);
static_assert(std::is_same_v<FilterOf<Depthwise>, std::span<const std::int8_t, 3 * 3 * 12>>);
static_assert(std::is_same_v<FilterOf<Classifier>, std::span<const float, 4 * 6>>);
static_assert(std::is_same_v<decltype(Classifier::bias), std::span<const float, 4>>);
static_assert(std::is_same_v<ScalesOf<Classifier>, std::span<const float, 0>>);
static_assert(std::is_same_v<FilterOf<Weights<Uint8>::Layer<0>>, std::span<const std::uint8_t, 6 * 3 * 3 * 3>>);

TEST(GraphWeights, AreFoundByName) {
  const Parameters parameters = networks::parameters_for<PerChannel>(build_graph<Small>());
  const auto weights = Weights<PerChannel>::from_parameters(parameters);
  ASSERT_TRUE(weights) << weights.error();
  EXPECT_EQ(&weights->layer<"stem">(), &std::get<0>(weights->layers));
  EXPECT_EQ(&weights->layer<"block_0.expand">(), &std::get<1>(weights->layers));
  EXPECT_EQ(&weights->layer<"block_0.depthwise">(), &std::get<2>(weights->layers));
  EXPECT_EQ(&weights->layer<"block_0.project">(), &std::get<3>(weights->layers));
  EXPECT_EQ(&weights->layer<"classifier">(), &std::get<4>(weights->layers));
}

template <class Policy>
void expect_views() {
  const Graph graph = build_graph<Small>();
  const Parameters parameters = networks::parameters_for<Policy>(graph);
  const auto weights = Weights<Policy>::from_parameters(parameters);
  ASSERT_TRUE(weights) << weights.error();
  const GraphView view = graph.view();
  const auto stem = view.inputs_of(view.nodes[0]);
  const auto& layer = weights->template layer<"stem">();
  EXPECT_EQ(static_cast<const void*>(layer.filter.data()), parameters[stem[1]].data.data());
  EXPECT_EQ(static_cast<const void*>(layer.bias.data()), parameters[stem[2]].data.data());
  EXPECT_EQ(layer.zero_point, parameters[stem[1]].quantization.zero_point);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    EXPECT_EQ(weights->activations[t], parameters[static_cast<std::int32_t>(t)].quantization);
  }
  const auto data = weights->tensor_data();  // and back
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorData& expected = parameters[static_cast<std::int32_t>(t)];
    EXPECT_EQ(data[t].data.data(), expected.data.data());
    EXPECT_EQ(data[t].data.size(), expected.data.size());
    EXPECT_EQ(data[t].scales.size(), expected.scales.size());
    EXPECT_EQ(data[t].quantization, expected.quantization);
  }
}
TEST(GraphWeights, AreViewsOfParameters) {
  expect_views<PerTensor>();
  expect_views<PerChannel>();
  expect_views<PowerOfTwo>();
  expect_views<PowerOfTwo16>();
  expect_views<Uint8>();
  expect_views<Unquantized>();
}

/// Why weights do not fit a network; the message must hold all of `parts`.
template <class Net>
void expect_error(const Parameters& parameters, std::initializer_list<std::string_view> parts) {
  const auto weights = Net::from_parameters(parameters);
  ASSERT_FALSE(weights);
  for (const std::string_view part : parts) {
    EXPECT_NE(weights.error().find(part), std::string::npos) << weights.error() << "\nlacks: " << part;
  }
}
TEST(GraphWeights, ThatDoNotFitAreRefused) {
  const Graph graph = build_graph<Small>();
  const GraphView view = graph.view();
  const auto stem = view.inputs_of(view.nodes[0]);
  expect_error<Weights<PerTensor>>(Parameters(3), {"3 tensors", std::to_string(graph.tensors.size())});
  expect_error<Weights<PerTensor>>(Parameters(graph.tensors.size()), {"stem", "filter has 0 entries", "162"});
  expect_error<Weights<PerTensor>>(networks::parameters_for<PerChannel>(graph),
                                   {"stem", "filter scale has 6", "needs 1"});
  expect_error<Weights<PerChannel>>(networks::parameters_for<PerTensor>(graph),
                                    {"stem", "filter scale has 1", "needs 6"});
  expect_error<Weights<Unquantized>>(networks::parameters_for<PerTensor>(graph), {"stem", "filter"});
  expect_error<Weights<PerTensor>>(networks::parameters_for<Unquantized>(graph), {"stem", "filter"});

  Parameters short_bias = networks::parameters_for<PerTensor>(graph);
  short_bias[stem[2]].data = short_bias[stem[2]].data.first(5 * sizeof(std::int32_t));
  expect_error<Weights<PerTensor>>(short_bias, {"stem", "bias has 5 entries", "needs 6"});
}

/// Through a file and back.
template <class Policy>
void expect_same_from_file() {
  const Graph graph = build_graph<Small>();
  const Parameters parameters = networks::parameters_for<Policy>(graph);
  const std::vector<std::byte> bytes = io::save_parameters<Policy>(graph.view(), parameters);
  AlignedBuffer aligned(bytes.size());
  std::ranges::copy(bytes, aligned.data());
  const auto weights = Weights<Policy>::from_safetensors(aligned.bytes(), "small.safetensors");
  ASSERT_TRUE(weights) << weights.error();
  const auto expected = Weights<Policy>::from_parameters(parameters);
  EXPECT_TRUE(std::ranges::equal(weights->template layer<"block_0.project">().filter,
                                 expected->template layer<"block_0.project">().filter));
  EXPECT_TRUE(std::ranges::equal(weights->template layer<"classifier">().bias,
                                 expected->template layer<"classifier">().bias));
  EXPECT_TRUE(
      std::ranges::equal(weights->template layer<"stem">().scales, expected->template layer<"stem">().scales));
  EXPECT_EQ(weights->template layer<"stem">().zero_point, expected->template layer<"stem">().zero_point);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!io::detail::is_activation(graph.tensors[t])) continue;
    EXPECT_EQ(weights->activations[t], expected->activations[t]);
  }
}
TEST(GraphWeights, GoThroughAFile) {
  expect_same_from_file<PerTensor>();
  expect_same_from_file<PerChannel>();
  expect_same_from_file<PowerOfTwo>();
  expect_same_from_file<PowerOfTwo16>();
  expect_same_from_file<Uint8>();
}

// ---- Constants

struct WithConstants {
  static constexpr auto build(auto& g) {
    const auto x = g.input({1, 4});
    const auto scale = g.constant({4}, "scale");
    const auto order = g.constant({2}, "order", ElementType::int32);
    return g.gather(g.mul(x, scale), order, {.axis = 1});
  }
};

TEST(GraphWeights, ConstantsComeWithThem) {
  using Net = Network<WithConstants, soc::Cpu, Unquantized>;
  static Net::Arena arena;
  static Net::Packed packed;
  const std::array<float, 4> scale = {1.0f, 10.0f, 100.0f, -1.0f};
  std::array<std::int32_t, 2> order = {3, 1};
  Parameters parameters(Net::graph.tensors.size());
  parameters[1].data = std::as_bytes(std::span(scale));
  const auto short_of_one = Net::Weights::from_parameters(parameters);
  ASSERT_FALSE(short_of_one);
  EXPECT_EQ(short_of_one.error(),
            "order: the constant has 0 bytes, this network needs 8; give its data with the parameters");
  parameters[2].data = std::as_bytes(std::span(order));
  const auto weights = Net::Weights::from_parameters(parameters);
  ASSERT_TRUE(weights) << weights.error();
  EXPECT_EQ(std::get<1>(weights->constants)[0], 3);
  Net net{*weights, packed, arena};
  order = {0, 0};  // the network keeps constants with its packed weights
  auto image = net.input();
  for (std::size_t i = 0; i < 4; ++i) image.data()[i] = static_cast<float>(i + 1);
  const Net::Output out = net.run(image);
  EXPECT_EQ(out.data()[0], -4.0f);
  EXPECT_EQ(out.data()[1], 20.0f);
}

TEST(GraphWeights, NumbersComeFromLiterals) {
  alignas(4) static constexpr char literal[] = "\1\0\0\0\377\377\377\377";
  const std::span<const std::int32_t, 2> numbers = numbers_in<std::int32_t>(literal);
  EXPECT_EQ(numbers[0], 1);
  EXPECT_EQ(numbers[1], -1);
}

}  // namespace
}  // namespace graph_weights_test

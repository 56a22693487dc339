/// A network type against its run-time twin under every policy, with several inputs and outputs, and the memory that
/// networks share or lose.

#include "dlpu/graph/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <tuple>
#include <type_traits>

#include "dlpu/soc/all.hpp"
#include "dlpu/zoo/tiny.hpp"
#include "support/networks.hpp"

namespace graph_network_test {
namespace {

using namespace dlpu;
using networks::expect_same_as_program;
using networks::Owned;

/// Every operator with a function of its own in the builder, but for Quantize and Dequantize.
struct Everything {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 24, 24, 3});
    x = g.conv2d(x, {.filters = 16, .kernel = 3, .stride = 2, .activation = Activation::relu6});
    x = blocks::inverted_residual(g, x, {.filters = 24, .stride = 2});
    x = blocks::inverted_residual(g, x, {.filters = 24});
    x = g.max_pool2d(g.pad(x, {.before = {0, 1, 1}, .after = {0, 1, 1}}), {.kernel = 2, .stride = 1});
    x = g.average_pool2d(x, {.kernel = 2, .padding = Padding::same, .activation = Activation::relu});
    x = g.concatenation({x, g.relu_n1_to_1(x)}, {});
    x = g.clamp(g.relu(x), {.low = -3.0f, .high = 5.5f});
    x = g.reshape(g.mean(x), {{1, 1, 1, -1}});
    return g.softmax(g.relu6(g.fully_connected(x, {.units = 7})));
  }
};

using Uint8 = BasicPerTensor<rounding::Reference, std::uint8_t>;
template <class Policy>
using OnCpu = Network<Everything, soc::Cpu, Policy>;

TEST(GraphNetwork, EqualsProgramPerTensor) {
  expect_same_as_program<Everything, OnCpu<PerTensor>>();
}
TEST(GraphNetwork, EqualsProgramPerChannel) {
  expect_same_as_program<Everything, OnCpu<PerChannel>>();
}
TEST(GraphNetwork, EqualsProgramPowerOfTwo) {
  expect_same_as_program<Everything, OnCpu<PowerOfTwo>>();
}
TEST(GraphNetwork, EqualsProgramPowerOfTwo16) {
  expect_same_as_program<Everything, OnCpu<PowerOfTwo16>>();
}
TEST(GraphNetwork, EqualsProgramUnquantized) {
  expect_same_as_program<Everything, OnCpu<Unquantized>>();
}
TEST(GraphNetwork, EqualsProgramInUint8) {
  expect_same_as_program<Everything, OnCpu<Uint8>>();
}
TEST(GraphNetwork, EqualsProgramWithFloatRounding) {
  expect_same_as_program<Everything, OnCpu<BasicPerTensor<rounding::Float>>>();
}
TEST(GraphNetwork, EqualsProgramWithSingleRounding) {
  expect_same_as_program<Everything, OnCpu<BasicPerChannel<0, rounding::Single>>>();
}
TEST(GraphNetwork, EqualsProgramOnItsChip) {
  expect_same_as_program<Everything, Network<Everything, soc::Artpec8, PerTensor, Allow<cpu>>>();
  expect_same_as_program<zoo::KwsDscnn, Network<zoo::KwsDscnn, soc::Artpec8, PerTensor>>();
}

/// The scores of a policy stay near those of the real network: the bits above are the right ones, not just equal.
template <class Policy>
float largest_error() {
  const Graph graph = build_graph<Everything>();
  Owned<OnCpu<Unquantized>> real(networks::random_weights(graph.view()));
  Owned<OnCpu<Policy>> net(networks::parameters_for<Policy>(graph));
  const auto samples = networks::random_samples(graph.view(), 2);  // those of the calibration
  float largest = 0.0f;
  for (std::size_t sample = 0; sample < 2; ++sample) {
    auto real_input = real->input();
    auto input = net->input();
    for (std::size_t i = 0; i < input.size(); ++i) {
      real_input.data()[i] = samples[sample * input.size() + i];
      input.data()[i] = Policy::Activation::quantize(real_input.data()[i], input.parameters());
    }
    const auto expected = real->run(real_input);
    const auto scores = net->run(input);
    float sum = 0.0f;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      largest = std::max(largest, std::abs(scores.dequantize(i) - expected[i]));
      sum += expected[i];
    }
    EXPECT_NEAR(sum, 1.0f, 1e-5f);
  }
  return largest;
}
TEST(GraphNetwork, QuantizedScoresAreNearTheRealOnes) {
  EXPECT_LT(largest_error<PerTensor>(), 0.05f);
  EXPECT_LT(largest_error<PerChannel>(), 0.05f);
  EXPECT_LT(largest_error<Uint8>(), 0.05f);
  EXPECT_LT(largest_error<BasicPerTensor<rounding::Float>>(), 0.05f);
  EXPECT_LT(largest_error<PowerOfTwo>(), 0.1f);
  EXPECT_LT(largest_error<PowerOfTwo16>(), 0.05f);
}

struct TwoInTwoOut {
  static constexpr auto build(auto& g) {
    const auto image = g.input({1, 8, 8, 3}, "image"), state = g.input({1, 6}, "state");
    const auto features = g.mean(g.conv2d(image, {.filters = 6, .kernel = 3}));
    const auto joined = g.add(features, state);
    return std::array{g.softmax(joined), joined, g.reshape(state, {{2, 3}})};
  }
};
template <class Policy>
using TwoNet = Network<TwoInTwoOut, soc::Cpu, Policy>;
static_assert(std::tuple_size_v<TwoNet<PerTensor>::Input> == 2 && std::tuple_size_v<TwoNet<PerTensor>::Output> == 3);
static_assert(std::is_same_v<std::tuple_element_t<2, TwoNet<PerTensor>::Output>,
                             TensorView<std::int8_t, Extents<2, 3>, PerTensor::Activation>>);
static_assert(std::is_same_v<std::tuple_element_t<1, TwoNet<Unquantized>::Input>,
                             TensorView<const float, Extents<1, 6>, Unquantized>>);

TEST(GraphNetwork, TakesAndGivesSeveralTensors) {
  expect_same_as_program<TwoInTwoOut, TwoNet<PerTensor>>();
  expect_same_as_program<TwoInTwoOut, TwoNet<PerChannel>>();
  expect_same_as_program<TwoInTwoOut, TwoNet<Uint8>>();
  expect_same_as_program<TwoInTwoOut, TwoNet<Unquantized>>();
}
TEST(GraphNetwork, ReshapedInputIsACopyOfIt) {
  Owned<TwoNet<PerTensor>> net(networks::parameters_for<PerTensor>(build_graph<TwoInTwoOut>()));
  const auto inputs = networks::random_inputs(*net, 1);
  const auto outputs = net->run({std::get<0>(*inputs), std::get<1>(*inputs)});
  EXPECT_TRUE(std::ranges::equal(std::get<2>(outputs), std::get<1>(*inputs).span()));
  EXPECT_NE(std::get<2>(outputs).data(), std::get<1>(*inputs).data());
}

struct FloatEnds {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 8, 8, 3});
    x = g.conv2d(g.quantize(x), {.filters = 5, .kernel = 3});  // from one quantization to another
    return g.softmax(g.dequantize(g.mean(x)));                 // Softmax in float32
  }
};
struct Stored {
  static constexpr auto build(auto& g) {
    const auto x = g.quantize(g.input({1, 10}), {.element = ElementType::uint8});
    return std::array{g.relu(x), g.quantize(x, {.element = ElementType::int8}), g.dequantize(x)};
  }
};

TEST(GraphNetwork, ChangesElementTypesOnTheWay) {
  using Net = Network<FloatEnds, soc::Cpu, PerTensor>;
  static_assert(std::is_same_v<Net::Output, TensorView<float, Extents<1, 5>, Unquantized>>);
  expect_same_as_program<FloatEnds, Net>();
  expect_same_as_program<FloatEnds, Network<FloatEnds, soc::Cpu, PowerOfTwo>>();
  expect_same_as_program<FloatEnds, Network<FloatEnds, soc::Cpu, Uint8>>();
  expect_same_as_program<FloatEnds, Network<FloatEnds, soc::Cpu, Unquantized>>();
}
TEST(GraphNetwork, ProgramRefusesStoredTypesUnderAPolicyOfRealNumbers) {
  const Graph graph = build_graph<Stored>();
  const Result<Program> program = Program::create<Unquantized>(graph, Parameters(graph.tensors.size()));
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().find("quantize_0"), std::string::npos) << program.error();
}

/// A network whose answer is plain: a 1 x 1 convolution that swaps two channels and adds a bias.
struct Swap {
  static constexpr auto build(auto& g) { return g.conv2d(g.input({1, 1, 2, 2}), {.filters = 2, .kernel = 1}); }
};
TEST(GraphNetwork, ComputesByHand) {
  using Net = Network<Swap, soc::Cpu, PerTensor>;
  constexpr std::array<std::int8_t, 4> filter{0, 64, 64, 0};
  constexpr std::array<std::int32_t, 2> bias{128, 0};
  constexpr std::array scale{1.0f / 64.0f};
  Net::Weights weights{{Net::Weights::Layer<0>{filter, bias, scale}}, {}, {}};
  weights.activations[0] = {0.5f, 3};
  weights.activations[static_cast<std::size_t>(Net::graph.outputs[0])] = {0.5f, -1};
  static Net::Arena arena;
  static Net::Packed packed;
  Net net{weights, packed, arena};
  auto input = net.input();
  EXPECT_EQ(input.parameters(), (Quantization{0.5f, 3}));
  const std::array<std::int8_t, 4> values{13, 23, -7, 3};  // 5, 10, -5, 0
  std::ranges::copy(values, input.span().begin());
  const Net::Output output = net.run(input);  // 10 + 1, 5, 0 + 1, -5
  EXPECT_EQ(networks::copy(output), (std::vector<std::int8_t>{21, 9, 1, -11}));
  EXPECT_EQ(output.dequantize(0, 0, 1, 0), 1.0f);
}

TEST(GraphNetwork, WeightsMayGoAfterConstruction) {
  using Net = OnCpu<PerChannel>;
  const Graph graph = build_graph<Everything>();
  auto parameters = std::make_unique<Parameters>(networks::parameters_for<PerChannel>(graph));
  Owned<Net> kept(*parameters), orphan(*parameters);
  const auto input = networks::random_inputs(*kept, 5);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {  // overwritten, then freed
    TensorData& data = (*parameters)[static_cast<std::int32_t>(t)];
    std::ranges::fill(std::span(const_cast<std::byte*>(data.data.data()), data.data.size()), std::byte{0x55});
    std::ranges::fill(std::span(const_cast<float*>(data.scales.data()), data.scales.size()), -1e9f);
  }
  const auto expected = networks::copy(kept->run(std::get<0>(*input)));
  parameters.reset();
  EXPECT_EQ(networks::copy(orphan->run(std::get<0>(*input))), expected);
  // And the numbers are those of intact weights.
  Owned<Net> fresh(networks::parameters_for<PerChannel>(graph));
  EXPECT_EQ(networks::copy(fresh->run(std::get<0>(*input))), expected);
}

TEST(GraphNetwork, NetworksShareAnArena) {
  using First = OnCpu<PerTensor>;
  using Second = Network<TwoInTwoOut, soc::Cpu, PerTensor>;
  static_assert(First::arena_bytes >= Second::arena_bytes);
  const auto first_weights = networks::parameters_for<PerTensor>(build_graph<Everything>());
  const auto second_weights = networks::parameters_for<PerTensor>(build_graph<TwoInTwoOut>());
  Owned<First> first_alone(first_weights);
  Owned<Second> second_alone(second_weights);
  const auto first_input = networks::random_inputs(*first_alone, 6);
  const auto second_input = networks::random_inputs(*second_alone, 7);

  static First::Arena arena;
  static First::Packed first_packed;
  static Second::Packed second_packed;
  First first{*First::Weights::from_parameters(first_weights), first_packed, arena};
  Second second{*Second::Weights::from_parameters(second_weights), second_packed, arena};
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_EQ(networks::copy(first.run(std::get<0>(*first_input))),
              networks::copy(first_alone->run(std::get<0>(*first_input))));
    const Second::Inputs inputs{std::get<0>(*second_input), std::get<1>(*second_input)};
    EXPECT_EQ(networks::copy(std::get<0>(second.run(inputs))),
              networks::copy(std::get<0>(second_alone->run(inputs))));
  }
}

/// What an arena held before does not matter.
TEST(GraphNetwork, ArenaNeedsNoInitialization) {
  using Net = OnCpu<PerTensor>;
  const auto weights = networks::parameters_for<PerTensor>(build_graph<Everything>());
  Owned<Net> clean(weights);
  const auto input = networks::random_inputs(*clean, 8);
  const auto dirty = std::make_unique<Net::Arena>();
  const auto packed = std::make_unique<Net::Packed>();
  std::memset(dirty->bytes().data(), 0xa5, dirty->bytes().size());
  std::memset(packed->bytes().data(), 0xa5, packed->bytes().size());
  Net net{*Net::Weights::from_parameters(weights), *packed, *dirty};
  const auto expected = networks::copy(clean->run(std::get<0>(*input)));
  EXPECT_EQ(networks::copy(net.run(std::get<0>(*input))), expected);
  std::memset(dirty->bytes().data(), 0x5a, dirty->bytes().size());
  EXPECT_EQ(networks::copy(net.run(std::get<0>(*input))), expected);
}

}  // namespace
}  // namespace graph_network_test

/// Constants that follow from a description: their numbers, in float32 and quantized, in networks, programs and files.

#include "dlpu/graph/constants.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "dlpu/io/weights.hpp"
#include "dlpu/soc/all.hpp"
#include "dlpu/zoo/heads/ssd_anchors.hpp"
#include "support/golden.hpp"
#include "support/networks.hpp"

namespace dlpu::graph_constants_test {
namespace {

float ramp(const Formula& formula, const Shape&, std::int64_t index) {
  return formula.parameters[0] * static_cast<float>(index);
}

/// One constant that the policy stores, and one in float32.
struct Ramps {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 4, 4, 3});
    x = g.conv2d(x, {.filters = 5, .kernel = 3}, "conv");
    const auto stored = g.constant({1, 4, 4, 1}, {&ramp, {0.125f}}, "stored");
    x = g.mul(x, stored, {}, "scaled");
    const auto real = g.constant({5}, {&ramp, {0.5f}}, "real", ElementType::float32);
    x = g.dequantize(x, {}, "reals");
    return g.add(x, real, {}, "shifted");
  }
};

std::size_t tensor_named(const Graph& graph, std::string_view name) {
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].role == TensorRole::constant && reads_as(graph.tensors[t].name, name)) return t;
  }
  ADD_FAILURE() << "no constant " << name;
  return 0;
}

TEST(GraphConstants, FollowTheirFormula) {
  const Graph graph = build_graph<Ramps>();
  Parameters parameters(graph.tensors.size());
  fill_constants(graph.view(), parameters);
  const auto stored = parameters[static_cast<std::int32_t>(tensor_named(graph, "stored"))].as<float>();
  ASSERT_EQ(stored.size(), 16u);
  EXPECT_EQ(stored[3], 0.375f);
  const auto real = parameters[static_cast<std::int32_t>(tensor_named(graph, "real"))].as<float>();
  ASSERT_EQ(real.size(), 5u);
  EXPECT_EQ(real[4], 2.0f);
}

TEST(GraphConstants, NetworksAndProgramsComputeTheSame) {
  networks::expect_same_as_program<Ramps, Network<Ramps, soc::Cpu, Unquantized>>();
  networks::expect_same_as_program<Ramps, Network<Ramps, soc::Cpu, PerTensor>>();
}

TEST(GraphConstants, AreInFilesOfQuantizedWeights) {
  const Graph graph = build_graph<Ramps>();
  const Parameters parameters = networks::parameters_for<PerTensor>(graph);
  const std::vector<std::byte> saved = io::save_parameters<PerTensor>(graph.view(), parameters);
  AlignedBuffer file(saved.size());
  std::ranges::copy(saved, file.data());
  using Weights = Network<Ramps, soc::Cpu, PerTensor>::Weights;
  const auto weights = Weights::from_safetensors(file.bytes());
  ASSERT_TRUE(weights) << weights.error();
  const std::size_t stored = tensor_named(graph, "stored");
  EXPECT_TRUE(std::ranges::equal(std::get<0>(weights->constants),
                                 parameters[static_cast<std::int32_t>(stored)].as<std::int8_t>()));
  EXPECT_EQ(weights->activations[stored], parameters[static_cast<std::int32_t>(stored)].quantization);
}

TEST(GraphConstants, MissingOnesAreNamed) {
  const Graph graph = build_graph<Ramps>();
  Parameters parameters = networks::random_weights(graph.view());
  parameters[static_cast<std::int32_t>(tensor_named(graph, "real"))].data = {};
  const auto weights = Network<Ramps, soc::Cpu, Unquantized>::Weights::from_parameters(parameters);
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error(),
            "real: the constant has 0 bytes, this network needs 20; use fill_constants on float weights, then "
            "quantize them");
}

// SSD's anchors by hand: Liu et al. 2015, section 2.2, with the first level reduced to three boxes.
TEST(GraphConstants, Anchors) {
  const zoo::SsdAnchors anchors{.side = 19};
  ASSERT_EQ(anchors.count(), 1917);
  const Formula formula = zoo::formula(anchors);
  const auto number = [&](std::int64_t anchor, std::int64_t i) {
    return formula.number(formula, {1917, 4}, 4 * anchor + i);
  };
  const auto expect = [&](std::int64_t anchor, float y, float x, float height, float width) {
    EXPECT_NEAR(number(anchor, 0), y, 1e-6f) << anchor;
    EXPECT_NEAR(number(anchor, 1), x, 1e-6f) << anchor;
    EXPECT_NEAR(number(anchor, 2), height, 1e-6f) << anchor;
    EXPECT_NEAR(number(anchor, 3), width, 1e-6f) << anchor;
  };
  expect(0, 0.5f / 19, 0.5f / 19, 0.1f, 0.1f);
  expect(1, 0.5f / 19, 0.5f / 19, 0.2f / std::sqrt(2.0f), 0.2f * std::sqrt(2.0f));
  expect(3 * 20 + 2, 1.5f / 19, 1.5f / 19, 0.2f * std::sqrt(2.0f), 0.2f / std::sqrt(2.0f));  // row 1, column 1
  expect(1083, 0.05f, 0.05f, 0.35f, 0.35f);                                                  // the second level
  expect(1083 + 5, 0.05f, 0.05f, std::sqrt(0.35f * 0.5f), std::sqrt(0.35f * 0.5f));
  expect(1916, 0.5f, 0.5f, std::sqrt(0.95f), std::sqrt(0.95f));  // the last: one pixel, between 0.95 and 1
}

}  // namespace
}  // namespace dlpu::graph_constants_test

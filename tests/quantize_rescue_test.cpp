/// Steps before quantization: what they must not change, and what they must mend.

#include "dlpu/quantize/rescue.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "dlpu/graph/blocks.hpp"
#include "dlpu/quantize/boundary.hpp"
#include "dlpu/quantize/diagnose.hpp"
#include "support/networks.hpp"

namespace quantize_rescue_test {
namespace {

using namespace dlpu;
using namespace dlpu::quantize;

/// Pointwise, depthwise, pointwise with a residual addition, all with `A`.
template <Activation A>
struct Residual {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 6, 6, 3});
    x = g.conv2d(x, {.filters = 8, .kernel = 3, .activation = A}, "stem");
    x = blocks::inverted_residual(g, x, {.filters = 8, .expansion = 2, .activation = A});
    return g.softmax(g.fully_connected(g.mean(x), {.units = 4}, "classifier"));
  }
};

template <class Model>
FloatNetwork network_of() {
  const Graph graph = build_graph<Model>();
  const Parameters weights = networks::random_weights(graph.view());
  auto network = float_network(graph, weights);
  EXPECT_TRUE(network) << network.error();
  return *std::move(network);
}
std::vector<float> samples_for(const FloatNetwork& network, std::size_t count) {
  const auto values = networks::random_samples(network.graph.view(), count);
  return {values.begin(), values.end()};
}
double distance(const FloatNetwork& a, const FloatNetwork& b, const std::vector<float>& values) {
  const Samples samples = *samples_of(a.graph, values);
  const std::int32_t tensor = compared_tensor(a.graph.view());
  return difference(*float_outputs(a, samples, tensor, 1), *float_outputs(b, samples, tensor, 2)).decibel();
}
/// Factors from 1/100 to 100 on every group, as no training would leave them.
void scramble(FloatNetwork& network) {
  networks::Uniform uniform(7);
  for (const ChannelGroup& group : channel_groups(network.graph)) {
    std::vector<float> factors(group.channels);
    for (float& factor : factors) factor = std::pow(100.0f, uniform(-1.0f, 1.0f));
    scale_channels(network, group, factors);
  }
}

TEST(QuantizeChannelGroups, ReachThroughDepthwiseAndAdditions) {
  const FloatNetwork network = network_of<Residual<Activation::relu>>();
  const auto groups = channel_groups(network.graph);
  ASSERT_EQ(groups.size(), 3u);  // around the addition up to the classifier, and both sides of the depthwise
  std::size_t largest = 0;
  for (const ChannelGroup& group : groups) largest = std::max(largest, group.tensors.size());
  EXPECT_EQ(largest, 4u);  // stem, project, their sum, its mean
  for (const ChannelGroup& group : channel_groups(network_of<Residual<Activation::relu6>>().graph)) {
    EXPECT_TRUE(group.has_relu6);
  }
}

/// Its tensors are as large as those of networks that are run in fused steps.
struct Wide {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 64, 64, 3});
    return blocks::inverted_residual(g, g.conv2d(x, {.filters = 16, .kernel = 3}), {.filters = 16, .expansion = 6});
  }
};

TEST(QuantizeObserve, SeesEveryTensor) {
  const FloatNetwork network = network_of<Wide>();
  const std::vector<float> values = samples_for(network, 1);
  const Samples samples = *samples_of(network.graph, values);
  const std::vector<Extremes> extremes = *observe_extremes(network, samples, 1);
  const QuantizedNetwork quantized = *quantize_as(network, ranges_of(extremes), {});
  const GraphView view = network.graph.view();
  for (const Node& node : view.nodes) {
    const std::int32_t tensor = view.outputs_of(node)[0];
    EXPECT_LT(extremes[static_cast<std::size_t>(tensor)].whole.low,
              extremes[static_cast<std::size_t>(tensor)].whole.high);
    const double decibel =
        difference(*float_outputs(network, samples, tensor, 1), *quantized_outputs(quantized, samples, tensor, 1))
            .decibel();
    EXPECT_GT(decibel, 20.0) << to_string(node.name);
  }
}

TEST(QuantizeEqualize, KeepsTheFunctionAndUndoesScaling) {
  FloatNetwork original = network_of<Residual<Activation::relu>>();
  const std::vector<float> values = samples_for(original, 8);
  const auto decibel = [&](const FloatNetwork& network) { return quantize_by({}, network, values, {}, 1)->decibel; };
  FloatNetwork changed = original;
  scramble(changed);
  EXPECT_GT(distance(original, changed, values), 80.0);
  const double scrambled = decibel(changed);
  EXPECT_LT(scrambled + 25.0, decibel(original));
  equalize(changed);
  EXPECT_GT(distance(original, changed, values), 80.0);
  EXPECT_GT(decibel(changed), scrambled + 25.0);
  equalize(original);  // where channels were never scaled, equalization ends at nearly the same
  EXPECT_NEAR(decibel(changed), decibel(original), 2.0);
}

TEST(QuantizeEqualize, LeavesWhatReLU6Cuts) {
  const FloatNetwork original = network_of<Residual<Activation::relu6>>();
  std::vector<float> values = samples_for(original, 8);
  for (float& value : values) value *= 6.0f;  // now some channels are cut
  const Samples samples = *samples_of(original.graph, values);
  FloatNetwork changed = original;
  const EqualizationResult result = equalize(changed, *observe_extremes(original, samples, 1));
  EXPECT_GT(result.groups, 0u);
  EXPECT_NE(changed.values, original.values);
  EXPECT_GT(distance(original, changed, values), 80.0);
}

TEST(QuantizeAbsorbBias, KeepsTheFunctionOnItsSamples) {
  FloatNetwork original = network_of<Residual<Activation::relu>>();
  const GraphView view = original.graph.view();
  for (float& bias : original[view.inputs_of(view.nodes[2])[2]]) bias += 20.0f;  // the depthwise is never cut
  const std::vector<float> values = samples_for(original, 4);
  FloatNetwork changed = original;
  EXPECT_EQ(absorb_bias(changed, *observe_extremes(original, *samples_of(original.graph, values), 1)), 1u);
  EXPECT_NE(changed.values, original.values);
  EXPECT_GT(distance(original, changed, values), 80.0);
}

TEST(QuantizeRefine, LowersTheErrorItIsMadeFor) {
  const FloatNetwork network = network_of<Residual<Activation::relu>>();
  std::vector<float> values = samples_for(network, 16);
  // As in photographs, neighbours are alike: independent inputs would be served best by the nearest weights.
  for (std::size_t i = 1; i < values.size(); ++i) values[i] = 0.9f * values[i - 1] + 0.1f * values[i];
  const Samples samples = *samples_of(network.graph, values);
  const auto inputs = *observe_layer_inputs(network, samples, 1);
  const Ranges ranges = ranges_of(*observe_extremes(network, samples, 1));
  const GraphView view = network.graph.view();
  const auto error_of = [&](const QuantizedNetwork& quantized, std::size_t node) {
    const auto tensors = view.inputs_of(view.nodes[node]);
    const auto stored = quantize::detail::real_values(quantized.graph.tensors[static_cast<std::size_t>(tensors[1])],
                                                      quantized.parameters[tensors[1]],
                                                      quantize::detail::channel_axis(view.nodes[node].op));
    const quantize::detail::FilterLayout layout = quantize::detail::filter_layout(view, view.nodes[node]);
    double sum = 0.0;
    for (std::size_t c = 0; c < layout.channels; ++c) {
      const auto covariance = quantize::detail::shrunk_covariance(inputs[node], layout.window(c));
      for (std::size_t i = 0; i < layout.size; ++i) {
        for (std::size_t j = 0; j < layout.size; ++j) {
          const double a = double{stored[layout.at(c, i)]} - double{network[tensors[1]][layout.at(c, i)]};
          const double b = double{stored[layout.at(c, j)]} - double{network[tensors[1]][layout.at(c, j)]};
          sum += a * b * double{covariance[i * layout.size + j]};
        }
      }
    }
    return sum;
  };
  auto nearest = *quantize_as(network, ranges, {}), refined = *quantize_as(network, ranges, {});
  refine(network, inputs, {.rounding = true, .correct_bias = true}, 2, refined);
  double before = 0.0, after = 0.0;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (inputs[i].size == 0) continue;
    EXPECT_LE(error_of(refined, i), error_of(nearest, i) * 1.0001) << i;
    before += error_of(nearest, i);
    after += error_of(refined, i);
  }
  EXPECT_LT(after, 0.9 * before);
}

TEST(QuantizeExpectedInputs, ClippedNormalsHaveTheMomentsOfTheirDensity) {
  for (const Moments x : {Moments{0.3, 0.5}, Moments{-2.0, 1.0}, Moments{5.0, 4.0}, Moments{7.0, 0.0}}) {
    for (const Range<double> range : {Range<double>{0.0, 6.0}, Range<double>{0.0, HUGE_VAL},
                                      Range<double>{-HUGE_VAL, HUGE_VAL}, Range<double>{-1.0, 1.0}}) {
      double mass = 0.0, mean = 0.0, square = 0.0;
      for (double z = -8.0; z <= 8.0; z += 1e-4) {
        const double weight = std::exp(-0.5 * z * z);
        const double value = std::clamp(x.mean + std::sqrt(x.variance) * z, range.low, range.high);
        mass += weight, mean += weight * value, square += weight * value * value;
      }
      const Moments found = clipped_normal(x, range);
      EXPECT_NEAR(found.mean, mean / mass, 1e-3);
      EXPECT_NEAR(found.variance, square / mass - mean * mean / mass / mass, 1e-2);
    }
  }
}

/// Image after image, neighbours and channels alike as in photographs.
std::vector<float> smooth_samples(const FloatNetwork& network, std::size_t count) {
  std::vector<float> values = samples_for(network, count);
  for (std::size_t i = 1; i < values.size(); ++i) values[i] = 0.9f * values[i - 1] + 0.1f * (values[i] + 3.0f);
  return values;
}

TEST(QuantizeAnalyticalBias, ComesNearTheEmpiricalOne) {
  const FloatNetwork network = network_of<Residual<Activation::relu6>>();
  const GraphView view = network.graph.view();
  const std::vector<float> values = smooth_samples(network, 32);
  const Samples samples = *samples_of(network.graph, values);
  const auto inputs = *observe_layer_inputs(network, samples, 1);
  const auto expected = expected_inputs(network, observed_moments(3, values));
  double error = 0.0, all = 0.0;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    ASSERT_EQ(expected[i].size(), inputs[i].windows * inputs[i].size) << i;
    for (std::size_t k = 0; k < expected[i].size(); ++k) {
      const double mean = inputs[i].mean(k / inputs[i].size, k % inputs[i].size);
      error += (expected[i][k].mean - mean) * (expected[i][k].mean - mean);
      all += mean * mean;
    }
  }
  EXPECT_LT(error, 0.05 * all);
  Ranges ranges = ranges_of(*observe_extremes(network, samples, 1));
  FilterBounds coarse(view.tensors.size());  // filters in few steps, so that rounding makes means that are far off
  for (const Node& node : view.nodes) {
    if (node.inputs.count == 3) coarse[static_cast<std::size_t>(view.inputs_of(node)[1])] = {8.0f};
  }
  const std::int32_t tensor = compared_tensor(view);
  const auto wanted = *float_outputs(network, samples, tensor, 1);
  auto quantized = *quantize_as(network, ranges, {}, coarse);
  const auto decibel = [&] {
    return difference(wanted, *quantized_outputs(quantized, samples, tensor, 1)).decibel();
  };
  const double plain = decibel();
  EXPECT_EQ(correct_bias_analytically(network, observed_moments(3, values), quantized), 5u);
  const double analytical = decibel();
  refine(network, inputs, {.rounding = false, .correct_bias = true}, 1, quantized);
  EXPECT_GT(analytical, plain + 3.0);
  EXPECT_GT(analytical, decibel() - 10.0);
}

TEST(QuantizeReconstruct, MakesUpForErrorsBefore) {
  const FloatNetwork network = network_of<Residual<Activation::relu6>>();
  const std::vector<float> all = samples_for(network, 160);
  const Samples both = *samples_of(network.graph, all);
  const Samples samples{both.values.first(128 * both.size), both.size};
  const Samples unseen{both.values.subspan(128 * both.size), both.size};
  FloatNetwork damaged = network;
  const GraphView view = network.graph.view();
  for (float& bias : damaged[view.inputs_of(view.nodes[0])[2]]) bias += 0.2f;
  const Ranges ranges = ranges_of(*observe_extremes(network, both, 1));
  const std::int32_t tensor = compared_tensor(view);
  const auto wanted = *float_outputs(network, unseen, tensor, 1);
  const auto decibel = [&](const QuantizedNetwork& quantized) {
    return difference(wanted, *quantized_outputs(quantized, unseen, tensor, 1)).decibel();
  };
  auto good = *quantize_as(network, ranges, {}), bad = *quantize_as(damaged, ranges, {});
  const double before = decibel(good), spoilt = decibel(bad);
  EXPECT_GT(before, spoilt + 10.0);
  ASSERT_TRUE(reconstruct(network, samples, 2, good));
  ASSERT_TRUE(reconstruct(network, samples, 2, bad));
  EXPECT_GT(decibel(good), before + 1.0) << before;
  EXPECT_GT(decibel(bad), spoilt + 8.0) << spoilt;
  auto again = *quantize_as(network, ranges, {});
  ASSERT_TRUE(reconstruct(network, samples, 2, again));
  for (std::int32_t t = 0; t < static_cast<std::int32_t>(view.tensors.size()); ++t) {
    EXPECT_TRUE(std::ranges::equal(again.parameters[t].data, good.parameters[t].data)) << "not the same every time";
  }
}

TEST(QuantizeClipFilters, IgnoresWeightsThatMeetOnlyZeros) {
  FloatNetwork network = network_of<Residual<Activation::relu>>();
  const GraphView view = network.graph.view();
  const auto depthwise =
      std::ranges::find_if(network.graph.nodes, [](const Node& node) { return node.op.is<op::DepthwiseConv2d>(); });
  const std::int32_t filter = view.inputs_of(*depthwise)[1];
  const auto before = static_cast<std::size_t>(view.tensor(view.inputs_of(*depthwise)[0]).producer);
  network[view.inputs_of(view.nodes[before])[2]][3] = -1000.0f;  // channel 3 is always cut
  const float largest = std::abs(
      *std::ranges::max_element(network[filter], [](float a, float b) { return std::abs(a) < std::abs(b); }));
  const auto channels = static_cast<std::size_t>(view.tensor(filter).type.shape[3]);
  for (std::size_t tap = 0; tap < 9; ++tap) network[filter][tap * channels + 3] = 100.0f * largest;
  const std::vector<float> values = samples_for(network, 8);
  const auto inputs = *observe_layer_inputs(network, *samples_of(network.graph, values), 1);
  const FilterBounds bounds = best_filter_bounds<PerTensor>(network, inputs);
  EXPECT_LT(bounds[static_cast<std::size_t>(filter)].at(0), 1.1f * largest);
}

TEST(QuantizeRescue, NeverEndsWorseThanPlain) {
  FloatNetwork network = network_of<Residual<Activation::relu>>();
  scramble(network);
  const std::vector<float> values = samples_for(network, 16);
  for (const quantize::Target target : {quantize::Target{Scheme::per_tensor, ElementType::int8},
                                        {Scheme::per_channel, ElementType::int8},
                                        {Scheme::power_of_two, ElementType::int8},
                                        {Scheme::power_of_two, ElementType::int16}}) {
    const auto rescued = rescue(network, values, target, all_steps, 2, [](std::size_t, std::size_t) {});
    ASSERT_TRUE(rescued) << rescued.error();
    double so_far = rescued->plain.decibel;
    for (const StepResult& step : rescued->steps) {
      if (step.step == quantize::Step::reconstruct) continue;  // judged by itself, on other samples
      EXPECT_EQ(step.kept, step.decibel >= so_far + least_gain);
      if (step.kept) so_far = step.decibel;
    }
    ASSERT_EQ(rescued->steps.back().step, quantize::Step::reconstruct);
    if (rescued->steps.back().kept)
      EXPECT_EQ(rescued->best.unseen, rescued->steps.back().decibel);
    else
      EXPECT_EQ(rescued->best.decibel, so_far);
    EXPECT_GT(rescued->best.decibel, 10.0);
  }
}

TEST(QuantizeFloatNetwork, TakesQuantizedNetworksBack) {
  const FloatNetwork original = network_of<Residual<Activation::relu6>>();
  const std::vector<float> values = samples_for(original, 4);
  auto outcome = *quantize_by({}, original, values, {Scheme::per_channel, ElementType::int8}, 1);
  const QuantizedNetwork plain =
      *quantize_as(original, ranges_of(outcome.prepared->extremes), outcome.quantized.target);
  set_boundary(outcome.quantized, {ElementType::uint8, ElementType::uint8});
  ASSERT_EQ(outcome.quantized.graph.nodes.size(), original.graph.nodes.size() + 2);
  const auto back = float_network(outcome.quantized.graph, outcome.quantized.parameters);
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->graph.nodes.size(), original.graph.nodes.size());
  EXPECT_GT(distance(original, *back, values), 25.0);
  const auto again = quantize_as(*back, back->ranges, plain.target);
  ASSERT_TRUE(again) << again.error();
  const Samples samples = *samples_of(original.graph, values);
  const std::int32_t output = original.graph.outputs[0];
  const auto a = *quantized_outputs(plain, samples, output, 1),
             b = *quantized_outputs(*again, samples, back->graph.outputs[0], 1);
  EXPECT_GT(difference(a, b).decibel(), 25.0);
}

/// Activations of 16 bits hold far more than filters of 8: what is left is the filters' error, and both ends may be 8 bits.
TEST(QuantizeSixteenBits, AreNearerThanEightAndHaveAnyEnds) {
  const FloatNetwork original = network_of<Residual<Activation::relu6>>();
  const std::vector<float> values = samples_for(original, 8);
  auto eight = *quantize_by({}, original, values, {Scheme::power_of_two, ElementType::int8}, 1);
  auto sixteen = *quantize_by({}, original, values, {Scheme::power_of_two, ElementType::int16}, 1);
  EXPECT_GT(sixteen.decibel, eight.decibel + 3.0);
  const Samples samples = *samples_of(original.graph, values);
  const std::int32_t inner_output = original.graph.outputs[0];
  const auto inside = *quantized_outputs(sixteen.quantized, samples, inner_output, 1);
  for (const ElementType end : {ElementType::int8, ElementType::uint8, ElementType::float32}) {
    SCOPED_TRACE(to_string(end));
    auto again = *quantize_by({}, original, values, {Scheme::power_of_two, ElementType::int16}, 1);
    set_boundary(again.quantized, {end, end});
    Result<Program> program = program_of(again.quantized);
    ASSERT_TRUE(program) << program.error();
    const Graph& graph = again.quantized.graph;
    const Quantization in = again.quantized.parameters[graph.inputs[0]].quantization,
                       out = again.quantized.parameters[graph.outputs[0]].quantization;
    std::vector<float> found;
    for (std::size_t s = 0; s < samples.count(); ++s) {
      const bool real = end == ElementType::float32;
      const auto stored = real ? std::vector<std::byte>{} : quantize::stored_input(samples[s], end, in);
      const std::span<const std::byte> bytes = real ? std::as_bytes(samples[s]) : std::span(stored);
      program->run({&bytes, 1});
      const auto made = program->output();
      const auto reals = real ? std::vector<float>(reinterpret_cast<const float*>(made.data()),
                                                   reinterpret_cast<const float*>(made.data()) + made.size() / 4)
                              : quantize::dequantized(made, end, out);
      found.insert(found.end(), reals.begin(), reals.end());
    }
    EXPECT_GT(difference(inside, found).decibel(), end == ElementType::float32 ? 150.0 : 25.0);
  }
}

TEST(QuantizeSamples, BadOnesAreNamed) {
  const FloatNetwork network = network_of<Residual<Activation::relu>>();
  std::vector<float> values = samples_for(network, 2);
  EXPECT_NE(samples_of(network.graph, {}).error().find("no samples"), std::string::npos);
  EXPECT_NE(samples_of(network.graph, std::span(values).first(7)).error().find("[1, 6, 6, 3]"), std::string::npos);
  values[110] = std::nanf("");
  EXPECT_NE(samples_of(network.graph, values).error().find("sample 1"), std::string::npos);
  FloatNetwork broken = network;
  broken.values[static_cast<std::size_t>(broken.graph.view().inputs_of(broken.graph.nodes[0])[1])].assign(216, 0.0f);
  broken.values[static_cast<std::size_t>(broken.graph.view().inputs_of(broken.graph.nodes[0])[2])].assign(8, 1.0f);
  const std::vector<float> good = samples_for(network, 2);
  const auto layers =
      diagnose(broken, quantize_by({}, broken, good, {}, 1)->quantized, *samples_of(broken.graph, good), 1, true);
  ASSERT_TRUE(layers);
  EXPECT_EQ((*layers)[0].zero_channels, 8u);
}

}  // namespace
}  // namespace quantize_rescue_test

#pragma once

/// Networks with invented weights: floats drawn like trained ones, and what becomes of them under a policy.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "dlpu/graph/constants.hpp"
#include "dlpu/graph/network.hpp"
#include "dlpu/quantize/quantize.hpp"
#include "support/program_instances.hpp"

namespace dlpu::networks {

/// Uniform numbers, the same with every standard library.
class Uniform {
 public:
  explicit Uniform(std::uint32_t seed) : generator_(seed) {}
  float operator()(float low, float high) {
    return low + (high - low) * static_cast<float>(generator_() >> 8) / static_cast<float>(1 << 24);
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(generator_() >> 24); }
  std::int32_t below(std::int32_t bound) {
    return static_cast<std::int32_t>(generator_() % static_cast<std::uint32_t>(bound));
  }

 private:
  std::mt19937 generator_;
};

/// Filter and bias of every weighted operator; the filters keep the magnitude of activations about the same.
inline Parameters random_weights(const GraphView& graph, std::uint32_t seed = 1) {
  Uniform uniform(seed);
  Parameters weights(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    if (!detail::is_weighted(graph, node)) continue;
    const auto inputs = graph.inputs_of(node);
    const Shape &filter = graph.tensor(inputs[1]).type.shape, &bias = graph.tensor(inputs[2]).type.shape;
    const std::span<float> values = weights.allocate<float>(static_cast<std::size_t>(filter.elements()));
    const bool depthwise = node.op.is<op::DepthwiseConv2d>();
    const auto terms = static_cast<float>(filter.elements() / (depthwise ? filter.channels() : filter[0]));
    const float bound = std::sqrt(6.0f / terms);
    for (float& value : values) value = uniform(-bound, bound);
    const std::span<float> biases = weights.allocate<float>(static_cast<std::size_t>(bias.elements()));
    for (float& value : biases) value = uniform(-0.3f, 0.3f);
    weights[inputs[1]].data = std::as_bytes(values);
    weights[inputs[2]].data = std::as_bytes(biases);
  }
  fill_constants(graph, weights);
  return weights;
}

/// `count` random inputs of a one-input network, end to end, each in [-1, 1].
inline std::vector<float> random_samples(const GraphView& graph, std::size_t count, std::uint32_t seed = 2) {
  Uniform uniform(seed);
  std::vector<float> samples(count * static_cast<std::size_t>(graph.tensor(graph.inputs[0]).type.shape.elements()));
  for (float& value : samples) value = uniform(-1.0f, 1.0f);
  return samples;
}

/// The parameters of a network under a policy. Networks with several inputs are not calibrated: their activations are
/// taken to lie in [-2, 2].
template <class Policy>
Parameters parameters_for(const Graph& graph, std::uint32_t seed = 1) {
  Parameters weights = random_weights(graph.view(), seed);
  if constexpr (!Policy::quantized) {
    return weights;
  } else {
    Result<Parameters> quantized =
        graph.inputs.size() == 1 ? quantize::quantize_network<Policy>(graph, weights, random_samples(graph.view(), 2))
                                 : quantize::quantize_network<Policy>(
                                       graph.view(), weights, quantize::Ranges(graph.tensors.size(), {-2.0f, 2.0f}));
    EXPECT_TRUE(quantized) << quantized.error();
    return quantized ? *std::move(quantized) : Parameters(graph.tensors.size());
  }
}

/// Any stored number, or a real one in [-1, 1].
template <class Element>
void fill(std::span<Element> values, Uniform& uniform) {
  for (Element& value : values) {
    if constexpr (std::is_same_v<Element, float>)
      value = uniform(-1.0f, 1.0f);
    else if constexpr (sizeof(Element) == 2)
      value = static_cast<Element>(uniform.below(1 << 16));
    else
      value = static_cast<Element>(uniform.byte());
  }
}

/// A network with memory of its own.
template <class Net>
class Owned {
 public:
  explicit Owned(const Parameters& parameters) {
    const Result<typename Net::Weights> weights = Net::Weights::from_parameters(parameters);
    EXPECT_TRUE(weights) << weights.error();
    if (weights) net_ = std::make_unique<Net>(*weights, *packed_, *arena_);
  }
  [[nodiscard]] Net& operator*() { return *net_; }
  [[nodiscard]] Net* operator->() { return net_.get(); }

 private:
  std::unique_ptr<typename Net::Arena> arena_ = std::make_unique<typename Net::Arena>();
  std::unique_ptr<typename Net::Packed> packed_ = std::make_unique<typename Net::Packed>();
  std::unique_ptr<Net> net_;
};

/// Inputs of a network, filled at random.
template <class Net, std::size_t... I>
auto random_inputs(const Net& net, std::uint32_t seed, std::index_sequence<I...>) {
  auto inputs = std::make_unique<std::tuple<typename Net::template InputTensor<I>...>>(net.template input<I>()...);
  Uniform uniform(seed);
  (fill(std::get<I>(*inputs).span(), uniform), ...);
  return inputs;
}
template <class Net>
auto random_inputs(const Net& net, std::uint32_t seed) {
  return random_inputs(net, seed, std::make_index_sequence<std::tuple_size_v<typename Net::Inputs>>{});
}

/// The outputs of a network as a tuple, also where there is one.
template <class View>
auto as_outputs(const View& view) {
  return std::tuple<View>(view);
}
template <class... Views>
std::tuple<Views...> as_outputs(const std::tuple<Views...>& views) {
  return views;
}

template <class View>
std::vector<typename View::value_type> copy(const View& view) {
  return {view.begin(), view.end()};
}

/// One inference on tensors that are given one by one; the outputs as a tuple, also where there is one.
template <class Net, class... Tensors>
auto run(Net& net, const Tensors&... inputs) {
  if constexpr (sizeof...(Tensors) == 1)
    return as_outputs(net.run(inputs...));
  else
    return as_outputs(net.run(typename Net::Inputs{inputs...}));
}

/// Wants the same bits, and not all the same number.
template <class View>
void expect_bits(const View& actual, std::span<const std::byte> expected) {
  const std::span<const std::byte> bytes = std::as_bytes(actual.span());
  ASSERT_EQ(bytes.size(), expected.size());
  EXPECT_TRUE(std::ranges::equal(bytes, expected));
  EXPECT_NE(*std::ranges::min_element(actual), *std::ranges::max_element(actual)) << "says nothing";
}

/// What a network type keeps behind its packed weights; a program's constants stay in its parameters.
inline std::size_t constant_bytes(const GraphView& graph, const Parameters& parameters) {
  std::size_t bytes = 0;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].role == TensorRole::constant) bytes += align_up(parameters.tensors()[t].data.size());
  }
  return bytes;
}

/// Runs a network type and its run-time twin twice on the same inputs and wants the same bits. `Net` must take its
/// inputs as kernels do.
template <class Net>
void expect_same_as_program(const Graph& graph, const Parameters& parameters, std::uint32_t seed = 3) {
  Owned<Net> net(parameters);
  Result<Program> program = Program::create<typename Net::policy>(graph, parameters.borrowed());
  ASSERT_TRUE(program) << program.error();
  EXPECT_EQ(program->activation_bytes(), Net::activation_bytes);
  EXPECT_EQ(program->scratch_bytes(), Net::scratch_bytes);
  EXPECT_EQ(program->packed_bytes() + constant_bytes(graph.view(), parameters), Net::packed_bytes);
  for (std::uint32_t repeat = 0; repeat < 2; ++repeat) {
    const auto inputs = random_inputs(*net, seed + repeat);
    const auto outputs = std::apply(
        [&](const auto&... input) {
          const std::span<const std::byte> bytes[] = {std::as_bytes(input.span())...};
          program->run(bytes);
          return networks::run(*net, input...);
        },
        *inputs);
    std::size_t index = 0;
    std::apply([&](const auto&... output) { (expect_bits(output, program->output(index++)), ...); }, outputs);
  }
}
template <class Model, class Net>
void expect_same_as_program() {
  const Graph graph = build_graph<Model>();
  expect_same_as_program<Net>(graph, parameters_for<typename Net::policy>(graph));
}

}  // namespace dlpu::networks

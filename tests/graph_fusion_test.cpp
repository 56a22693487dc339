/// Fused chains and threads: whatever is fused, on however many threads and on every rung, the bits stay.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "dlpu/core/thread_pool.hpp"
#include "dlpu/graph/network.hpp"
#include "dlpu/graph/program.hpp"
#include "dlpu/soc/cpu.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/tiny.hpp"
#include "support/networks.hpp"

namespace dlpu::graph_fusion_test {
namespace {

using networks::Uniform;

/// A random chain of what works by rows, with residual additions and an operator that does not at its end.
Graph random_graph(Uniform& random) {
  Builder g;
  Value x = g.input({1, 4 + random.below(13), 3 + random.below(12), 1 + random.below(9)});
  const auto kernel = [&] { return Size2D{1 + random.below(4), 1 + random.below(3)}; };
  const auto stride = [&] { return random.below(3) == 0 ? Size2D{2, 1 + random.below(2)} : Size2D(1); };
  const auto padding = [&] {
    return random.below(2) == 0 ? Padding::same
                                : Padding::sides(random.below(3), random.below(3), random.below(3), random.below(3));
  };
  const auto activation = [&] { return random.below(2) == 0 ? Activation::relu6 : Activation::none; };
  const int length = 2 + random.below(6);
  for (int i = 0; i < length; ++i) {
    const Shape shape = g.shape(x);
    const Size2D window{std::min(kernel().height, shape[1]), std::min(kernel().width, shape[2])};
    const Size2D dilation = random.below(4) == 0 ? Size2D{1 + random.below(2), 1} : Size2D(1);
    switch (random.below(4)) {
      case 0: {  // a residual around a convolution that keeps the shape
        const Value before = x;
        x = g.conv2d(x, {.filters = shape[3], .kernel = window, .activation = activation()});
        const bool swapped = random.below(2) == 0;
        x = swapped ? g.add(before, x) : g.add(x, before);
        break;
      }
      case 1:
        x = g.depthwise_conv2d(x, {.multiplier = 1 + random.below(2) * (shape[3] < 8),
                                   .kernel = window,
                                   .stride = stride(),
                                   .dilation = dilation,
                                   .padding = padding(),
                                   .activation = activation()});
        break;
      case 2:
        x = g.conv2d(x, {.filters = 1 + random.below(40), .kernel = 1, .activation = activation()});
        break;
      default:
        x = g.conv2d(x, {.filters = 1 + random.below(20),
                         .kernel = window,
                         .stride = stride(),
                         .dilation = dilation,
                         .padding = padding(),
                         .activation = activation()});
    }
  }
  const Value y = random.below(2) == 0 ? g.mean(x) : g.relu(x);
  return std::move(g).finish({&y, 1});
}

template <class Policy>
std::vector<std::byte> output_of(const Graph& graph, const Parameters& parameters, std::span<const std::byte> input,
                                 const ProgramOptions& options) {
  Result<Program> program = Program::create<Policy>(graph, parameters.borrowed(), options);
  EXPECT_TRUE(program) << program.error();
  ThreadPool pool(options.threads);
  const std::span<const std::byte> inputs[] = {input};
  program->run(inputs, pool);
  const std::span<const std::byte> output = program->output();
  return {output.begin(), output.end()};
}

/// The same limits whatever the type of the elements.
FusionLimits same_limits(const BandLimits& limits) {
  return {.integers = limits, .floats = limits};
}

template <class Policy>
void check_random_graphs(int count, std::uint32_t seed) {
  Uniform random(seed);
  int fused = 0;
  for (int i = 0; i < count; ++i) {
    SCOPED_TRACE(i);
    const Graph graph = random_graph(random);
    ASSERT_EQ(graph.problem, nullptr) << graph.problem->sentence;
    const Parameters parameters = networks::parameters_for<Policy>(graph, seed + static_cast<std::uint32_t>(i));
    std::vector<typename Policy::Storage> input(elements(graph.view().tensor(graph.inputs[0]).type.shape));
    networks::fill(std::span(input), random);
    const std::span<const std::byte> bytes = std::as_bytes(std::span(input));
    for (isa::Rung rung = 0; rung <= isa::available_rung(); ++rung) {
      const isa::ScopedRungLimit limit(rung);
      const std::vector<std::byte> expected = output_of<Policy>(graph, parameters, bytes, {.fusion = no_fusion});
      const auto most_band = static_cast<std::size_t>(500 + random.below(20000));
      const auto least_tensor = static_cast<std::size_t>(random.below(300));
      const FusionLimits limits = same_limits({.least_tensor = least_tensor, .most_band = most_band});
      for (const std::size_t threads : {1u, 2u, 3u, 7u}) {
        EXPECT_EQ(output_of<Policy>(graph, parameters, bytes, {.fusion = limits, .threads = threads}), expected)
            << isa::rung_names[rung] << ", " << threads << " threads";
      }
      if constexpr (Policy::quantized) {
        const ProgramOptions measured{.fusion = limits, .threads = 2, .measure = true};
        EXPECT_EQ(output_of<Policy>(graph, parameters, bytes, measured), expected) << "whatever is chosen";
      }
    }
    std::vector<Step> steps(graph.nodes.size());
    const FusionLimits wide = same_limits({.least_tensor = 0, .most_band = 8000});
    fused += plan_steps(graph.view(), ElementType::int8, wide, steps) < steps.size();
  }
  EXPECT_GT(fused, count / 4) << "says little";
}

TEST(GraphFusion, RandomGraphsKeepTheirBits) {
  check_random_graphs<PerChannel>(40, 11);
  check_random_graphs<BasicPerTensor<rounding::Reference, std::uint8_t>>(25, 12);
  check_random_graphs<BasicPerTensor<rounding::Float>>(15, 13);
  check_random_graphs<Unquantized>(25, 14);
}

/// The inverted residuals of MobileNetV2 with wide tensors, with the addition where the tensor before it is wide enough.
TEST(GraphFusion, InvertedResidualsAreChains) {
  constexpr auto& graph = graph_of<zoo::MobileNetV2<>>;
  constexpr FusionLimits small{.integers = {48 * 1024, 64 * 1024}};
  constexpr auto schedule = static_schedule<graph.nodes.size()>(graph.view(), ElementType::int8, {});
  constexpr auto with_addition = static_schedule<graph.nodes.size()>(graph.view(), ElementType::int8, small);
  EXPECT_EQ(schedule.steps()[0].count, 3);  // stem, depthwise, project
  EXPECT_EQ(schedule.steps()[1].count, 3);  // expand, depthwise with stride 2, project
  EXPECT_EQ(schedule.steps()[2].count, 3);
  EXPECT_EQ(with_addition.steps()[2].count, 4);
  for (const Step& step : schedule.steps()) EXPECT_LE(step.band_bytes, FusionLimits{}.integers.most_band);
  for (const Step& step : with_addition.steps()) EXPECT_LE(step.band_bytes, small.integers.most_band);
}

/// A file says itself that its tensors are float32; what quantized ones would be stored as says nothing about them.
TEST(GraphFusion, FloatTensorsHaveLimitsOfTheirOwnInFilesToo) {
  const GraphView composed = graph_of<zoo::MobileNetV2<>>.view();
  std::vector<Step> expected(composed.nodes.size()), steps(composed.nodes.size());
  expected.resize(plan_steps(composed, ElementType::float32, {}, expected));
  std::vector<TensorInfo> tensors(composed.tensors.begin(), composed.tensors.end());
  for (TensorInfo& tensor : tensors) tensor.type.element = ElementType::float32;
  GraphView from_file = composed;
  from_file.tensors = tensors;
  steps.resize(plan_steps(from_file, ElementType::int8, {}, steps));
  EXPECT_EQ(steps, expected);
  ASSERT_EQ(steps.size(), composed.nodes.size() - 1);
  EXPECT_EQ(steps[3].count, 2);  // only the widest expansion and what reads it
}

template <class Model, class Policy = PerChannel>
using OnCpu = Network<Model, soc::Cpu, Policy>;

// Whole arenas, scratch included, against what TFLite Micro needs in all (`print_allocations()`).
static_assert(OnCpu<zoo::KwsDscnn>::arena_bytes <= 24272);
static_assert(OnCpu<zoo::ResNet8>::arena_bytes <= 55984);
static_assert(OnCpu<zoo::VwwMobileNetV1>::arena_bytes <= 103680);

/// A stem and an inverted residual that are fused at this size.
struct Blocks {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 100, 92, 3});
    x = g.conv2d(x, {.filters = 16, .kernel = 3, .stride = 2, .activation = Activation::relu6});
    x = blocks::inverted_residual(g, x, {.filters = 16, .expansion = 6});
    return g.mean(x);
  }
};

TEST(GraphFusion, NetworksDecideAsProgramsDo) {
  using Net = OnCpu<Blocks>;
  using Unfused = Network<Blocks, soc::Cpu, PerChannel, Fuse<no_fusion>>;
  static_assert(Net::arena_bytes < Unfused::arena_bytes);
  const Graph graph = build_graph<Blocks>();
  networks::expect_same_as_program<Net>(graph, networks::parameters_for<PerChannel>(graph));

  const Parameters parameters = networks::parameters_for<PerChannel>(graph);
  const auto weights = Net::Weights::from_parameters(parameters);
  ASSERT_TRUE(weights) << weights.error();
  static Net::ArenaFor<3> arena;
  static Net::Packed packed;
  Net net{*weights, packed, arena};
  networks::Owned<Unfused> unfused(parameters);
  const auto input = networks::random_inputs(net, 5);
  const auto expected = networks::copy(unfused->run(std::get<0>(*input)));
  EXPECT_EQ(networks::copy(net.run(std::get<0>(*input))), expected);
  for (const std::size_t threads : {1u, 2u, 3u, 5u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(networks::copy(net.run(std::get<0>(*input), pool)), expected) << threads << " threads";
  }
}

/// A thread for each part.
struct FreshThreads {
  [[nodiscard]] static std::size_t size() { return 4; }
  template <class F>
  static void for_each(std::size_t count, const F& f) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&f, i] { f(i); });
    for (std::thread& thread : threads) thread.join();
  }
};

TEST(GraphFusion, AnyExecutorWillDo) {
  const Graph graph = build_graph<Blocks>();
  Result<Program> program =
      Program::create<PerChannel>(graph, networks::parameters_for<PerChannel>(graph), {.threads = 4});
  ASSERT_TRUE(program) << program.error();
  std::vector<std::int8_t> input(
      static_cast<std::size_t>(graph.view().tensor(graph.view().inputs[0]).type.shape.elements()));
  Uniform random(3);
  networks::fill(std::span(input), random);
  const std::span<const std::byte> inputs[] = {std::as_bytes(std::span(input))};
  program->run(inputs);
  const std::vector<std::byte> expected(program->output().begin(), program->output().end());
  FreshThreads threads;
  program->run(inputs, threads);
  EXPECT_TRUE(std::ranges::equal(program->output(), expected));
}

TEST(ThreadPoolTest, EveryPartOnce) {
  for (const std::size_t size : {1u, 2u, 5u}) {
    ThreadPool pool(size);
    EXPECT_EQ(pool.size(), size);
    std::vector<int> calls(size);
    for (int repeat = 0; repeat < 1000; ++repeat) {
      for (std::size_t count = 0; count <= size; ++count) pool.for_each(count, [&](std::size_t i) { ++calls[i]; });
    }
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(calls[i], 1000 * static_cast<int>(size - i));
  }
}

}  // namespace
}  // namespace dlpu::graph_fusion_test

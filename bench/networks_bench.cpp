/// Whole networks with invented weights, one inference on one thread. The names are network / scheme / rounding.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dlpu/graph/network.hpp"
#include "dlpu/quantize/quantize.hpp"
#include "dlpu/soc/cpu.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/tiny.hpp"
#include "support/program_instances.hpp"

namespace {

using namespace dlpu;

std::vector<float> random_values(std::size_t count, float bound, std::mt19937& generator) {
  std::uniform_real_distribution<float> uniform(-bound, bound);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(generator);
  return values;
}

/// Filters that keep the magnitude of activations about the same, so that the multipliers are like those of trained
/// networks; quantized for two random samples.
template <class Policy>
Result<Parameters> random_parameters(const Graph& graph) {
  std::mt19937 generator(1);
  Parameters weights(graph.tensors.size());
  const GraphView view = graph.view();
  for (const Node& node : view.nodes) {
    if (!detail::is_weighted(view, node)) continue;
    const auto inputs = view.inputs_of(node);
    const Shape &filter = view.tensor(inputs[1]).type.shape, &bias = view.tensor(inputs[2]).type.shape;
    const bool depthwise = node.op.is<op::DepthwiseConv2d>();
    const auto terms = static_cast<float>(filter.elements() / (depthwise ? filter.channels() : filter[0]));
    for (const auto& [tensor, shape, bound] :
         {std::tuple{inputs[1], filter, std::sqrt(6.0f / terms)}, std::tuple{inputs[2], bias, 0.3f}}) {
      const std::span<float> memory = weights.allocate<float>(static_cast<std::size_t>(shape.elements()));
      std::ranges::copy(random_values(memory.size(), bound, generator), memory.begin());
      weights[tensor].data = std::as_bytes(memory);
    }
  }
  const auto input = static_cast<std::size_t>(view.tensor(view.inputs[0]).type.shape.elements());
  return quantize::quantize_network<Policy>(graph, weights, random_values(2 * input, 1.0f, generator));
}

template <class Model, class Policy>
void run(benchmark::State& state) {
  using Net = Network<Model, soc::Cpu, Policy, Allow<cpu>>;
  const Graph graph = build_graph<Model>();
  const Result<Parameters> parameters = random_parameters<Policy>(graph);
  if (!parameters) return state.SkipWithError(parameters.error().c_str());
  const auto weights = Net::Weights::from_parameters(*parameters);
  if (!weights) return state.SkipWithError(weights.error().c_str());
  const auto packed = std::make_unique<typename Net::Packed>();
  const auto arena = std::make_unique<typename Net::Arena>();
  const auto net = std::make_unique<Net>(*weights, *packed, *arena);
  auto input = std::make_unique<typename Net::template InputTensor<0>>(net->input());
  std::mt19937 generator(2);
  for (auto& value : input->span()) value = static_cast<typename Policy::Storage>(generator() >> 24);
  for (auto _ : state) {
    auto output = net->run(*input);
    benchmark::DoNotOptimize(output);
    benchmark::ClobberMemory();
  }
  state.counters["arena bytes"] = static_cast<double>(Net::arena_bytes);
  state.counters["packed bytes"] = static_cast<double>(Net::packed_bytes);
}

template <class Model>
void add() {
  const std::string name(Model::name);
  const auto named = [&](const char* scheme, auto function) {
    benchmark::RegisterBenchmark((name + scheme).c_str(), function)->Unit(benchmark::kMicrosecond);
  };
  named("/per_channel/reference", run<Model, PerChannel>);
  named("/per_channel/float", run<Model, BasicPerChannel<0, rounding::Float>>);
  named("/per_tensor_uint8/reference", run<Model, BasicPerTensor<rounding::Reference, std::uint8_t>>);
}

}  // namespace

int main(int argc, char** argv) {
  add<zoo::MobileNetV2<>>();
  add<zoo::VwwMobileNetV1>();
  add<zoo::ResNet8>();
  add<zoo::KwsDscnn>();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

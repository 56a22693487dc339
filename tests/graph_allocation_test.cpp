/// run() and load() allocate nothing: every form of operator new counts here.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#include "dlpu/dlpu.hpp"
#include "support/networks.hpp"

namespace {
std::size_t allocations = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
}  // namespace

// Inlined, g++ takes the pairs apart and warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  return counted(bytes == 0 ? 1 : bytes, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes == 0 ? 1 : bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace {

using namespace dlpu;

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 24, 24, 3});
    x = g.conv2d(x, {.filters = 16, .kernel = 3, .stride = 2, .activation = Activation::relu6});
    x = blocks::inverted_residual(g, x, {.filters = 16});
    x = g.concatenation({g.max_pool2d(x, {.kernel = 2}), g.average_pool2d(x, {.kernel = 2})}, {});
    x = g.pad(x, {.before = {0, 1}});
    x = g.conv2d(x, {.filters = 8, .kernel = 5, .dilation = 2});
    return g.softmax(g.dequantize(g.relu(g.fully_connected(g.mean(x), {.units = 10}))));
  }
};

/// Allocations of loading a frame, constructing a network and running it twice.
template <class Soc, class Policy>
std::size_t allocations_of() {
  using Net = Network<Model, Soc, Policy>;
  static typename Net::Arena arena;
  static typename Net::Packed packed;
  static typename Net::template InputTensor<> image;
  const Parameters parameters = networks::parameters_for<Policy>(build_graph<Model>());
  const auto weights = Net::Weights::from_parameters(parameters);
  EXPECT_TRUE(weights) << weights.error();
  const std::vector<std::uint8_t> pixels(24 * 24 * 3, 100);
  const std::size_t before = allocations;
  Net net{*weights, packed, arena};
  if constexpr (Policy::quantized) image.set_parameters(weights->activations[0]);
  const bool loaded = static_cast<bool>(Net::load({.pixels = pixels, .height = 24, .width = 24}, image, {}));
  (void)net.run(image);
  const auto output = net.run(image);
  const std::size_t count = allocations - before;
  EXPECT_TRUE(loaded);
  EXPECT_GT(output.size(), 0u);
  return count;
}

TEST(GraphAllocation, CountingWorks) {
  const std::size_t before = allocations;
  const auto value = std::make_unique<int>(3);
  EXPECT_EQ(allocations, before + 1) << *value;
}
TEST(GraphAllocation, NetworksNeedNoHeap) {
  EXPECT_EQ((allocations_of<soc::Cpu, PerTensor>()), 0u);
  EXPECT_EQ((allocations_of<soc::Cpu, PerChannel>()), 0u);
  EXPECT_EQ((allocations_of<soc::Cv25, PowerOfTwo>()), 0u);
  EXPECT_EQ((allocations_of<soc::Cpu, Unquantized>()), 0u);
}
TEST(GraphAllocation, ProgramsRunWithoutHeap) {
  const Graph graph = build_graph<Model>();
  Result<Program> program = Program::create<PerChannel>(graph, networks::parameters_for<PerChannel>(graph));
  ASSERT_TRUE(program) << program.error();
  const std::vector<std::byte> input(24 * 24 * 3);
  const std::span<const std::byte> inputs[] = {input};
  const std::size_t before = allocations;
  program->run(inputs);
  EXPECT_EQ(allocations, before);
}

}  // namespace

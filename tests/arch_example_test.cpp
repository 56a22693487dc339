/// The example of the documentation, word for word. Names at namespace scope must not meet -Wshadow in the headers.

// clang-format off
#include <dlpu/dlpu.hpp>

struct PersonNet {                                       // a network is a type with one constexpr function, at namespace scope
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 96, 96, 3});                    // NHWC
    x = g.conv2d(x, {.filters = 16, .kernel = 3, .stride = 2, .activation = dlpu::Activation::relu6});
    x = dlpu::blocks::inverted_residual(g, x, {.filters = 24, .expansion = 6, .stride = 2});
    x = dlpu::blocks::inverted_residual(g, x, {.filters = 24, .expansion = 6});
    return g.softmax(g.fully_connected(g.mean(x), {.units = 2}));
  }
};

// A question never fails to compile, whatever the answer is:
static_assert(dlpu::placement<PersonNet, dlpu::soc::Artpec8, dlpu::PerTensor>.cpu_operators == 1);   // Mean: not in ARTPEC-8's documented list

using Net = dlpu::Network<PersonNet, dlpu::soc::Artpec8, dlpu::PerTensor, dlpu::Allow<dlpu::cpu>>;     // CPU execution is written in the type
static_assert(Net::arena_bytes <= 320 * 1024);           // the memory plan is a constant; the expanded tensors dominate

static Net::Arena arena;                                 // right size and alignment: activations and scratch
static Net::Packed packed;                               // weights in the layout of the chosen instruction set

// clang-format on

#include <gtest/gtest.h>

#include "dlpu/io/weights.hpp"
#include "support/networks.hpp"

namespace {

TEST(ArchExample, RunsAsDocumented) {
  using namespace dlpu;
  const Graph graph = build_graph<PersonNet>();
  const Parameters parameters = networks::parameters_for<PerTensor>(graph);
  const std::vector<std::byte> file = io::save_parameters<PerTensor>(graph.view(), parameters);
  AlignedBuffer aligned(file.size());
  std::ranges::copy(file, aligned.data());
  const std::span<const std::byte> bytes = aligned.bytes();
  Net::InputTensor<> image;
  networks::Uniform uniform(1);
  networks::fill(image.span(), uniform);

  // clang-format off
  dlpu::Result<Net::Weights> weights = Net::Weights::from_safetensors(bytes);   // or from a generated header, where nothing can fail
  Net net{*weights, packed, arena};                        // chooses the rung, packs once; run() allocates nothing
  Net::Output scores = net.run(image);                     // Tensor view, valid until the next run()
  float person = scores.dequantize(1);
  // clang-format on

  EXPECT_GT(person, 0.0f);
  EXPECT_NEAR(person + scores.dequantize(0), 1.0f, 1.0f / 128.0f);
  networks::expect_same_as_program<Net>(graph, parameters);
}

}  // namespace

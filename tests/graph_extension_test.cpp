/// What a user adds: a policy, a rounding, a chip, a block. Each is one type or one function, and networks take it.

#include <gtest/gtest.h>

#include <cmath>

#include "dlpu/dlpu.hpp"
#include "support/networks.hpp"

namespace graph_extension_test {
namespace {

using namespace dlpu;
using networks::expect_same_as_program;

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 12, 12, 3});
    x = g.conv2d(x, {.filters = 8, .kernel = 3, .stride = 2, .activation = Activation::relu6});
    x = blocks::inverted_residual(g, x, {.filters = 8});
    return g.softmax(g.fully_connected(g.mean(x), {.units = 4}));
  }
};

/// Symmetric activations: a policy that differs from another in one function.
struct Symmetric : BasicPerTensor<> {
  static constexpr std::string_view name = "symmetric";
  static constexpr Quantization for_range(float low, float high) { return for_filter(-low > high ? -low : high); }
};
static_assert(QuantizationPolicy<Symmetric>);
static_assert(Symmetric::for_range(-2.0f, 1.27f) == Quantization{2.0f / 127.0f, 0});

TEST(GraphExtension, APolicyOfOnesOwn) {
  const Graph graph = build_graph<Model>();
  const Parameters parameters = networks::parameters_for<Symmetric>(graph);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const bool softmax = t == static_cast<std::size_t>(graph.outputs[0]);
    EXPECT_EQ(parameters[static_cast<std::int32_t>(t)].quantization.zero_point, softmax ? -128 : 0) << t;
  }
  expect_same_as_program<Model, Network<Model, soc::Cpu, Symmetric>>();
}

/// Rounding towards minus infinity.
struct Floor {
  using Multiplier = double;
  static constexpr Multiplier multiplier(double real) { return real; }
  static constexpr std::int32_t apply(std::int32_t accumulator, Multiplier multiplier) {
    const double product = accumulator * multiplier;
    const auto whole = static_cast<std::int32_t>(product);
    return whole - (static_cast<double>(whole) > product ? 1 : 0);
  }
};
static_assert(RoundingPolicy<Floor>);
static_assert(Floor::apply(-3, 0.5) == -2 && Floor::apply(3, 0.5) == 1);

struct Scale {
  static constexpr auto build(auto& g) { return g.conv2d(g.input({1, 1, 8, 1}), {.filters = 1, .kernel = 1}); }
};
TEST(GraphExtension, ARoundingOfOnesOwn) {
  expect_same_as_program<Model, Network<Model, soc::Cpu, BasicPerTensor<Floor>>>();
  expect_same_as_program<Model, Network<Model, soc::Cpu, BasicPerChannel<0, Floor>>>();

  using Net = Network<Scale, soc::Cpu, BasicPerTensor<Floor>>;
  constexpr std::array<std::int8_t, 1> filter{1};
  constexpr std::array<std::int32_t, 1> bias{0};
  constexpr std::array scale{0.25f};
  Net::Weights weights{{Net::Weights::Layer<0>{filter, bias, scale}}, {}, {}};
  static Net::Arena arena;
  static Net::Packed packed;
  Net net{weights, packed, arena};
  auto input = net.input();
  for (int i = 0; i < 8; ++i) input(0, 0, i, 0) = static_cast<std::int8_t>(i - 4);
  EXPECT_EQ(networks::copy(net.run(input)), (std::vector<std::int8_t>{-1, -1, -1, -1, 0, 0, 0, 0}));
}

namespace my {
namespace rule {
DLPU_RULE(EightFilters, "MyChip takes convolutions of a multiple of 8 filters; add filters", "MyChip manual, 1.1");
constexpr bool obeys(EightFilters, const op::Conv2d& conv, const OperatorFacts&) {
  return conv.filters % 8 == 0;
}
}  // namespace rule
struct MyChip {
  static constexpr std::string_view name = "MyChip";
  static constexpr std::string_view key = "mychip";
  static constexpr std::string_view larod_device = "";
  static constexpr std::int32_t larod_chip = 0;
  static constexpr std::string_view model_format = ".tflite";
  static constexpr std::string_view model_cache = "";
  static constexpr std::string_view abi = "aarch64";
  using policies = type_list<PerTensor>;
  using Preferred = PerTensor;
  using table = soc::OperatorTable<type_list<>, type_list<soc::Row<op::Conv2d, rule::EightFilters>>, void>;
  using rules = table::rules;
  static constexpr PartitionRule partition{};
  static constexpr InputLayout input_layout{FrameLayout::interleaved, 16};  // rows padded, channels interleaved
  static constexpr soc::Arithmetic arithmetic{};
  static constexpr std::array<soc::Device, 0> devices{};
  static constexpr Check check(const OperatorFacts& facts) { return table::check(facts); }
};
}  // namespace my
static_assert(SocTarget<my::MyChip>);
static_assert(placement<Model, my::MyChip, PerTensor>.verdict == NetworkVerdict::runs);
static_assert(placement<zoo::MobileNetV2<zoo::Options{.classes = 1000}>, my::MyChip, PerTensor>.cpu_operators == 0);

using OnMyChip = Network<Model, my::MyChip, PerTensor>;
static_assert(std::is_same_v<OnMyChip::Input::extents_type, Extents<1, 12, 48>>);  // 36 elements and 12 of padding

TEST(GraphExtension, AChipOfOnesOwn) {
  const Parameters parameters = networks::parameters_for<PerTensor>(build_graph<Model>());
  networks::Owned<Network<Model, soc::Cpu, PerTensor>> cpu(parameters);
  networks::Owned<OnMyChip> mine(parameters);
  std::vector<std::uint8_t> pixels(12 * 12 * 3);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 31 % 256);
  const Frame frame{.pixels = pixels, .height = 12, .width = 12};
  auto cpu_image = cpu->input();
  auto my_image = mine->input();
  ASSERT_TRUE(cpu->load(frame, cpu_image, {-1.0f, 1.0f}));
  ASSERT_TRUE(mine->load(frame, my_image, {-1.0f, 1.0f}));
  EXPECT_EQ(networks::copy(mine->run(my_image)), networks::copy(cpu->run(cpu_image)));
}

/// A block: a fire module (Iandola et al., 2016, https://arxiv.org/abs/1602.07360).
constexpr Value fire(Builder& g, Value x, std::int32_t squeeze, std::int32_t expand) {
  const auto scope = g.numbered_scope("fire");
  x = g.conv2d(x, {.filters = squeeze, .kernel = 1, .activation = Activation::relu}, "squeeze");
  const Value narrow = g.conv2d(x, {.filters = expand, .kernel = 1, .activation = Activation::relu}, "narrow");
  const Value wide = g.conv2d(x, {.filters = expand, .kernel = 3, .activation = Activation::relu}, "wide");
  return g.concatenation({narrow, wide}, {}, "join");
}
struct Squeeze {
  static constexpr auto build(auto& g) {
    auto x = fire(g, g.input({1, 10, 10, 3}), 4, 8);
    return g.mean(fire(g, x, 8, 16));
  }
};
static_assert(reads_as(graph_of<Squeeze>.nodes[6].name, "fire_1.wide"));
static_assert(graph_of<Squeeze>.tensors[static_cast<std::size_t>(graph_of<Squeeze>.outputs[0])].type.shape ==
              Shape{1, 32});

TEST(GraphExtension, ABlockOfOnesOwn) {
  expect_same_as_program<Squeeze, Network<Squeeze, soc::Cpu, PerChannel>>();
  expect_same_as_program<Squeeze, Network<Squeeze, soc::Artpec8, PerTensor, Allow<cpu>>>();
}

}  // namespace
}  // namespace graph_extension_test

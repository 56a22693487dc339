#include <gtest/gtest.h>

#include "dlpu/soc/registry.hpp"
#include "soc_test.hpp"

namespace soc_cpu_test {
namespace {

using namespace dlpu;
using namespace soc_test;
using soc::Cpu;

static_assert(SocTarget<Cpu> && Cpu::rules::size == 0);

constexpr auto everything = [](auto& g) {
  auto x = g.conv2d(g.input({2, 16, 16, 3}),
                    {.filters = 5, .kernel = 6, .stride = 3, .padding = Padding::sides(1, 2, 3, 4)});
  x = g.clamp(g.pad(x, {.before = {1}, .value = 1.0f}), {.low = -3.0f, .high = 0.5f});
  return g.dequantize(g.softmax(g.quantize(g.mean(x))));
};

TEST(SocCpu, RunsEverythingUnderEveryPolicy) {
  static_assert(network<Cpu, Unquantized>(everything).verdict == NetworkVerdict::runs);
  static_assert(network<Cpu, PerTensor>(everything).verdict == NetworkVerdict::runs);
  static_assert(network<Cpu, PerChannel>(everything).verdict == NetworkVerdict::runs);
  static_assert(network<Cpu, PowerOfTwo>(everything).verdict == NetworkVerdict::runs);
  EXPECT_EQ((network<Cpu, PerTensor>(everything).accelerated_operators), 7);
}

TEST(SocTargets, AreFoundByKey) {
  for (const soc::TargetInfo& target : soc::targets) EXPECT_EQ(soc::find_target(target.key), &target);
  EXPECT_EQ(soc::find_target("artpec9")->name, "ARTPEC-9");
  EXPECT_EQ(soc::find_target("artpec8_observed")->name, "ARTPEC-8 (observed)");
  EXPECT_EQ(soc::find_target("artpec10"), nullptr);
}

TEST(SocTargets, SayTheSameAtRunTime) {
  const Graph graph = graph_from([](auto& g) { return g.softmax(g.input({1, 10})); });
  const GraphView view = graph.view();
  const OperatorFacts facts{view, view.nodes[0], policy_facts<PerTensor>, {}};
  EXPECT_EQ(soc::find_target("artpec9")->check(facts), soc::Artpec9::check(facts));
  EXPECT_EQ(soc::find_target("artpec9")->rules.size(), soc::UniqueRules<soc::Artpec9>::size);
  EXPECT_EQ(soc::find_target("artpec8")->policies[0], "per tensor");
  EXPECT_EQ(soc::find_target("artpec8")->devices[0].memory_mebibytes, 2048);
}

/// What applications ask larod for.
TEST(SocTargets, HaveTheirDocumentedNames) {
  const struct {
    std::string_view key, larod_device;
    std::int32_t larod_chip;
    std::string_view abi;
  } documented[] = {{"cpu", "cpu-tflite", 2, "armv7hf or aarch64"},
                    {"artpec7", "google-edge-tpu-tflite", 4, "armv7hf"},
                    {"artpec8", "axis-a8-dlpu-tflite", 12, "aarch64"},
                    {"artpec9", "a9-dlpu-tflite", 0, "aarch64"},
                    {"cv25", "ambarella-cvflow", 6, "aarch64"}};
  ASSERT_EQ(std::size(documented), soc::targets.size());
  for (std::size_t i = 0; i < soc::targets.size(); ++i) {
    EXPECT_EQ(soc::targets[i].key, documented[i].key);
    EXPECT_EQ(soc::targets[i].larod_device, documented[i].larod_device);
    EXPECT_EQ(soc::targets[i].larod_chip, documented[i].larod_chip);
    EXPECT_EQ(soc::targets[i].abi, documented[i].abi);
  }
}

/// 150 operators of a realistic mix: must stay within clang's `-fconstexpr-steps=524288` per constant.
struct Long {
  static constexpr auto build(auto& g) {
    auto x = g.conv2d(g.input({1, 224, 224, 3}), {.filters = 16, .kernel = 3, .stride = 2});
    for (int i = 0; i < 48; ++i) {
      auto y = g.conv2d(x, {.filters = 16, .kernel = 1, .activation = Activation::relu6});
      y = g.depthwise_conv2d(y, {.kernel = 3});
      x = g.add(x, y);
    }
    x = g.max_pool2d(x, {.kernel = 2, .stride = 2});
    x = g.concatenation({x, x}, {});
    return g.softmax(g.fully_connected(g.mean(x), {.units = 10}));
  }
};
static_assert(graph_of<Long>.nodes.size() == 150);
static_assert(placement<Long, soc::Artpec7, PerChannel>.cpu_operators == 0);
static_assert(placement<Long, soc::Artpec8, PerTensor>.cpu_operators == 1);
static_assert(placement<Long, soc::Artpec8, PerChannel>.slow_operators == 98);
static_assert(placement<Long, soc::Artpec9, PerChannel>.cpu_operators == 2);
static_assert(placement<Long, soc::Cv25, PowerOfTwo>.verdict == NetworkVerdict::runs);

}  // namespace
}  // namespace soc_cpu_test

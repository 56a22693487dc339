/// The memory plan against brute force: what lives at the same time must not share bytes, and little is wasted.

#include "dlpu/graph/memory_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dlpu/zoo/mobilenet_v1.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/tiny.hpp"
#include "support/networks.hpp"

namespace graph_memory_plan_test {
namespace {

using namespace dlpu;

struct Plan {
  std::vector<std::size_t> bytes, offsets;
  std::size_t total = 0;
};

/// Every operator by itself.
std::vector<Step> steps_of(const GraphView& graph) {
  std::vector<Step> steps(graph.nodes.size());
  EXPECT_EQ(plan_steps(graph, ElementType::int8, no_fusion, steps), steps.size());
  return steps;
}

template <class Model>
inline constexpr auto unfused = static_schedule<graph_of<Model>.nodes.size()>(graph_of<Model>.view(),
                                                                              ElementType::int8, no_fusion);

Plan plan_of(const GraphView& graph, ElementType storage) {
  const std::size_t count = graph.tensors.size();
  Plan plan{std::vector<std::size_t>(count), std::vector<std::size_t>(count)};
  for (std::size_t t = 0; t < count; ++t) plan.bytes[t] = bytes_of(graph.tensors[t].type, storage);
  std::vector<dlpu::detail::Lifetime> lifetimes(count);
  std::vector<std::int32_t> order(count);
  plan.total = plan_memory(graph, steps_of(graph), plan.bytes, plan.offsets, lifetimes, order);
  return plan;
}

/// Runs the plan with one mark per byte: every operator finds the marks of its inputs and leaves its own. A reshaped
/// tensor carries its source's mark.
void expect_valid(const GraphView& graph, const Plan& plan) {
  constexpr std::int32_t nothing = -1;
  std::vector<std::int32_t> memory(plan.total, nothing);
  std::vector<std::int32_t> mark(graph.tensors.size());
  const auto holds = [&](std::int32_t tensor) {
    const auto t = static_cast<std::size_t>(tensor);
    if (graph.tensor(tensor).producer < 0) {
      EXPECT_EQ(plan.offsets[t], not_planned);
      return true;
    }
    return std::all_of(memory.begin() + static_cast<std::ptrdiff_t>(plan.offsets[t]),
                       memory.begin() + static_cast<std::ptrdiff_t>(plan.offsets[t] + plan.bytes[t]),
                       [&](std::int32_t m) { return m == mark[t]; });
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    for (const std::int32_t input : graph.inputs_of(node)) {
      ASSERT_TRUE(holds(input)) << "operator " << i << " finds tensor " << input << " overwritten";
    }
    for (const std::int32_t output : graph.outputs_of(node)) {
      const auto t = static_cast<std::size_t>(output);
      ASSERT_NE(plan.offsets[t], not_planned);
      ASSERT_EQ(plan.offsets[t] % alignment, 0u);
      ASSERT_LE(plan.offsets[t] + plan.bytes[t], plan.total);
      const std::int32_t source = storage_of(graph, output);
      if (source != output) {  // a reshape: nothing moves
        ASSERT_EQ(plan.offsets[t], plan.offsets[static_cast<std::size_t>(source)]);
        mark[t] = mark[static_cast<std::size_t>(source)];
        ASSERT_TRUE(holds(output));
        continue;
      }
      mark[t] = output;
      const auto begin = memory.begin() + static_cast<std::ptrdiff_t>(plan.offsets[t]);
      std::fill(begin, begin + static_cast<std::ptrdiff_t>(plan.bytes[t]), output);
    }
    for (const std::int32_t input : graph.inputs_of(node)) {
      ASSERT_TRUE(holds(input)) << "operator " << i << " writes over its own input " << input;
    }
  }
  for (const std::int32_t output : graph.outputs) ASSERT_TRUE(holds(output)) << "output " << output;
}

/// What lives during the hungriest operator: no plan can do with less.
std::size_t lower_bound(const GraphView& graph, const Plan& plan) {
  std::vector<dlpu::detail::Lifetime> lifetimes(graph.tensors.size());
  dlpu::detail::find_lifetimes(graph, steps_of(graph), lifetimes);
  std::size_t most = 0;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(graph.nodes.size()); ++i) {
    std::size_t sum = 0;
    for (std::size_t t = 0; t < lifetimes.size(); ++t) {
      if (lifetimes[t].first <= i && i <= lifetimes[t].last) sum += align_up(plan.bytes[t]);
    }
    most = std::max(most, sum);
  }
  return most;
}

/// A graph of random operators over random earlier tensors, reshapes of inputs and outputs among them.
Graph random_graph(std::uint32_t seed) {
  networks::Uniform random(seed);
  Builder g;
  std::vector<Value> values;
  const std::int32_t inputs = 1 + random.below(2);
  for (std::int32_t i = 0; i < inputs; ++i) {
    values.push_back(g.input({1, 1 + random.below(6), 1 + random.below(6), 1 + random.below(40)}));
  }
  const auto any = [&] {
    const auto count = static_cast<std::int32_t>(values.size());
    const std::int32_t recent = random.below(std::min(count, 4));  // long lives are rare, not absent
    return values[static_cast<std::size_t>(random.below(3) ? count - 1 - recent : random.below(count))];
  };
  const std::int32_t count = 1 + random.below(30);
  for (std::int32_t i = 0; i < count; ++i) {
    const Value x = any();
    const Shape shape = g.shape(x);
    switch (random.below(7)) {
      case 0:
      case 1:
        values.push_back(
            g.reshape(x, {shape.rank == 4 ? Shape{1, shape[3], shape[1], shape[2]} : Shape{1, -1, 1, 1}}));
        break;
      case 2:
        values.push_back(g.add(x, x));
        break;
      case 3:
        values.push_back(g.concatenation({x, x, x}, {}));
        break;
      case 4:
        values.push_back(g.fully_connected(x, {.units = 1 + random.below(300)}));
        break;
      case 5:
        values.push_back(g.relu(x));
        break;
      default:
        if (shape.rank == 4) values.push_back(g.conv2d(x, {.filters = 1 + random.below(32), .kernel = 3}));
        break;
    }
    if (g.shape(values.back()).elements() > 100000) values.pop_back();
  }
  std::vector<Value> outputs{g.relu(values.back())};
  for (std::int32_t i = random.below(3); i > 0; --i) {
    const Value x = any();
    outputs.push_back(g.reshape(x, {{-1}}));  // of an input, too
  }
  return std::move(g).finish(outputs);
}

TEST(GraphMemoryPlan, NothingThatLivesIsOverwritten) {
  std::size_t total = 0, bound = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = random_graph(seed);
    ASSERT_EQ(graph.problem, nullptr) << graph.problem->sentence;
    const Plan plan = plan_of(graph.view(), seed % 2 ? ElementType::int8 : ElementType::float32);
    expect_valid(graph.view(), plan);
    ASSERT_GE(plan.total, lower_bound(graph.view(), plan));
    total += plan.total;
    bound += lower_bound(graph.view(), plan);
    if (HasFatalFailure()) return;
  }
  EXPECT_LE(static_cast<double>(total), 1.1 * static_cast<double>(bound));  // greedy by size stays close
}

template <class Model>
void expect_valid_plan() {
  SCOPED_TRACE(std::string(Model::name));
  for (const ElementType storage : {ElementType::int8, ElementType::float32}) {
    const GraphView graph = graph_of<Model>.view();
    const Plan plan = plan_of(graph, storage);
    expect_valid(graph, plan);
    EXPECT_EQ(plan.total, lower_bound(graph, plan));  // these networks fit perfectly
    const auto constant = static_memory_plan<graph_of<Model>.tensors.size()>(graph, unfused<Model>.steps(), storage);
    EXPECT_EQ(constant.total, plan.total);
    EXPECT_TRUE(std::ranges::equal(constant.offsets, plan.offsets));
  }
}

TEST(GraphMemoryPlan, PlansTheZooWithoutWaste) {
  expect_valid_plan<zoo::KwsDscnn>();
  expect_valid_plan<zoo::ResNet8>();
  expect_valid_plan<zoo::VwwMobileNetV1>();
  expect_valid_plan<zoo::MobileNetV1<>>();
  expect_valid_plan<zoo::MobileNetV2<>>();
  expect_valid_plan<zoo::MobileNetV2<zoo::Options{.width_percent = 140, .input = 192}>>();
}

// No more than TensorFlow Lite Micro's planner needs for the same networks in int8.
template <class Model>
constexpr std::size_t activation_bytes = static_memory_plan<graph_of<Model>.tensors.size()>(graph_of<Model>.view(),
                                                                                            unfused<Model>.steps(),
                                                                                            ElementType::int8)
                                             .total;
static_assert(activation_bytes<zoo::KwsDscnn> <= 16'000);
static_assert(activation_bytes<zoo::VwwMobileNetV1> <= 73'728);
static_assert(activation_bytes<zoo::ResNet8> <= 49'152);
static_assert(activation_bytes<zoo::MobileNetV2<>> <= 1'505'280);

/// A reshape in each position where something special holds.
struct Reshapes {
  static constexpr auto build(auto& g) {
    const auto x = g.input({1, 4, 4, 8});
    const auto of_input = g.reshape(x, {{16, 8}});      // the input's bytes belong to the caller: copied
    const auto again = g.reshape(of_input, {{8, 16}});  // shares with the copy
    const auto y = g.relu(x);
    const auto of_activation = g.reshape(y, {{1, -1}});  // shares with the relu
    const auto z = g.relu(of_activation);
    return std::array{again, of_activation, g.reshape(z, {{128}})};
  }
};
constexpr auto reshapes = static_memory_plan<graph_of<Reshapes>.tensors.size()>(
    graph_of<Reshapes>.view(), unfused<Reshapes>.steps(), ElementType::int8);
static_assert(graph_of<Reshapes>.problem == nullptr);
static_assert(reshapes.offsets[0] == not_planned);
static_assert(reshapes.offsets[1] != not_planned && reshapes.offsets[1] == reshapes.offsets[2]);
static_assert(reshapes.offsets[3] == reshapes.offsets[4] && reshapes.offsets[3] != reshapes.offsets[1]);
static_assert(reshapes.offsets[5] == reshapes.offsets[6] && reshapes.offsets[5] != reshapes.offsets[3]);
static_assert(reshapes.total == 3 * 128);

TEST(GraphMemoryPlan, ReshapesShareTheirSourcesBytes) {
  expect_valid(graph_of<Reshapes>.view(), plan_of(graph_of<Reshapes>.view(), ElementType::int8));
}

/// An output lives to the end, whoever reads it before.
TEST(GraphMemoryPlan, OutputsLiveToTheEnd) {
  Builder g;
  const Value x = g.relu(g.input({1, 64}));
  Value y = x;
  for (int i = 0; i < 4; ++i) y = g.relu(y);
  const std::array outputs{x, y};
  const Graph graph = std::move(g).finish(outputs);
  const Plan plan = plan_of(graph.view(), ElementType::int8);
  expect_valid(graph.view(), plan);
  EXPECT_EQ(plan.total, 3u * 64u);
}

}  // namespace
}  // namespace graph_memory_plan_test

/// The builder: names and scopes, broken rules and their places, and the same graph at compile time and at run time.

#include "dlpu/graph/graph_of.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dlpu/graph/blocks.hpp"
#include "dlpu/zoo/mobilenet_v1.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/tiny.hpp"

namespace graph_builder_test {
namespace {

using namespace dlpu;

/// The graph that `build` composes.
template <class Build>
constexpr Graph graph_from(Build build) {
  Builder builder;
  const auto outputs = build(builder);
  return dlpu::detail::finish(builder, outputs);
}

std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(to_string(node.name));
  return names;
}

TEST(GraphBuilder, NumbersOperatorsByKindWithinTheirScope) {
  const Graph graph = graph_from([](Builder& g) {
    Value x = g.input({1, 8, 8, 3});
    x = g.conv2d(x, {.filters = 4, .kernel = 1});
    x = g.conv2d(x, {.filters = 4, .kernel = 1}, "stem");
    x = g.relu(x);
    x = g.conv2d(x, {.filters = 4, .kernel = 1});  // the second without a name of its own
    for (int i = 0; i < 2; ++i) {
      const auto block = g.numbered_scope("block");
      x = g.depthwise_conv2d(x, {.kernel = 3});
      const auto inner = g.scope("inner");
      x = g.depthwise_conv2d(x, {.kernel = 3});
    }
    const auto tail = g.scope("tail", 7);
    return g.softmax(x, {}, "scores");
  });
  EXPECT_EQ(names_of(graph),
            (std::vector<std::string>{"conv2d_0", "stem", "relu_0", "conv2d_1", "block_0.depthwise_conv2d_0",
                                      "block_0.inner.depthwise_conv2d_0", "block_1.depthwise_conv2d_0",
                                      "block_1.inner.depthwise_conv2d_0", "tail_7.scores"}));
  EXPECT_EQ(to_string(graph.tensors[static_cast<std::size_t>(graph.inputs[0])].name), "input");
}

TEST(GraphBuilder, BlocksNameTheirOperators) {
  const Graph graph = graph_from([](Builder& g) {
    Value x = g.input({1, 8, 8, 8});
    x = blocks::inverted_residual(g, x, {.filters = 8});
    x = blocks::inverted_residual(g, x, {.filters = 8, .expansion = 1, .stride = 2});
    x = blocks::basic_residual(g, x, {.filters = 16, .stride = 2});
    return blocks::separable(g, x, {.filters = 8});
  });
  EXPECT_EQ(names_of(graph),
            (std::vector<std::string>{"block_0.expand", "block_0.depthwise", "block_0.project", "block_0.add",
                                      "block_1.depthwise", "block_1.project", "block_2.conv_1", "block_2.conv_2",
                                      "block_2.shortcut", "block_2.add", "block_3.depthwise", "block_3.pointwise"}));
}

constexpr Name name_of_two_parts = [] {
  Name name;
  name.push({"block", 12});
  name.push({"expand"});
  return name;
}();
static_assert(reads_as(name_of_two_parts, "block_12.expand"));
static_assert(!reads_as(name_of_two_parts, "block_12.expand2"));
static_assert(!reads_as(name_of_two_parts, "block_12.expan"));
static_assert(!reads_as(name_of_two_parts, "block_1.expand"));
static_assert(!reads_as(name_of_two_parts, "block_120.expand"));
static_assert(!reads_as(name_of_two_parts, "block_12"));
static_assert(!reads_as(name_of_two_parts, ""));
static_assert(reads_as(Name{}, ""));

TEST(GraphName, ReadsAsItIsWritten) {
  for (const std::int32_t index : {-1, 0, 9, 10, 99, 100, 2147483647}) {
    Name name;
    name.push({"a"});
    name.push({"b", index});
    EXPECT_TRUE(reads_as(name, to_string(name))) << to_string(name);
  }
}

// The first broken rule is kept, with its place; nothing is made after it.
constexpr auto broken_twice = [](auto& g) {
  Value x = g.input({1, 8, 8, 3});
  x = g.conv2d(x, {.filters = 4, .kernel = 3});
  x = g.conv2d(x, {.kernel = 3});  // the first mistake, operator 1
  x = g.depthwise_conv2d(x, {});   // the second
  return g.softmax(g.fully_connected(g.mean(x), {.units = 2}));
};
// At run time, because g++ takes the address of a rule for no constant under -fsanitize=undefined (GCC bug 71962).
TEST(GraphBuilder, StopsAtTheFirstBrokenRule) {
  const Graph graph = graph_from(broken_twice);
  EXPECT_EQ(graph.problem, &op::Conv2d::NeedsFilters::rule);
  EXPECT_EQ(graph.problem_node, 1);
  EXPECT_EQ(graph.nodes.size(), 2u);
  EXPECT_TRUE(graph.outputs.empty());
}

struct Case {
  const Rule& rule;
  Graph graph;
  std::int32_t node;
};

TEST(GraphBuilder, RecordsEachRuleAtItsPlace) {
  const Case cases[] = {
      {graph_rule::NeedsInput::rule, graph_from([](auto& g) { return g.relu(Value{}); }), -1},
      {graph_rule::InputShape::rule, graph_from([](auto& g) { return g.relu(g.input({})); }), -1},
      {graph_rule::InputShape::rule, graph_from([](auto& g) {
         return g.relu(g.input({1, 0, 3}));
       }),
       -1},
      {graph_rule::InputShape::rule, graph_from([](auto& g) {
         return g.relu(g.input({1, -1, 3}));
       }),
       -1},
      {graph_rule::BatchNormAfterConvolution::rule, graph_from([](auto& g) {
         return g.batch_norm(g.relu(g.input({1, 3})));
       }),
       0},
      {graph_rule::BatchNormAfterConvolution::rule, graph_from([](auto& g) {
         return g.batch_norm(g.input({1, 3}));
       }),
       -1},
      {graph_rule::BatchNormAfterConvolution::rule, graph_from([](auto& g) {
         const Value x = g.input({1, 3});
         return g.batch_norm(g.concatenation({x, x, x}, {}));  // three inputs, as a convolution has
       }),
       0},
      {graph_rule::NeedsOutput::rule, graph_from([](auto& g) {
         (void)g.relu(g.input({1, 3}));
         return Value{};
       }),
       -1},
      {graph_rule::OutputIsInput::rule, graph_from([](auto& g) {
         const Value x = g.input({1, 3});
         return std::array{g.relu(x), x};
       }),
       -1},
      {graph_rule::InputCount::rule, graph_from([](auto& g) {
         const Value x = g.input({1, 3});
         return g.concatenation({x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}, {});
       }),
       -1},
      {graph_rule::WeightedElement::rule, graph_from([](auto& g) {
         return g.fully_connected(g.dequantize(g.input({1, 3})), {.units = 2});
       }),
       1},
      {graph_rule::UniqueName::rule, graph_from([](auto& g) {
         return g.relu(g.relu(g.input({1, 2}), "a"), "a");
       }),
       1},
      {graph_rule::UniqueName::rule, graph_from([](auto& g) {
         return g.relu(g.relu(g.input({1, 2}), "relu_0"));  // the name that the second would get by itself
       }),
       1},
      {graph_rule::UniqueName::rule, graph_from([](auto& g) {
         return g.add(g.input({1, 2}, "a"), g.input({1, 2}, "a"));
       }),
       -1},
      {graph_rule::UniqueName::rule, graph_from([](auto& g) {
         const Value x = g.input({1, 2}), a = g.constant({1, 2}, "a"), b = g.constant({1, 2}, "a");
         return g.add(g.add(x, a), b);
       }),
       -1},
      {graph_rule::ScopeDepth::rule, graph_from([](auto& g) {
         const Value x = g.input({1, 3});
         const auto a = g.scope("a"), b = g.scope("b"), c = g.scope("c"), d = g.scope("d"), e = g.scope("e");
         return g.relu(x);
       }),
       -1},
      {op::Conv2d::NeedsKernel::rule, graph_from([](auto& g) {
         return g.conv2d(g.input({1, 8, 8, 3}), {.filters = 4});
       }),
       0},
      {op::Conv2d::KernelFits::rule, graph_from([](auto& g) {
         return g.conv2d(g.relu(g.input({1, 8, 8, 3})), {.filters = 4, .kernel = 9, .padding = Padding::valid});
       }),
       1},
      {op::Add::ShapesMatch::rule, graph_from([](auto& g) {
         return g.add(g.input({1, 8}, "a"), g.input({1, 7}, "b"));
       }),
       0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.rule.id));
    EXPECT_EQ(c.graph.problem, &c.rule) << (c.graph.problem ? c.graph.problem->id : "no problem");
    EXPECT_EQ(c.graph.problem_node, c.node);
    EXPECT_TRUE(c.graph.outputs.size() < 2);
  }
}

TEST(GraphBuilder, FourScopesNest) {
  const Graph graph = graph_from([](auto& g) {
    const Value x = g.input({1, 3});
    const auto a = g.scope("a"), b = g.scope("b"), c = g.scope("c"), d = g.scope("d");
    return g.relu(x);
  });
  EXPECT_EQ(graph.problem, nullptr);
  EXPECT_EQ(names_of(graph), std::vector<std::string>{"a.b.c.d.relu_0"});
}

TEST(GraphBuilder, BatchNormBelongsToTheConvolutionBeforeIt) {
  const Graph graph = graph_from([](auto& g) {
    Value x = g.input({1, 8, 8, 3});
    x = g.batch_norm(g.conv2d(x, {.filters = 4, .kernel = 3}), 1e-5f);
    x = g.conv2d(x, {.filters = 4, .kernel = 3});
    x = blocks::depthwise(g, x, {.kernel = 3}, "depthwise");
    return g.batch_norm(g.fully_connected(x, {.units = 2}));
  });
  ASSERT_EQ(graph.problem, nullptr);
  EXPECT_EQ(graph.nodes[0].batch_norm_epsilon, 1e-5f);
  EXPECT_LT(graph.nodes[1].batch_norm_epsilon, 0.0f);
  EXPECT_EQ(graph.nodes[2].batch_norm_epsilon, blocks::keras_epsilon);
  EXPECT_EQ(graph.nodes[3].batch_norm_epsilon, 1e-3f);
}

TEST(GraphBuilder, ConnectsWeightsAndOutputsInOrder) {
  const Graph graph = graph_from([](auto& g) {
    const Value a = g.input({1, 8, 8, 3}, "image"), b = g.input({1, 4}, "state");
    const Value x = g.mean(g.depthwise_conv2d(a, {.multiplier = 2, .kernel = {3, 5}}));
    const Value y = g.fully_connected(b, {.units = 6});
    return std::array{g.add(x, y), y};
  });
  ASSERT_EQ(graph.problem, nullptr);
  const GraphView view = graph.view();
  ASSERT_EQ(view.inputs.size(), 2u);
  EXPECT_EQ(to_string(view.tensor(view.inputs[0]).name), "image");
  EXPECT_EQ(to_string(view.tensor(view.inputs[1]).name), "state");
  ASSERT_EQ(view.outputs.size(), 2u);
  EXPECT_EQ(view.tensor(view.outputs[0]).producer, 3);
  EXPECT_EQ(view.tensor(view.outputs[1]).producer, 2);
  const Node& depthwise = view.nodes[0];
  ASSERT_EQ(view.inputs_of(depthwise).size(), 3u);
  EXPECT_EQ(view.inputs_of(depthwise)[0], view.inputs[0]);
  EXPECT_EQ(view.tensor(view.inputs_of(depthwise)[1]).role, TensorRole::filter);
  EXPECT_EQ(view.input_type(depthwise, 1).shape, (Shape{1, 3, 5, 6}));
  EXPECT_EQ(view.tensor(view.inputs_of(depthwise)[2]).role, TensorRole::bias);
  EXPECT_EQ(view.input_type(depthwise, 2), (TensorType{{6}, ElementType::int32}));
}

void expect_same_names(const Name& a, const Name& b) {
  EXPECT_EQ(to_string(a), to_string(b));
}

/// The constant and the graph built now have the same operators, tensors and connections.
template <class Model>
void expect_same_at_run_time() {
  SCOPED_TRACE(std::string(Model::name));
  const GraphView constant = graph_of<Model>.view();
  const Graph graph = build_graph<Model>();
  EXPECT_EQ(constant.problem, nullptr);
  EXPECT_EQ(graph.problem, nullptr);
  ASSERT_EQ(graph.nodes.size(), constant.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node &a = graph.nodes[i], &b = constant.nodes[i];
    EXPECT_EQ(a.op, b.op);
    expect_same_names(a.name, b.name);
    EXPECT_TRUE(reads_as(a.name, to_string(b.name)));
    EXPECT_EQ(a.inputs.first, b.inputs.first);
    EXPECT_EQ(a.inputs.count, b.inputs.count);
    EXPECT_EQ(a.outputs.first, b.outputs.first);
    EXPECT_EQ(a.outputs.count, b.outputs.count);
    EXPECT_EQ(a.batch_norm_epsilon, b.batch_norm_epsilon);
  }
  ASSERT_EQ(graph.tensors.size(), constant.tensors.size());
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    expect_same_names(graph.tensors[t].name, constant.tensors[t].name);
    EXPECT_EQ(graph.tensors[t].type, constant.tensors[t].type);
    EXPECT_EQ(graph.tensors[t].role, constant.tensors[t].role);
    EXPECT_EQ(graph.tensors[t].producer, constant.tensors[t].producer);
  }
  EXPECT_EQ(graph.edges, std::vector<std::int32_t>(constant.edges.begin(), constant.edges.end()));
  EXPECT_EQ(graph.inputs, std::vector<std::int32_t>(constant.inputs.begin(), constant.inputs.end()));
  EXPECT_EQ(graph.outputs, std::vector<std::int32_t>(constant.outputs.begin(), constant.outputs.end()));
}

TEST(GraphBuilder, BuildsTheSameGraphInTheCompilerAndAtRunTime) {
  expect_same_at_run_time<zoo::MobileNetV1<>>();
  expect_same_at_run_time<zoo::MobileNetV2<>>();
  expect_same_at_run_time<zoo::MobileNetV2<zoo::Options{.width_percent = 35, .input = 96, .classes = 2}>>();
  expect_same_at_run_time<zoo::KwsDscnn>();
  expect_same_at_run_time<zoo::ResNet8>();
  expect_same_at_run_time<zoo::VwwMobileNetV1>();
}

}  // namespace
}  // namespace graph_builder_test

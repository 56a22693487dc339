/// The operators of single elements, pairs, comparisons, reductions and matrices in a graph: `Program` computes every
/// golden case as LiteRT does.

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "dlpu/graph/network.hpp"
#include "dlpu/graph/program.hpp"
#include "dlpu/soc/cpu.hpp"
#include "support/expect_values.hpp"
#include "support/golden.hpp"
#include "support/networks.hpp"
#include "support/program_instances.hpp"

namespace dlpu::graph_functions_test {
namespace {

/// A graph of one operator whose tensors have the types and scales of a golden case.
struct CaseGraph {
  Graph graph;
  Parameters parameters;
};

template <class Op>
CaseGraph graph_of_case(const golden::Case& c, const Op& op) {
  CaseGraph made;
  Node node;
  node.op = op;
  std::vector<TensorType> types;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < c.inputs(); ++i) keys.push_back("input_" + std::to_string(i));
  keys.push_back("output_0");
  for (const std::string& key : keys) types.push_back({c.shape(key), c.type(key)});
  const auto inputs = static_cast<std::int32_t>(c.inputs());
  const Inferred inferred = op.infer(TensorTypes(types).first(c.inputs()));
  EXPECT_EQ(inferred.problem, nullptr);
  EXPECT_EQ(inferred.outputs[0], types.back());
  made.parameters = Parameters(types.size());
  for (std::size_t t = 0; t < types.size(); ++t) {
    const bool is_output = t + 1 == types.size();
    made.graph.tensors.push_back(
        {{}, types[t], is_output ? TensorRole::activation : TensorRole::input, is_output ? 0 : -1});
    made.graph.edges.push_back(static_cast<std::int32_t>(t));
    (is_output ? made.graph.outputs : made.graph.inputs).push_back(static_cast<std::int32_t>(t));
    if (c.quantized(keys[t])) {
      made.parameters[static_cast<std::int32_t>(t)].quantization = c.quantization(keys[t]);
    }
  }
  node.inputs = {0, inputs};
  node.outputs = {inputs, 1};
  made.graph.nodes.push_back(node);
  return made;
}

std::span<const std::byte> bytes_of_key(const golden::Case& c, const std::string& key) {
  switch (c.type(key)) {
    case ElementType::int8:
      return std::as_bytes(c.values<std::int8_t>(key));
    case ElementType::uint8:
      return std::as_bytes(c.values<std::uint8_t>(key));
    case ElementType::int32:
      return std::as_bytes(c.values<std::int32_t>(key));
    case ElementType::int64:
      return std::as_bytes(c.values<std::int64_t>(key));
    case ElementType::boolean:
      return std::as_bytes(c.values<bool>(key));
    default:
      return std::as_bytes(c.values<float>(key));
  }
}

template <class Op>
void expect_case(const golden::Case& c, const Op& op) {
  SCOPED_TRACE(c.name() + " " + std::string(Op::name));
  CaseGraph made = graph_of_case(c, op);
  Result<Program> program = Program::create<PerTensor>(std::move(made.graph), std::move(made.parameters));
  ASSERT_TRUE(program) << program.error();
  std::vector<std::span<const std::byte>> inputs;
  for (std::size_t i = 0; i < c.inputs(); ++i) inputs.push_back(bytes_of_key(c, "input_" + std::to_string(i)));
  program->run(inputs);
  const std::span<const std::byte> result = program->output();
  if (c.type("output_0") == ElementType::float32) {
    std::vector<float> values(result.size() / sizeof(float));
    std::memcpy(values.data(), result.data(), result.size());
    golden::expect_values(c.values<float>("output_0"), values, 1e-5f, 1.0f);
  } else {
    const auto expected = bytes_of_key(c, "output_0");
    ASSERT_EQ(result.size(), expected.size());
    EXPECT_EQ(std::memcmp(result.data(), expected.data(), expected.size()), 0);
  }
}

/// Calls `check` with the operator that has this number in a list.
template <class... Ops, class Check>
void with_operator(type_list<Ops...>, std::int32_t number, Check check) {
  std::int32_t i = 0;
  (void)((i++ == number ? (check(Ops{}), true) : false) || ...);
  EXPECT_GE(number, 0);
  EXPECT_LT(number, static_cast<std::int32_t>(sizeof...(Ops)));
}

TEST(GraphFunctions, ScalarFunctions) {
  using Ops = type_list<op::Abs, op::Elu, op::Exp, op::HardSwish, op::LeakyRelu, op::Log, op::Logistic, op::Neg,
                        op::Rsqrt, op::Sqrt, op::Square, op::Tanh>;
  for (const golden::Case& c : golden::cases("scalar_functions")) {
    with_operator(Ops{}, c.option(0), [&](auto op) {
      if constexpr (std::is_same_v<decltype(op), op::LeakyRelu>) op.alpha = c.option_float(0);
      expect_case(c, op);
    });
  }
}

TEST(GraphFunctions, PairFunctions) {
  for (const golden::Case& c : golden::cases("pair_functions")) {
    with_operator(type_list<op::Sub, op::Mul, op::Div, op::Minimum, op::Maximum>{}, c.option(0), [&](auto op) {
      if constexpr (requires { op.activation; }) op.activation = static_cast<Activation>(c.option(1));
      expect_case(c, op);
    });
  }
  for (const golden::Case& c : golden::cases("prelu")) expect_case(c, op::PRelu{});
}

TEST(GraphFunctions, Comparisons) {
  using Ops = type_list<op::Equal, op::NotEqual, op::Less, op::LessEqual, op::Greater, op::GreaterEqual>;
  for (const golden::Case& c : golden::cases("comparison")) {
    with_operator(Ops{}, c.option(0), [&](auto op) { expect_case(c, op); });
  }
  for (const golden::Case& c : golden::cases("logical")) {
    with_operator(type_list<op::LogicalAnd, op::LogicalOr, op::LogicalNot>{}, c.option(0),
                  [&](auto op) { expect_case(c, op); });
  }
}

TEST(GraphFunctions, Reductions) {
  for (const golden::Case& c : golden::cases("reduce")) {
    with_operator(type_list<op::Sum, op::ReduceMax, op::ReduceMin>{}, c.option(0), [&](auto op) {
      op.axes = {};
      for (const std::int32_t axis : c.options().subspan(2)) op.axes.push_back(axis);
      op.keep_dimensions = c.option(1);
      expect_case(c, op);
    });
  }
  for (const golden::Case& c : golden::cases("arg_min_max")) {
    with_operator(type_list<op::ArgMax, op::ArgMin>{}, c.option(0), [&](auto op) {
      op.axis = c.option(1);
      op.element = c.type("output_0");
      expect_case(c, op);
    });
  }
}

TEST(GraphFunctions, VectorsMatricesAndCasts) {
  for (const golden::Case& c : golden::cases("l2_normalization")) expect_case(c, op::L2Normalization{});
  for (const golden::Case& c : golden::cases("batch_matmul")) {
    expect_case(c, op::BatchMatMul{c.option(0), c.option(1)});
  }
  for (const golden::Case& c : golden::cases("cast")) {
    if (c.type("output_0") != ElementType::float32)
      expect_case(c, op::Cast{c.type("output_0")});
    else
      expect_case(c, op::Cast{});
  }
}

/// What gates and post-processing are made of, with indices and booleans as outputs.
struct Gated {
  static constexpr auto build(auto& g) {
    const auto x = g.input({1, 6, 5, 4});
    auto y = g.mul(x, g.logistic(x));
    y = g.maximum(g.leaky_relu(g.hard_swish(y), {0.1f}), g.tanh(x));
    const auto peak = g.reduce_max(g.sub(y, x), {.axes = {2}});
    const auto unit = g.l2_normalization(peak);
    const auto product = g.batch_matmul(unit, unit, {.transpose_second = 1});
    const auto mask = g.template compare<Relation::greater>(
        product, g.minimum(product, g.mean(product, {.axes = {2}, .keep_dimensions = 1})));
    return std::array{product, g.arg_max(peak), g.cast(g.logical_not(mask), {ElementType::float32})};
  }
};

TEST(GraphFunctions, NetworkEqualsProgram) {
  networks::expect_same_as_program<Gated, Network<Gated, soc::Cpu, PerTensor>>();
  networks::expect_same_as_program<Gated, Network<Gated, soc::Cpu, Unquantized>>();
}

TEST(GraphFunctions, CalibrationGivesTheScalesThatOperatorsFix) {
  const Graph graph = build_graph<Gated>();
  const Parameters parameters = networks::parameters_for<PerTensor>(graph);
  for (const Node& node : graph.nodes) {
    const Quantization output = parameters[graph.view().outputs_of(node)[0]].quantization;
    if (node.op.is<op::Logistic>()) {
      EXPECT_EQ(output, (Quantization{1.0f / 256.0f, -128}));
    } else if (node.op.is<op::Tanh>() || node.op.is<op::L2Normalization>()) {
      EXPECT_EQ(output, (Quantization{1.0f / 128.0f, 0}));
    }
  }
}

/// Booleans and indices leave a network of real numbers too.
TEST(GraphFunctions, RealNumbersMakeBooleansAndIndices) {
  Builder g;
  const Value x = g.input({1, 4}), y = g.input({1, 4});
  const Value less = g.logical_not(g.compare<Relation::less>(x, y));
  const std::array outputs{g.arg_max(g.sub(x, y)), less};
  Result<Program> program = Program::create<Unquantized>(std::move(g).finish(outputs), Parameters(6));
  ASSERT_TRUE(program) << program.error();
  const std::array first{1.0f, 5.0f, 3.0f, 0.0f}, second{2.0f, 1.0f, 3.0f, -9.0f};
  const std::array<std::span<const std::byte>, 2> inputs{std::as_bytes(std::span(first)),
                                                         std::as_bytes(std::span(second))};
  program->run(inputs);
  EXPECT_EQ(reinterpret_cast<const std::int32_t*>(program->output(0).data())[0], 3);
  const std::span<const std::byte> not_less = program->output(1);
  EXPECT_EQ(std::vector<std::byte>(not_less.begin(), not_less.end()),
            (std::vector<std::byte>{std::byte{0}, std::byte{1}, std::byte{1}, std::byte{1}}));
}

TEST(GraphFunctions, AnElementTypeWithoutKernelIsAnError) {
  Builder g;
  const Value x = g.input({4});
  const Value y = g.mul(x, x);
  Graph graph = std::move(g).finish({&y, 1});
  for (TensorInfo& tensor : graph.tensors) tensor.type.element = ElementType::boolean;
  const Result<Program> program = Program::create<PerTensor>(std::move(graph), Parameters(2));
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().find("MUL"), std::string::npos) << program.error();
}

}  // namespace
}  // namespace dlpu::graph_functions_test

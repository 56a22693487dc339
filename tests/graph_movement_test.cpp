/// Operators that move data, resize or detect, in graphs: several outputs, element types by their size, and the same
/// results from `Network` and `Program`.

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <numeric>
#include <vector>

#include "dlpu/graph/network.hpp"
#include "dlpu/graph/program.hpp"
#include "dlpu/soc/cpu.hpp"
#include "support/golden.hpp"
#include "support/program_instances.hpp"

namespace dlpu::graph_movement_test {
namespace {

/// Every operator that only moves elements, one behind another; the output is the input, its rows and pixels swapped.
struct Moves {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 4, 4, 4});
    x = g.depth_to_space(g.space_to_depth(x, {.block = 2}), {.block = 2});
    x = g.batch_to_space_nd(g.space_to_batch_nd(x, {.block = 2, .padding = {1, 1, 0, 2}}),
                            {.block = 2, .crop = {1, 1, 0, 2}});
    x = g.slice(g.mirror_pad(x, {.before = {0, 1, 2}, .after = {0, 2, 1}}), {.begin = {0, 1, 2}, .size = {1, 4, 4}});
    const auto halves = g.split(x, {.axis = 3, .parts = 2});
    const auto thirds = g.split_v(halves[1], {.axis = -1, .parts = 2, .sizes = {1, -1}});
    x = g.concatenation({halves[0], thirds[0], thirds[1]}, {});
    const auto rows = g.unpack(x, {.axis = 1});
    x = g.pack({rows[0], rows[1], rows[2], rows[3]}, {.axis = 1});
    x = g.strided_slice(x, {.stride = {1, -1, 1, 1}, .begin_mask = 15, .end_mask = 15});
    x = g.strided_slice(x, {.stride = {1, -1, 1, 1}, .begin_mask = 15, .end_mask = 15});
    x = g.resize_nearest_neighbor(g.resize_nearest_neighbor(x, {.size = 8}), {.size = 4});
    x = g.resize_bilinear(x, {.size = 4});
    return g.transpose(x, {{0, 2, 1, 3}});
  }
};

template <class T>
std::vector<T> counted() {
  std::vector<T> values(64);
  std::iota(values.begin(), values.end(), T{1});
  return values;
}
template <class T>
std::vector<T> swapped() {
  const std::vector<T> values = counted<T>();
  std::vector<T> result(64);
  for (std::size_t i = 0; i < 64; ++i) result[i] = values[(i / 4 % 4 * 4 + i / 16) * 4 + i % 4];
  return result;
}

template <class T, class Policy>
void expect_program_moves(Graph graph) {
  Parameters parameters(graph.tensors.size());
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    parameters[static_cast<std::int32_t>(t)].quantization = {0.5f, 3};
  }
  Result<Program> program = Program::create<Policy>(std::move(graph), std::move(parameters));
  ASSERT_TRUE(program) << program.error();
  const std::vector<T> input = counted<T>();
  const std::span<const std::byte> bytes = std::as_bytes(std::span(input));
  program->run({&bytes, 1});
  std::vector<T> output(64);
  ASSERT_EQ(program->output().size(), 64 * sizeof(T));
  std::memcpy(output.data(), program->output().data(), 64 * sizeof(T));
  EXPECT_EQ(output, swapped<T>());
}

TEST(GraphMovement, ProgramMovesFloat) {
  expect_program_moves<float, Unquantized>(build_graph<Moves>());
}
TEST(GraphMovement, ProgramMovesInt8) {
  expect_program_moves<std::int8_t, PerTensor>(build_graph<Moves>());
}

TEST(GraphMovement, NetworkMoves) {
  using Net = Network<Moves, soc::Cpu, Unquantized>;
  static Net::Arena arena;
  static Net::Packed packed;
  Net net(Net::Weights{}, packed, arena);
  auto input = net.input();
  const std::vector<float> values = counted<float>();
  std::copy(values.begin(), values.end(), input.data());
  const Net::Output output = net.run(input);
  const std::vector<float> expected = swapped<float>();
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), output.data()));
}

/// Whatever the policy, int32 is moved as four bytes and bool as one; indices are data like any other.
TEST(GraphMovement, ProgramMovesIntegersByTheirSize) {
  Graph graph;
  graph.tensors = {{{}, {{3, 2}, ElementType::int32}, TensorRole::input},
                   {{}, {{2}, ElementType::int32}, TensorRole::constant},
                   {{}, {{2, 2}, ElementType::int32}, TensorRole::activation, 0},
                   {{}, {{2, 3}, ElementType::boolean}, TensorRole::input},
                   {{}, {{3, 2}, ElementType::boolean}, TensorRole::activation, 1}};
  graph.edges = {0, 1, 2, 3, 4};
  graph.nodes = {{op::Gather{}, {0, 2}, {2, 1}, {}}, {op::Transpose{{1, 0}}, {3, 1}, {4, 1}, {}}};
  graph.inputs = {0, 3};
  graph.outputs = {2, 4};
  alignas(64) static constexpr std::int32_t indices[] = {2, 0};
  Parameters parameters(graph.tensors.size());
  parameters[1].data = std::as_bytes(std::span(indices));
  Result<Program> program = Program::create<Unquantized>(std::move(graph), std::move(parameters));
  ASSERT_TRUE(program) << program.error();
  const std::array<std::int32_t, 6> numbers{1, -2, 3, -4, 0x7fc00001, -0x7fffffff};
  const std::array<bool, 6> flags{true, false, false, true, true, false};
  const std::span<const std::byte> inputs[] = {std::as_bytes(std::span(numbers)), std::as_bytes(std::span(flags))};
  program->run(inputs);
  std::array<std::int32_t, 4> gathered{};
  std::array<bool, 6> turned{};
  std::memcpy(gathered.data(), program->output(0).data(), sizeof(gathered));
  std::memcpy(turned.data(), program->output(1).data(), sizeof(turned));
  EXPECT_EQ(gathered, (std::array<std::int32_t, 4>{0x7fc00001, -0x7fffffff, 1, -2}));
  EXPECT_EQ(turned, (std::array<bool, 6>{true, true, false, true, false, false}));
}

struct Padded {
  static constexpr auto build(auto& g) {
    return g.space_to_batch_nd(g.input({1, 1, 1, 1}), {.block = 1, .padding = {1, 0, 0, 0}});
  }
};

TEST(GraphMovement, SpaceToBatchFillsWithTheZeroPoint) {
  Parameters parameters(2);
  parameters[0].quantization = parameters[1].quantization = {0.5f, -7};
  Result<Program> program = Program::create<PerTensor>(build_graph<Padded>(), std::move(parameters));
  ASSERT_TRUE(program) << program.error();
  const std::array input{std::byte{9}};
  const std::span<const std::byte> bytes = input;
  program->run({&bytes, 1});
  EXPECT_EQ(static_cast<std::int8_t>(program->output()[0]), -7);
  EXPECT_EQ(program->output()[1], std::byte{9});
}

struct Detector {
  static constexpr auto build(auto& g) {
    const auto boxes = g.input({1, 3, 4}, "boxes"), scores = g.input({1, 3, 2}, "scores");
    return g.detection_post_process(boxes, scores, g.input({3, 4}, "anchors"),
                                    {.classes = 1, .max_detections = 2, .score_threshold = 0.5f});
  }
};

TEST(GraphMovement, ADetectorHasFourOutputs) {
  Result<Program> program = Program::create<Unquantized>(build_graph<Detector>(), Parameters(7));
  ASSERT_TRUE(program) << program.error();
  const std::array<float, 12> boxes{}, anchors{0.5f, 0.5f, 1, 1, 0.5f, 0.5f, 1, 1, 4, 4, 2, 2};
  const std::array<float, 6> scores{0, 0.6f, 0, 0.9f, 0, 0.7f};
  const std::span<const std::byte> inputs[] = {std::as_bytes(std::span(boxes)), std::as_bytes(std::span(scores)),
                                               std::as_bytes(std::span(anchors))};
  program->run(inputs);
  std::array<float, 8> found{};
  std::array<float, 2> classes{}, found_scores{};
  float count = 0;
  std::memcpy(found.data(), program->output(0).data(), sizeof(found));
  std::memcpy(classes.data(), program->output(1).data(), sizeof(classes));
  std::memcpy(found_scores.data(), program->output(2).data(), sizeof(found_scores));
  std::memcpy(&count, program->output(3).data(), sizeof(count));
  EXPECT_EQ(found, (std::array<float, 8>{0, 0, 1, 1, 3, 3, 5, 5}));
  EXPECT_EQ(classes, (std::array<float, 2>{}));
  EXPECT_EQ(found_scores, (std::array{0.9f, 0.7f}));
  EXPECT_EQ(count, 2.0f);
}

struct Upsampler {
  static constexpr auto build(auto& g) {
    return g.transpose_conv(g.input({1, 2, 2, 1}), {.filters = 1, .kernel = 2, .stride = 2});
  }
};

TEST(GraphMovement, TransposeConvHasWeights) {
  using Net = Network<Upsampler, soc::Cpu, Unquantized>;
  static Net::Arena arena;
  static Net::Packed packed;
  constexpr std::array<float, 4> filter{1, 2, 3, 4};
  constexpr std::array<float, 1> bias{10};
  Net::Weights weights{{{filter, bias, std::span<const float, 0>{}}}, {}, {}};
  Net net(weights, packed, arena);
  auto input = net.input();
  for (std::size_t i = 0; i < 4; ++i) input.data()[i] = static_cast<float>(i);
  const Net::Output output = net.run(input);
  const std::array<float, 16> expected{10, 10, 11, 12, 10, 10, 13, 14, 12, 14, 13, 16, 16, 18, 19, 22};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), output.data()));
}

TEST(GraphMovement, BrokenSplitsGiveNoValues) {
  Builder builder;
  const Values parts = builder.split(builder.input({1, 7}), {.axis = 1, .parts = 2});
  EXPECT_EQ(parts.size(), 0u);
  EXPECT_EQ(parts[1].tensor, -1);
  const std::array outputs{parts[0], parts[1]};
  EXPECT_EQ(std::move(builder).finish(outputs).problem, &op::Split::EqualParts::rule);
}

}  // namespace
}  // namespace dlpu::graph_movement_test

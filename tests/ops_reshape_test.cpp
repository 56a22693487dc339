#include "dlpu/ops/reshape.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace dlpu::ops_reshape_test {
namespace {

constexpr Inferred infer(const Shape& input, const Shape& wanted) {
  const TensorType type{input, ElementType::int8};
  return op::Reshape{.shape = wanted}.infer(TensorTypes{&type, 1});
}

static_assert(infer({1, 1, 1, 1001}, {1, 1001}).outputs[0] == TensorType{{1, 1001}, ElementType::int8});
static_assert(infer({2, 3, 4}, {-1, 4}).outputs[0].shape == Shape{6, 4});
static_assert(infer({2, 3, 4}, {-1}).outputs[0].shape == Shape{24});
static_assert(infer({1}, {}).outputs[0].shape == Shape{});
static_assert(infer({0, 3}, {3, -1}).outputs[0].shape == Shape{3, 0});
static_assert(infer({2, 3}, {-1, -1}).problem == &op::Reshape::OneUnknown::rule);
static_assert(infer({2, 3}, {-2, 3}).problem == &op::Reshape::OneUnknown::rule);
static_assert(infer({2, 3}, {7}).problem == &op::Reshape::SameElements::rule);
static_assert(infer({2, 3}, {4, -1}).problem == &op::Reshape::SameElements::rule);
static_assert(infer({2}, {1 << 30, 1 << 30, 1 << 30}).problem == &op::Reshape::SameElements::rule);
static_assert(infer({2, 3}, {0, -1}).problem == &op::Reshape::SameElements::rule);

TEST(Reshape, KeepsTheOrder) {
  const std::vector<std::int8_t> input{1, -2, 3, 4, 5, -6};
  std::vector<std::int8_t> output(6);
  kernels::Reshape<std::int8_t>{}.run(input, output);
  EXPECT_EQ(output, input);
}

}  // namespace
}  // namespace dlpu::ops_reshape_test

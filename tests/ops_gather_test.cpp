/// Gather: shape rule and LiteRT's results.

#include "dlpu/ops/gather.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/movement.hpp"

namespace dlpu::ops_gather_test {
namespace {

constexpr Inferred infer(const op::Gather& op, const Shape& input, const Shape& indices,
                         ElementType type = ElementType::int32) {
  const std::array types{TensorType{input}, TensorType{indices, type}};
  return op.infer(types);
}

static_assert(infer({.axis = 1}, {2, 5, 3}, {4, 6}).outputs[0].shape == Shape{2, 4, 6, 3});
static_assert(infer({.axis = -1}, {2, 5}, {}).outputs[0].shape == Shape{2});
static_assert(infer({.axis = 1, .batch_dimensions = 1}, {2, 5, 3}, {2, 6}).outputs[0].shape == Shape{2, 6, 3});
static_assert(infer({}, {2}, {1}, ElementType::int8).problem == &op::Gather::IntegerIndices::rule);
static_assert(infer({.axis = 1}, {2}, {1}).problem == &op::Gather::AxisExists::rule);
static_assert(infer({.axis = 0, .batch_dimensions = 1}, {2}, {2}).problem == &op::Gather::SharedDimensions::rule);
static_assert(infer({.axis = 1, .batch_dimensions = 1}, {2, 3}, {3}).problem == &op::Gather::SharedDimensions::rule);
static_assert(infer({}, {0, 3}, {3}).problem == &op::Gather::NotEmpty::rule);
static_assert(infer({}, {2, 2, 2, 2}, {1, 1, 1, 1}).problem == &op::Gather::SixDimensions::rule);
static_assert(op::Gather{}.infer({}).problem == &op::Gather::TwoInputs::rule);

// Indices outside the input name the nearest element.
static_assert([] {
  const std::array input{10, 20, 30};
  const std::array<std::int32_t, 4> indices{2, -1, 3, 0};
  std::array<int, 4> output{};
  kernels::Gather<int>({}, {3}, {4}).run(input, indices, output);
  return output == std::array{30, 10, 30, 10};
}());

TEST(Gather, EqualsLiteRT) {
  golden::for_each_case("gather", 24, []<class Storage>(const golden::Case& c) {
    const op::Gather op{.axis = c.option(0), .batch_dimensions = c.option(1)};
    golden::expect_shapes(op, c);
    const auto expected = c.values<Storage>("output_0");
    std::vector<Storage> actual(expected.size());
    kernels::Gather<Storage>(op, c.shape("input_0"), c.shape("input_1"))
        .run(c.values<Storage>("input_0"), c.values<std::int32_t>("input_1"), actual);
    golden::expect_values(expected, actual, 0.0f);
  });
}

}  // namespace
}  // namespace dlpu::ops_gather_test

/// Transpose: shape rule and LiteRT's results.

#include "dlpu/ops/transpose.hpp"

#include <gtest/gtest.h>

#include "support/movement.hpp"

namespace dlpu::ops_transpose_test {
namespace {

constexpr Inferred infer(const op::Transpose& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}

static_assert(infer({{0, 3, 1, 2}}, {1, 8, 9, 3}).outputs[0].shape == Shape{1, 3, 8, 9});
static_assert(infer({{0, 2}}, {3, 4}).problem == &op::Transpose::EachOnce::rule);
static_assert(infer({{1, 1}}, {3, 4}).problem == &op::Transpose::EachOnce::rule);
static_assert(infer({{-1, 0}}, {3, 4}).problem == &op::Transpose::EachOnce::rule);
static_assert(infer({}, {3, 4}).problem == &op::Transpose::EachOnce::rule);

// 0 1 2 / 3 4 5 becomes 0 3 / 1 4 / 2 5.
static_assert([] {
  const std::array input{0, 1, 2, 3, 4, 5};
  std::array<int, 6> output{};
  kernels::Transpose<int>({{1, 0}}, {2, 3}).run(input, output);
  return output == std::array{0, 3, 1, 4, 2, 5};
}());

TEST(Transpose, EqualsLiteRT) {
  golden::for_each_case("transpose", 27, []<class Storage>(const golden::Case& c) {
    op::Transpose op;
    for (std::size_t i = 0; i < c.options().size(); ++i) op.order[i] = c.option(i);
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::Transpose<Storage>(op, c.shape("input_0")), c);
  });
}

}  // namespace
}  // namespace dlpu::ops_transpose_test

/// BatchMatMul: rules, and every case against LiteRT's results.

#include "dlpu/ops/batch_matmul.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_batch_matmul_test {
namespace {

constexpr Inferred infer(const op::BatchMatMul& op, const Shape& first, const Shape& second) {
  const std::array<TensorType, 2> types{TensorType{first}, TensorType{second}};
  return op.infer(types);
}
constexpr Shape output(const op::BatchMatMul& op, const Shape& first, const Shape& second) {
  return infer(op, first, second).outputs[0].shape;
}
static_assert(output({}, {2, 1, 3, 7}, {4, 7, 5}) == Shape{2, 4, 3, 5});
static_assert(output({1, 1}, {7, 3}, {5, 7}) == Shape{3, 5});
static_assert(infer({}, {3, 7}, {5, 7}).problem == &op::BatchMatMul::DepthsMatch::rule);
static_assert(infer({}, {7}, {7, 5}).problem == &op::BatchMatMul::Matrices::rule);
static_assert(infer({}, {3, 2, 7}, {2, 7, 5}).problem == &pair_rule::ShapesMatch::rule);
static_assert(infer({}, {0, 7}, {7, 5}).problem == &op::BatchMatMul::NotEmpty::rule);
static_assert(op::BatchMatMul{}.macs(std::array{TensorType{{2, 3, 7}}, TensorType{{7, 5}}}, {2, 3, 5}) == 210);

op::BatchMatMul operator_of(const golden::Case& c) {
  return {c.option(0), c.option(1)};
}

TEST(BatchMatMul, Int8EqualsLiteRT) {
  for (const golden::Case& c : golden::cases("batch_matmul", ElementType::int8)) {
    SCOPED_TRACE(c.name());
    const Shape &first = c.shape("input_0"), &second = c.shape("input_1");
    EXPECT_EQ(output(operator_of(c), first, second), c.shape("output_0"));
    const kernels::BatchMatMul<std::int8_t, PerTensor> kernel(
        operator_of(c), first, second,
        {c.quantization("input_0"), c.quantization("input_1"), c.quantization("output_0")});
    const auto expected = c.values<std::int8_t>("output_0");
    std::vector<std::int8_t> result(expected.size());
    kernel.run(c.values<std::int8_t>("input_0"), c.values<std::int8_t>("input_1"), result);
    golden::expect_values(expected, result);
  }
}

TEST(BatchMatMul, FloatEqualsLiteRT) {
  for (const golden::Case& c : golden::cases("batch_matmul", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const Shape &first = c.shape("input_0"), &second = c.shape("input_1");
    const auto expected = c.values<float>("output_0");
    std::vector<float> result(expected.size());
    kernels::BatchMatMul<float, Unquantized>(operator_of(c), first, second)
        .run(c.values<float>("input_0"), c.values<float>("input_1"), result);
    golden::expect_values(expected, result, 1e-5f, 1.0f);
  }
}

}  // namespace
}  // namespace dlpu::ops_batch_matmul_test

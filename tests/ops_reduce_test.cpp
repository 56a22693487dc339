/// Sum, ReduceMax and ReduceMin: rules, and every case against LiteRT's results.

#include "dlpu/ops/reduce.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <set>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_reduce_test {
namespace {

constexpr Inferred infer(const op::Sum& op, const TensorType& input) {
  return op.infer({&input, 1});
}
static_assert(infer({}, {{1, 7, 7, 16}}).outputs[0].shape == Shape{1, 16});
static_assert(infer({.axes = {-1}, .keep_dimensions = 1}, {{2, 3}}).outputs[0].shape == Shape{2, 1});
static_assert(infer({.axes = {}}, {{2, 3}}).problem == &op::Sum::NeedsAxes::rule);
static_assert(infer({.axes = {2}}, {{2, 3}}).problem == &op::Sum::AxisExists::rule);
static_assert(infer({.axes = {1}}, {{2, 0}}).problem == &op::Sum::NotEmpty::rule);
static_assert(infer({.axes = {1}}, {{2, 3}, ElementType::boolean}).problem == &op::Sum::NumberInput::rule);
static_assert(op::Sum{}.infer({}).problem == &op::Sum::OneInput::rule);
static_assert(op::ReduceMax::keeps_quantization && op::ReduceMin::keeps_quantization && !op::Sum::keeps_quantization);
static_assert(op::ReduceMax::name == "REDUCE_MAX" && op::ReduceMin::name == "REDUCE_MIN");

template <class Op, class T>
constexpr std::array<T, 2> along_rows(const Op& op, std::array<T, 6> input) {
  std::array<T, 2> result{};
  kernels::Reduce<T, Unquantized>(op, {2, 3}).run(input, result);
  return result;
}
constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
static_assert(along_rows(op::Sum{.axes = {1}}, std::array{1, 2, 3, most, 1, 0}) == std::array{6, -most - 1});
static_assert(along_rows(op::ReduceMax{.axes = {1}}, std::array{-1.0f, -2.0f, -3.0f, 4.0f, 6.0f, 5.0f}) ==
              std::array{-1.0f, 6.0f});
static_assert(along_rows(op::ReduceMin{.axes = {-1}}, std::array{-1.0f, -2.0f, -3.0f, 4.0f, 6.0f, 5.0f}) ==
              std::array{-3.0f, 4.0f});

Reduction reduction_of(const golden::Case& c) {
  Reduction reduction{static_cast<ReductionKind>(c.option(0)), {}};
  for (const std::int32_t axis : c.options().subspan(2)) reduction.axes.push_back(axis);
  return reduction;
}

template <class Element>
class ReduceGolden : public testing::Test {};
using Elements = testing::Types<std::int8_t, std::uint8_t, float, std::int32_t, std::int64_t>;
TYPED_TEST_SUITE(ReduceGolden, Elements);

TYPED_TEST(ReduceGolden, EqualsLiteRT) {
  std::set<std::int32_t> seen;
  for (const golden::Case& c : golden::cases("reduce", element_type_of<TypeParam>)) {
    SCOPED_TRACE(c.name());
    const Reduction reduction = reduction_of(c);
    const Shape& shape = c.shape("input_0");
    EXPECT_EQ(infer({reduction.axes, c.option(1)}, {shape}).outputs[0].shape, c.shape("output_0"));
    const auto expected = c.values<TypeParam>("output_0");
    std::vector<TypeParam> result(expected.size());
    if constexpr (QuantizedStorage<TypeParam>) {
      const kernels::Reduce<TypeParam, BasicPerTensor<rounding::Reference, TypeParam>> kernel(
          reduction, shape, c.quantization("input_0"), c.quantization("output_0"));
      kernel.run(c.values<TypeParam>("input_0"), result);
    } else {
      kernels::Reduce<TypeParam, Unquantized>(reduction, shape).run(c.values<TypeParam>("input_0"), result);
    }
    golden::expect_values(expected, result, reduction.kind == ReductionKind::sum ? 1e-5f : 0.0f);
    seen.insert(c.option(0));
  }
  EXPECT_EQ(seen.size(), 3u);
}

}  // namespace
}  // namespace dlpu::ops_reduce_test

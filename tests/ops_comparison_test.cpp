/// Comparisons: rules, and every case against LiteRT's results.

#include "dlpu/ops/comparison.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <memory>
#include <set>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_comparison_test {
namespace {

template <class Op>
constexpr Inferred infer(const Op& op, ElementType element) {
  const std::array<TensorType, 2> types{TensorType{{2, 3}, element}, TensorType{{3}, element}};
  return op.infer(types);
}
static_assert(infer(op::Less{}, ElementType::int8).outputs[0] == TensorType{{2, 3}, ElementType::boolean});
static_assert(infer(op::Equal{}, ElementType::boolean).outputs[0] == TensorType{{2, 3}, ElementType::boolean});
static_assert(infer(op::Less{}, ElementType::boolean).problem == &op::Less::OrderedElement::rule);
static_assert(op::NotEqual::name == "NOT_EQUAL" && op::GreaterEqual::name == "GREATER_EQUAL");

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
static_assert(!reference::holds(Relation::greater_equal, nan, 1.0f) && !reference::holds(Relation::less, nan, 1.0f));
static_assert(reference::holds(Relation::not_equal, nan, nan) && !reference::holds(Relation::equal, nan, nan));

template <class Number>
std::vector<std::uint8_t> compare(const golden::Case& c, std::size_t count) {
  const auto first = c.values<Number>("input_0"), second = c.values<Number>("input_1");
  const Shape &first_shape = c.shape("input_0"), &second_shape = c.shape("input_1");
  const auto relation = static_cast<Relation>(c.option(0));
  const auto result = std::make_unique<bool[]>(count);
  if constexpr (QuantizedStorage<Number>) {
    const kernels::Comparison<Number> kernel(relation, first_shape, second_shape, c.quantization("input_0"),
                                             c.quantization("input_1"));
    kernel.run(first, second, {result.get(), count});
  } else {
    kernels::Comparison<Number>(relation, first_shape, second_shape).run(first, second, {result.get(), count});
  }
  return {result.get(), result.get() + count};
}

template <class Number>
void expect_cases(std::size_t relations) {
  std::set<std::int32_t> seen;
  for (const golden::Case& c : golden::cases("comparison", element_type_of<Number>)) {
    SCOPED_TRACE(c.name());
    const auto expected = c.values<bool>("output_0");
    const std::vector<std::uint8_t> bytes(expected.begin(), expected.end());
    golden::expect_values<std::uint8_t>(bytes, compare<Number>(c, expected.size()));
    seen.insert(c.option(0));
  }
  EXPECT_EQ(seen.size(), relations);
}
TEST(Comparison, QuantizedEqualsLiteRT) {
  expect_cases<std::int8_t>(6);
  expect_cases<std::uint8_t>(6);
}
TEST(Comparison, NumbersEqualLiteRT) {
  expect_cases<float>(6);
  expect_cases<std::int32_t>(6);
  expect_cases<std::int64_t>(6);
  expect_cases<bool>(2);
}

}  // namespace
}  // namespace dlpu::ops_comparison_test

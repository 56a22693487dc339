/// ArgMax and ArgMin: rules, and every case against LiteRT's results.

#include "dlpu/ops/arg_min_max.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_arg_min_max_test {
namespace {

constexpr Inferred infer(const op::ArgMax& op, const Shape& shape) {
  const TensorType type{shape};
  return op.infer({&type, 1});
}
static_assert(infer({}, {2, 3, 4}).outputs[0] == TensorType{{2, 3}, ElementType::int32});
static_assert(infer({0, ElementType::int64}, {2, 3, 4}).outputs[0] == TensorType{{3, 4}, ElementType::int64});
static_assert(infer({3}, {2, 3, 4}).problem == &op::ArgMax::AxisExists::rule);
static_assert(infer({-1, ElementType::int8}, {2}).problem == &op::ArgMax::IndexElement::rule);
static_assert(infer({}, {0}).problem == &op::ArgMax::NotEmpty::rule);
static_assert(op::ArgMin{}.infer({}).problem == &op::ArgMin::OneInput::rule);

/// The first of equal elements counts.
constexpr std::int32_t index_of_most(std::array<float, 4> values) {
  std::array<std::int32_t, 1> result{};
  kernels::ArgExtreme<float>(op::ArgMax{}, {4}).run(values, std::span<std::int32_t>(result));
  return result[0];
}
static_assert(index_of_most({1, 3, 3, 2}) == 1);

template <class Element>
void expect_cases() {
  for (const golden::Case& c : golden::cases("arg_min_max", element_type_of<Element>)) {
    SCOPED_TRACE(c.name());
    const auto input = c.values<Element>("input_0");
    const auto check = [&]<class Index>(Index) {
      const auto expected = c.values<Index>("output_0");
      std::vector<Index> result(expected.size());
      const std::int32_t axis = c.option(1);
      const kernels::ArgExtreme<Element> kernel =
          c.option(0) == 0 ? kernels::ArgExtreme<Element>(op::ArgMax{axis}, c.shape("input_0"))
                           : kernels::ArgExtreme<Element>(op::ArgMin{axis}, c.shape("input_0"));
      EXPECT_EQ(infer({axis}, c.shape("input_0")).outputs[0].shape, c.shape("output_0"));
      kernel.run(input, std::span<Index>(result));
      golden::expect_values(expected, result);
    };
    if (c.type("output_0") == ElementType::int64)
      check(std::int64_t{});
    else
      check(std::int32_t{});
  }
}
TEST(ArgMinMax, EqualsLiteRT) {
  expect_cases<std::int8_t>();
  expect_cases<std::uint8_t>();
  expect_cases<float>();
  expect_cases<std::int32_t>();
  expect_cases<bool>();
}

}  // namespace
}  // namespace dlpu::ops_arg_min_max_test

/// Cast: rules, and every pair of element types against LiteRT's results.

#include "dlpu/ops/cast.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <memory>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_cast_test {
namespace {

static_assert(op::Cast{ElementType::int64}.infer(std::array{TensorType{{2, 3}}}).outputs[0] ==
              TensorType{{2, 3}, ElementType::int64});
static_assert(op::Cast{ElementType::float16}.infer(std::array{TensorType{{2, 3}}}).problem ==
              &op::Cast::KnownElement::rule);
static_assert(op::Cast{}.infer({}).problem == &op::Cast::OneInput::rule);

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
static_assert(reference::cast_value<std::int8_t>(-1.9f) == -1 && reference::cast_value<std::int8_t>(-1e20f) == -128);
static_assert(reference::cast_value<std::int32_t>(2147483520.0f) == 2147483520);
static_assert(reference::cast_value<std::int32_t>(2147483648.0f) == 2147483647);
static_assert(reference::cast_value<std::int8_t>(nan) == 127 && reference::cast_value<bool>(nan));
static_assert(reference::cast_value<std::int8_t>(std::int32_t{300}) == 44);

template <class From, class To>
void expect_case(const golden::Case& c) {
  const auto input = c.values<From>("input_0");
  const auto expected = c.values<To>("output_0");
  const auto result = std::make_unique<To[]>(expected.size());
  kernels::Cast<From, To>{}.run(input, {result.get(), expected.size()});
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(result[i], expected[i]) << "element " << i;
}

template <class F>
void with_type(ElementType type, F f) {
  if (type == ElementType::float32) f(float{});
  if (type == ElementType::int8) f(std::int8_t{});
  if (type == ElementType::uint8) f(std::uint8_t{});
  if (type == ElementType::int32) f(std::int32_t{});
  if (type == ElementType::int64) f(std::int64_t{});
  if (type == ElementType::boolean) f(bool{});
}

TEST(Cast, EqualsLiteRT) {
  const std::vector<golden::Case> cases = golden::cases("cast");
  EXPECT_EQ(cases.size(), 30u);  // all pairs of six types
  for (const golden::Case& c : cases) {
    SCOPED_TRACE(c.name());
    with_type(c.type("input_0"), [&]<class From>(From) {
      with_type(c.type("output_0"), [&]<class To>(To) { expect_case<From, To>(c); });
    });
  }
}

}  // namespace
}  // namespace dlpu::ops_cast_test

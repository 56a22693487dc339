/// LogicalAnd, LogicalOr and LogicalNot: rules, and every case against LiteRT's results.

#include "dlpu/ops/logical.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_logical_test {
namespace {

constexpr std::array<TensorType, 2> pair_of(ElementType element) {
  return {TensorType{{2, 3}, element}, TensorType{{3}, element}};
}
static_assert(op::LogicalAnd{}.infer(pair_of(ElementType::boolean)).outputs[0] ==
              TensorType{{2, 3}, ElementType::boolean});
static_assert(op::LogicalOr{}.infer(pair_of(ElementType::int8)).problem == &logical_rule::BooleanInput::rule);
static_assert(op::LogicalNot{}.infer(std::array{TensorType{{3}, ElementType::float32}}).problem ==
              &logical_rule::BooleanInput::rule);
static_assert(op::LogicalNot{}.infer({}).problem == &logical_rule::NeedsOneInput::rule);

// Any byte but 0 is true; results are 0 and 1.
constexpr std::array<std::uint8_t, 4> of_bytes(bool both) {
  const std::array<std::uint8_t, 4> first{0, 0, 7, 255}, second{0, 2, 0, 128};
  std::array<std::uint8_t, 4> result{};
  kernels::LogicalPair(both, {4}, {4}).run(first, second, result);
  return result;
}
static_assert(of_bytes(true) == std::array<std::uint8_t, 4>{0, 0, 0, 1});
static_assert(of_bytes(false) == std::array<std::uint8_t, 4>{0, 1, 1, 1});

std::vector<std::uint8_t> bytes(std::span<const bool> values) {
  return {values.begin(), values.end()};
}

TEST(Logical, EqualsLiteRT) {
  for (const golden::Case& c : golden::cases("logical")) {
    SCOPED_TRACE(c.name());
    const std::vector<std::uint8_t> expected = bytes(c.values<bool>("output_0"));
    const std::vector<std::uint8_t> first = bytes(c.values<bool>("input_0"));
    std::vector<std::uint8_t> result(expected.size());
    if (c.option(0) == 2) {
      kernels::LogicalNot{}.run(first, result);
    } else {
      const std::vector<std::uint8_t> second = bytes(c.values<bool>("input_1"));
      kernels::LogicalPair(c.option(0) == 0, c.shape("input_0"), c.shape("input_1")).run(first, second, result);
    }
    golden::expect_values<std::uint8_t>(expected, result);
  }
}

}  // namespace
}  // namespace dlpu::ops_logical_test

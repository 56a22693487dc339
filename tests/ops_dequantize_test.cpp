/// Dequantize: rules, constant evaluation, and LiteRT's results.

#include "dlpu/ops/dequantize.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_dequantize_test {
namespace {

constexpr Inferred infer(const op::Dequantize& op, ElementType input) {
  const TensorType type{{2, 3}, input};
  return op.infer({&type, 1});
}
static_assert(infer({}, ElementType::activation).outputs[0] == TensorType{{2, 3}, ElementType::float32});
static_assert(infer({}, ElementType::float32).problem == &op::Dequantize::QuantizedInput::rule);
static_assert(infer({ElementType::float16}, ElementType::int8).problem == &op::Dequantize::FloatOutput::rule);

static_assert([] {
  const std::array<std::int8_t, 3> input{-128, 3, 127};
  std::array<float, 3> result{};
  kernels::Dequantize<std::int8_t>({0.5f, 3}).run(input, result);
  return result == std::array<float, 3>{-65.5f, 0.0f, 62.0f};
}());

template <class From>
void expect_cases() {
  for (const golden::Case& c : golden::cases("dequantize", element_type_of<From>)) {
    SCOPED_TRACE(c.name());
    const auto expected = c.values<float>("output_0");
    std::vector<float> result(expected.size());
    kernels::Dequantize<From>(c.quantization("input_0")).run(c.values<From>("input_0"), result);
    golden::expect_values(expected, result, 0.0f);
  }
}

TEST(Dequantize, FromInt8EqualsLiteRT) {
  expect_cases<std::int8_t>();
}
TEST(Dequantize, FromUint8EqualsLiteRT) {
  expect_cases<std::uint8_t>();
}
TEST(Dequantize, FromInt16EqualsLiteRT) {
  expect_cases<std::int16_t>();
}

}  // namespace
}  // namespace dlpu::ops_dequantize_test

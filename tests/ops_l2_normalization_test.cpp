/// L2Normalization: rules, and every case against LiteRT's results.

#include "dlpu/ops/l2_normalization.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dlpu/ops/fixed_output.hpp"
#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_l2_normalization_test {
namespace {

static_assert(op::L2Normalization{}.infer(std::array{TensorType{{2, 3}}}).outputs[0] == TensorType{{2, 3}});
static_assert(op::L2Normalization{}.infer(std::array{TensorType{}}).problem ==
              &op::L2Normalization::NeedsDimension::rule);
static_assert(op::L2Normalization{}.infer({}).problem == &op::L2Normalization::OneInput::rule);
static_assert(op::L2Normalization::fixed_output<std::int8_t>() == Quantization{1.0f / 128.0f, 0});
static_assert(op::L2Normalization::fixed_output<std::uint8_t>() == Quantization{1.0f / 128.0f, 128});
static_assert(fixed_output<op::L2Normalization>(ElementType::uint8) == Quantization{1.0f / 128.0f, 128});
static_assert(!fixed_output<op::L2Normalization>(ElementType::int16));

constexpr std::array<std::int8_t, 2> three_and_four() {
  const std::array<std::int8_t, 2> input{13, 6};  // 3 and -4 around 10
  std::array<std::int8_t, 2> result{};
  kernels::L2Normalization<std::int8_t>({2}, {0.1f, 10}).run(input, result);
  return result;
}
static_assert(three_and_four() == std::array<std::int8_t, 2>{77, -102});

template <class Element>
void expect_cases() {
  for (const golden::Case& c : golden::cases("l2_normalization", element_type_of<Element>)) {
    SCOPED_TRACE(c.name());
    const Quantization input = c.quantized("input_0") ? c.quantization("input_0") : Quantization{};
    const auto expected = c.values<Element>("output_0");
    std::vector<Element> result(expected.size());
    kernels::L2Normalization<Element>(c.shape("input_0"), input).run(c.values<Element>("input_0"), result);
    golden::expect_values(expected, result);
  }
}
TEST(L2Normalization, Int8EqualsLiteRT) {
  expect_cases<std::int8_t>();
}
TEST(L2Normalization, Uint8EqualsLiteRT) {
  expect_cases<std::uint8_t>();
}
TEST(L2Normalization, FloatEqualsLiteRT) {
  expect_cases<float>();
}

}  // namespace
}  // namespace dlpu::ops_l2_normalization_test

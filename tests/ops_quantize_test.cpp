/// Quantize: rules, constant evaluation, and both kinds against LiteRT's results.

#include "dlpu/ops/quantize.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_quantize_test {
namespace {

constexpr Inferred infer(const op::Quantize& op, ElementType input) {
  const TensorType type{{2, 3}, input};
  return op.infer({&type, 1});
}
static_assert(infer({}, ElementType::float32).outputs[0] == TensorType{{2, 3}, ElementType::activation});
static_assert(infer({ElementType::int8}, ElementType::uint8).outputs[0] == TensorType{{2, 3}, ElementType::int8});
static_assert(infer({ElementType::float32}, ElementType::uint8).problem == &op::Quantize::QuantizedOutput::rule);
static_assert(infer({}, ElementType::int64).problem == &op::Quantize::KnownInput::rule);

// Halves away from zero, ends saturate.
static_assert([] {
  const std::array<float, 6> input{0.25f, -0.25f, 0.24f, 1e9f, -std::numeric_limits<float>::infinity(), 1.0f};
  std::array<std::uint8_t, 6> result{};
  kernels::Quantize<float, std::uint8_t>({0.5f, 3}).run(input, result);
  return result == std::array<std::uint8_t, 6>{4, 2, 3, 255, 0, 5};
}());

// From uint8 to int8 with the same scale: the numbers move by 128.
static_assert([] {
  const std::array<std::uint8_t, 4> input{0, 127, 128, 255};
  std::array<std::int8_t, 4> result{};
  kernels::Quantize<std::uint8_t, std::int8_t>({0.3f, 131}, {0.3f, 3}).run(input, result);
  return result == std::array<std::int8_t, 4>{-128, -1, 0, 127};
}());

/// 3, -3 and 100 halves.
template <class Policy>
constexpr std::array<std::int8_t, 3> halve() {
  const std::array<std::int8_t, 3> input{3, -3, 100};
  std::array<std::int8_t, 3> result{};
  kernels::Quantize<std::int8_t, std::int8_t, Policy>({0.5f, 0}, {1.0f, 100}).run(input, result);
  return result;
}
static_assert(halve<PerTensor>() == std::array<std::int8_t, 3>{102, 99, 127});
static_assert(halve<PowerOfTwo>() == std::array<std::int8_t, 3>{102, 99, 127});
static_assert(halve<BasicPerTensor<rounding::Single>>() == std::array<std::int8_t, 3>{102, 99, 127});
static_assert(halve<BasicPerTensor<rounding::Float>>() == std::array<std::int8_t, 3>{102, 98, 127});

template <class From, class To>
std::vector<To> quantize(const golden::Case& c) {
  std::vector<To> result(c.values<To>("output_0").size());
  if constexpr (std::is_same_v<From, float>) {
    kernels::Quantize<From, To>(c.quantization("output_0")).run(c.values<From>("input_0"), result);
  } else {
    kernels::Quantize<From, To>(c.quantization("input_0"), c.quantization("output_0"))
        .run(c.values<From>("input_0"), result);
  }
  return result;
}

template <class From>
void expect_cases() {
  for (const golden::Case& c : golden::cases("quantize", element_type_of<From>)) {
    SCOPED_TRACE(c.name());
    visit_quantized(c.type("output_0"),
                    [&]<class To>(To) { golden::expect_values(c.values<To>("output_0"), quantize<From, To>(c)); });
  }
}

TEST(Quantize, FromFloatEqualsLiteRT) {
  expect_cases<float>();
}
TEST(Quantize, NotANumberBecomesZero) {
  const std::array<float, 1> input{std::numeric_limits<float>::quiet_NaN()};
  std::array<std::uint8_t, 1> result{};
  kernels::Quantize<float, std::uint8_t>({0.5f, 3}).run(input, result);
  EXPECT_EQ(result[0], 3);
}
TEST(Quantize, FromInt8EqualsLiteRT) {
  expect_cases<std::int8_t>();
}
TEST(Quantize, FromUint8EqualsLiteRT) {
  expect_cases<std::uint8_t>();
}
TEST(Quantize, FromInt16EqualsLiteRT) {
  expect_cases<std::int16_t>();
}

}  // namespace
}  // namespace dlpu::ops_quantize_test

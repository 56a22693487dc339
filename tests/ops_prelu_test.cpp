/// PRelu: rules, and every case against LiteRT's results.

#include "dlpu/ops/prelu.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_prelu_test {
namespace {

constexpr Inferred infer(const Shape& input, const Shape& alpha) {
  const std::array<TensorType, 2> types{TensorType{input}, TensorType{alpha}};
  return op::PRelu{}.infer(types);
}
static_assert(infer({1, 4, 5, 6}, {1, 1, 6}).outputs[0].shape == Shape{1, 4, 5, 6});
static_assert(infer({1, 1, 6}, {4, 5, 6}).problem == &op::PRelu::SlopesFit::rule);
static_assert(infer({1, 6}, {5}).problem == &pair_rule::ShapesMatch::rule);

template <class Storage>
void expect_quantized_cases() {
  for (const golden::Case& c : golden::cases("prelu", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const kernels::PRelu<Storage, BasicPerTensor<rounding::Reference, Storage>> prelu(
        c.shape("input_0"), c.shape("input_1"),
        {c.quantization("input_0"), c.quantization("input_1"), c.quantization("output_0")});
    const auto expected = c.values<Storage>("output_0");
    std::vector<Storage> result(expected.size());
    prelu.run(c.values<Storage>("input_0"), c.values<Storage>("input_1"), result);
    golden::expect_values(expected, result);
  }
}
TEST(PRelu, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(PRelu, Uint8EqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}

TEST(PRelu, FloatEqualsLiteRT) {
  for (const golden::Case& c : golden::cases("prelu", ElementType::float32)) {
    SCOPED_TRACE(c.name());
    const kernels::PRelu<float, Unquantized> prelu(c.shape("input_0"), c.shape("input_1"));
    const auto expected = c.values<float>("output_0");
    std::vector<float> result(expected.size());
    prelu.run(c.values<float>("input_0"), c.values<float>("input_1"), result);
    golden::expect_values(expected, result, 0.0f);
  }
}

}  // namespace
}  // namespace dlpu::ops_prelu_test

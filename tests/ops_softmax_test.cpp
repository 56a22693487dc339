#include "dlpu/ops/softmax.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "dlpu/ops/fixed_output.hpp"
#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_softmax_test {
namespace {

constexpr Inferred infer(const Shape& shape) {
  const TensorType input{shape};
  return op::Softmax{}.infer(TensorTypes{&input, 1});
}
static_assert(infer({2, 10}).outputs[0].shape == Shape{2, 10});
static_assert(infer({}).problem == &op::Softmax::NeedsDimension::rule);
static_assert(op::Softmax::fixed_output<std::int8_t>() == Quantization{1.0f / 256.0f, -128});
static_assert(op::Softmax::fixed_output<std::uint8_t>() == Quantization{1.0f / 256.0f, 0});
static_assert(fixed_output<op::Softmax>(ElementType::int8) == Quantization{1.0f / 256.0f, -128});
static_assert(fixed_output<op::Softmax>(ElementType::int16) == Quantization{1.0f / 32768.0f, 0});
static_assert(!fixed_output<op::Softmax>(ElementType::float32));

template <class Storage, std::size_t Depth>
constexpr std::array<Storage, Depth> softmax(const std::array<Storage, Depth>& input, float scale) {
  std::array<Storage, Depth> output{};
  kernels::Softmax<Storage>{{}, {static_cast<std::int32_t>(Depth)}, {scale, 0}}.run(input, output);
  return output;
}
static_assert(softmax(std::array<std::int8_t, 1>{5}, 0.1f) == std::array<std::int8_t, 1>{127});
static_assert(softmax(std::array<std::int8_t, 2>{5, 5}, 0.1f) == std::array<std::int8_t, 2>{0, 0});
static_assert(softmax(std::array<std::uint8_t, 4>{9, 9, 9, 9}, 0.1f) == std::array<std::uint8_t, 4>{64, 64, 64, 64});
// A difference of 127 * 3 is too large for Q5.26: nothing is left of it.
static_assert(softmax(std::array<std::uint8_t, 2>{0, 127}, 3.0f) == std::array<std::uint8_t, 2>{0, 255});

TEST(FixedPointFunctions, ApproximateTheReals) {
  for (std::int32_t i = 0; i < 256; ++i) {
    const std::int32_t a = -i * (1 << 20);  // down to -4 in Q5.26
    EXPECT_NEAR(std::ldexp(exponential_of_negative(a), -31), std::exp(std::ldexp(a, -26)), 3e-7) << a;
    const std::int32_t b = i * (1 << 23);
    EXPECT_NEAR(std::ldexp(reciprocal_of_one_plus(b), -31), 1.0 / (1.0 + std::ldexp(b, -31)), 1e-8) << b;
  }
}

TEST(Softmax, VanishesWhereEveryProbabilityIsBelowHalfAStep) {
  const std::vector<std::uint8_t> input(6000, 100);
  std::vector<std::uint8_t> output(6000, 1);
  kernels::Softmax<std::uint8_t>{{}, {1, 6000}, {0.1f, 0}}.run(input, output);
  EXPECT_EQ(output, std::vector<std::uint8_t>(6000, 0));
}

template <class Storage>
class SoftmaxGolden : public testing::Test {};
using Storages = testing::Types<std::int8_t, std::uint8_t, std::int16_t, float>;
TYPED_TEST_SUITE(SoftmaxGolden, Storages);

TYPED_TEST(SoftmaxGolden, EqualsLiteRT) {
  for (const golden::Case& c : golden::cases("softmax", element_type_of<TypeParam>)) {
    SCOPED_TRACE(c.name());
    const op::Softmax op{.beta = c.option_float(0)};
    const auto expected = c.values<TypeParam>("output_0");
    std::vector<TypeParam> actual(expected.size());
    if constexpr (std::is_same_v<TypeParam, float>) {
      kernels::Softmax<float>{op, c.shape("input_0")}.run(c.values<float>("input_0"), actual);
    } else {
      EXPECT_EQ(c.quantization("output_0"), op::Softmax::fixed_output<TypeParam>());
      kernels::Softmax<TypeParam>{op, c.shape("input_0"), c.quantization("input_0")}.run(
          c.values<TypeParam>("input_0"), actual);
    }
    golden::expect_values(expected, actual);
  }
}

}  // namespace
}  // namespace dlpu::ops_softmax_test

#include "dlpu/ops/mean.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_mean_test {
namespace {

constexpr Inferred infer(const op::Mean& op, const Shape& shape) {
  const TensorType input{shape};
  return op.infer(TensorTypes{&input, 1});
}
constexpr Shape output(const op::Mean& op, const Shape& shape) {
  return infer(op, shape).outputs[0].shape;
}

static_assert(output({}, {1, 7, 7, 1280}) == Shape{1, 1280});
static_assert(output({.axes = {1, 2}, .keep_dimensions = true}, {1, 7, 7, 1280}) == Shape{1, 1, 1, 1280});
static_assert(output({.axes = {-1, 0}}, {2, 3, 4}) == Shape{3});
static_assert(output({.axes = {0, 1}}, {2, 3}) == Shape{});
static_assert(infer({.axes = {}}, {2, 3}).problem == &op::Mean::NeedsAxes::rule);
static_assert(infer({.axes = {2}}, {2, 3}).problem == &op::Mean::AxisExists::rule);
static_assert(infer({.axes = {-3}}, {2, 3}).problem == &op::Mean::AxisExists::rule);
static_assert(infer({.axes = {1}}, {2, 0}).problem == &op::Mean::NotEmpty::rule);

// Neighbours that are both averaged, or both kept, are one dimension.
static_assert(op::Mean{}.geometry({2, 3, 4, 5}).rank == 3);
static_assert(op::Mean{}.geometry({2, 3, 4, 5}).dims[1] == 12);
static_assert(op::Mean{.axes = {3}}.geometry({2, 3, 4, 5}).rank == 2);

/// The mean over axis `axis` of {{0, 10, 20}, {40, 50, 60}}.
template <class Policy, std::size_t Count>
constexpr std::array<std::int8_t, Count> mean_of(std::int32_t axis, float output_scale) {
  const kernels::Mean<std::int8_t, Policy> kernel{{.axes = {axis}}, {2, 3}, {1.0f, 0}, {output_scale, 0}};
  constexpr std::array<std::int8_t, 6> input{0, 10, 20, 40, 50, 60};
  std::array<std::int8_t, Count> result{};
  kernel.run(input, result);
  return result;
}
static_assert(mean_of<PerTensor, 2>(1, 1.0f) == std::array<std::int8_t, 2>{10, 50});
static_assert(mean_of<PerTensor, 3>(0, 2.0f) == std::array<std::int8_t, 3>{10, 15, 20});
static_assert(mean_of<PowerOfTwo, 3>(0, 2.0f) == std::array<std::int8_t, 3>{10, 15, 20});
static_assert(mean_of<BasicPerTensor<rounding::Float>, 2>(1, 1.0f) == std::array<std::int8_t, 2>{10, 50});
static_assert(mean_of<BasicPerTensor<rounding::Single>, 3>(0, 2.0f) == std::array<std::int8_t, 3>{10, 15, 20});

// 2^30 * 2^5 / 49 towards zero; a multiplier made from 1/49 would have one bit more.
static_assert(kernels::mean_multiplier<rounding::Reference>(1.0f, 1.0f, 49) == FixedPointMultiplier{701219150, -4});

op::Mean operator_of(const golden::Case& c) {
  op::Mean op{.axes = {}, .keep_dimensions = c.option(0)};
  for (std::int32_t axis : c.options().subspan(1)) op.axes.push_back(axis);
  return op;
}

template <class Storage>
class MeanGolden : public testing::Test {};
using Storages = testing::Types<std::int8_t, std::uint8_t, std::int16_t, float>;
TYPED_TEST_SUITE(MeanGolden, Storages);

TYPED_TEST(MeanGolden, EqualsLiteRT) {
  for (const golden::Case& c : golden::cases("mean", element_type_of<TypeParam>)) {
    SCOPED_TRACE(c.name());
    const op::Mean op = operator_of(c);
    const Shape& shape = c.shape("input_0");
    EXPECT_EQ(output(op, shape), c.shape("output_0"));
    const auto expected = c.values<TypeParam>("output_0");
    std::vector<TypeParam> actual(expected.size());
    if constexpr (std::is_same_v<TypeParam, float>) {
      kernels::Mean<float, Unquantized>{op, shape}.run(c.values<float>("input_0"), actual);
    } else {
      using Policy = BasicPerTensor<rounding::Reference, TypeParam>;
      const kernels::Mean<TypeParam, Policy> kernel{op, shape, c.quantization("input_0"), c.quantization("output_0")};
      kernel.run(c.values<TypeParam>("input_0"), actual);
    }
    golden::expect_values(expected, actual);
  }
}

}  // namespace
}  // namespace dlpu::ops_mean_test

#include "dlpu/ops/concatenation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_concatenation_test {
namespace {

template <std::size_t N>
constexpr Inferred infer(std::int32_t axis, const std::array<TensorType, N>& inputs) {
  return op::Concatenation{.axis = axis}.infer(inputs);
}
constexpr std::array<TensorType, 2> pair(const Shape& a, const Shape& b) {
  return {TensorType{a}, TensorType{b}};
}

static_assert(infer(-1, pair({1, 3, 4, 5}, {1, 3, 4, 7})).outputs[0].shape == Shape{1, 3, 4, 12});
static_assert(infer(0, pair({1, 3}, {2, 3})).outputs[0].shape == Shape{3, 3});
static_assert(infer(2, pair({1, 3}, {2, 3})).problem == &op::Concatenation::AxisExists::rule);
static_assert(infer(1, pair({1, 3}, {2, 3})).problem == &op::Concatenation::SameShape::rule);
static_assert(infer(0, pair({1}, {0x7fffffff})).problem == &op::Concatenation::Fits::rule);
static_assert(infer(0, pair({1, 3}, {1, 3, 1})).problem == &op::Concatenation::SameShape::rule);
static_assert(infer(0, std::array<TensorType, 2>{{{{1}, ElementType::float32}, {{1}, ElementType::int8}}}).problem ==
              &op::Concatenation::SameElement::rule);
static_assert(infer(0, std::array<TensorType, 17>{}).problem == &op::Concatenation::NeedsInputs::rule);
static_assert(op::Concatenation{}.infer({}).problem == &op::Concatenation::NeedsInputs::rule);

// Real 10 = 0.5 * 20 is 5 steps of 2; halves go away from zero.
static_assert(reference::rescale<std::uint8_t>(30, {0.5f, 10}, {2.0f, 100}) == 105);
static_assert(reference::rescale<std::uint8_t>(1, {0.5f, 0}, {1.0f, 7}) == 8);
static_assert(reference::rescale<std::int8_t>(-1, {0.5f, 0}, {1.0f, 7}) == 6);
static_assert(reference::rescale<std::uint8_t>(255, {1.0f, 0}, {0.5f, 0}) == 255);

template <class Storage>
class ConcatenationGolden : public testing::Test {};
using Storages = testing::Types<std::int8_t, std::uint8_t, std::int16_t, float>;
TYPED_TEST_SUITE(ConcatenationGolden, Storages);

TYPED_TEST(ConcatenationGolden, EqualsLiteRT) {
  using Kernel = kernels::Concatenation<TypeParam>;
  for (const golden::Case& c : golden::cases("concatenation", element_type_of<TypeParam>)) {
    SCOPED_TRACE(c.name());
    const op::Concatenation op{.axis = c.option(0)};
    std::vector<Shape> shapes;
    std::vector<TensorType> types;
    std::vector<std::span<const TypeParam>> inputs;
    std::vector<typename Kernel::Parameters> parameters;
    typename Kernel::Parameters output{};
    for (std::size_t i = 0; i < c.inputs(); ++i) {
      const std::string key = "input_" + std::to_string(i);
      shapes.push_back(c.shape(key));
      types.push_back({c.shape(key)});
      inputs.push_back(c.values<TypeParam>(key));
      if constexpr (Kernel::quantized) parameters.push_back(c.quantization(key));
    }
    if constexpr (Kernel::quantized) output = c.quantization("output_0");
    EXPECT_EQ(op.infer(types).outputs[0].shape, c.shape("output_0"));
    const auto expected = c.values<TypeParam>("output_0");
    std::vector<TypeParam> actual(expected.size());
    Kernel{op, shapes, parameters, output}.run(inputs, actual);
    golden::expect_values(expected, actual, 0.0f);
  }
}

TEST(Concatenation, OneInputIsACopy) {
  const Shape shape{2, 2};
  const std::vector<float> input{1, 2, 3, 4};
  const std::span<const float> inputs[] = {input};
  std::vector<float> output(4);
  kernels::Concatenation<float>{{.axis = 1}, {&shape, 1}}.run(inputs, output);
  EXPECT_EQ(output, input);
}

}  // namespace
}  // namespace dlpu::ops_concatenation_test

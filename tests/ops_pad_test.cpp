#include "dlpu/ops/pad.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_pad_test {
namespace {

constexpr Inferred infer(const op::Pad& op, const Shape& shape) {
  const TensorType input{shape};
  return op.infer(TensorTypes{&input, 1});
}

static_assert(infer({.before = {0, 1, 1}, .after = {0, 2, 0}}, {1, 4, 4, 3}).outputs[0].shape == Shape{1, 7, 5, 3});
static_assert(infer({.before = {0, -1}}, {1, 4, 4, 3}).problem == &op::Pad::NotNegative::rule);
static_assert(infer({.after = {0, 0, 1}}, {4, 4}).problem == &op::Pad::DimensionExists::rule);
static_assert(infer({.before = {0x7fffffff}, .after = {0x7fffffff}}, {4, 4}).problem == &op::Pad::Fits::rule);

template <class Storage>
constexpr std::array<Storage, 4> pad_pair(float value, typename kernels::Pad<Storage>::Parameters parameters = {}) {
  constexpr std::array<Storage, 2> input{1, 2};
  std::array<Storage, 4> output{};
  kernels::Pad<Storage>{{.before = {1}, .after = {1}, .value = value}, {2}, parameters}.run(input, output);
  return output;
}
static_assert(pad_pair<float>(-2.5f) == std::array<float, 4>{-2.5f, 1, 2, -2.5f});
static_assert(pad_pair<std::int8_t>(0.0f, {0.1f, -7}) == std::array<std::int8_t, 4>{-7, 1, 2, -7});
static_assert(pad_pair<std::uint8_t>(2.0f, {0.5f, 128}) == std::array<std::uint8_t, 4>{132, 1, 2, 132});

template <class Storage>
class PadGolden : public testing::Test {};
using Storages = testing::Types<std::int8_t, std::uint8_t, std::int16_t, float>;
TYPED_TEST_SUITE(PadGolden, Storages);

TYPED_TEST(PadGolden, EqualsLiteRT) {
  using Kernel = kernels::Pad<TypeParam>;
  for (const golden::Case& c : golden::cases("pad", element_type_of<TypeParam>)) {
    SCOPED_TRACE(c.name());
    op::Pad op;
    for (std::size_t i = 0; i < c.options().size(); ++i) (i % 2 ? op.after : op.before)[i / 2] = c.option(i);
    typename Kernel::Parameters parameters{};
    if constexpr (Kernel::quantized) {
      parameters = c.quantization("input_0");
      if (c.has("pad_value")) {
        op.value = BasicPerTensor<rounding::Reference, TypeParam>::dequantize(c.values<TypeParam>("pad_value")[0],
                                                                              parameters);
      }
    } else if (c.has("pad_value")) {
      op.value = c.values<float>("pad_value")[0];
    }
    EXPECT_EQ(infer(op, c.shape("input_0")).outputs[0].shape, c.shape("output_0"));
    const auto expected = c.values<TypeParam>("output_0");
    std::vector<TypeParam> actual(expected.size());
    Kernel{op, c.shape("input_0"), parameters}.run(c.values<TypeParam>("input_0"), actual);
    golden::expect_values(expected, actual, 0.0f);
  }
}

}  // namespace
}  // namespace dlpu::ops_pad_test

/// Pack: shape rule and LiteRT's results.

#include "dlpu/ops/pack.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/movement.hpp"

namespace dlpu::ops_pack_test {
namespace {

template <std::size_t N>
constexpr Inferred infer(std::int32_t axis, const std::array<TensorType, N>& inputs) {
  return op::Pack{.axis = axis}.infer(inputs);
}
constexpr std::array<TensorType, 2> pair(const Shape& a, const Shape& b) {
  return {TensorType{a}, TensorType{b}};
}

static_assert(infer(1, pair({3, 4}, {3, 4})).outputs[0].shape == Shape{3, 2, 4});
static_assert(infer(-1, pair({3, 4}, {3, 4})).outputs[0].shape == Shape{3, 4, 2});
static_assert(infer(0, pair({}, {})).outputs[0].shape == Shape{2});
static_assert(infer(3, pair({3, 4}, {3, 4})).problem == &op::Pack::AxisExists::rule);
static_assert(infer(-4, pair({3, 4}, {3, 4})).problem == &op::Pack::AxisExists::rule);
static_assert(infer(0, pair({3, 4}, {4, 3})).problem == &op::Pack::SameType::rule);
static_assert(infer(0, pair({1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1})).problem == &op::Pack::SixDimensions::rule);
static_assert(infer(0, std::array<TensorType, 17>{}).problem == &op::Pack::NeedsInputs::rule);
static_assert(op::Pack{}.infer({}).problem == &op::Pack::NeedsInputs::rule);

TEST(Pack, EqualsLiteRT) {
  golden::for_each_case("pack", 21, []<class Storage>(const golden::Case& c) {
    const op::Pack op{.axis = c.option(0)};
    golden::expect_shapes(op, c);
    std::vector<std::span<const Storage>> inputs;
    for (std::size_t i = 0; i < c.inputs(); ++i) inputs.push_back(c.values<Storage>("input_" + std::to_string(i)));
    const auto expected = c.values<Storage>("output_0");
    std::vector<Storage> actual(expected.size());
    kernels::Pack<Storage>(op, c.shape("input_0"), inputs.size()).run(inputs, actual);
    golden::expect_values(expected, actual, 0.0f);
  });
}

}  // namespace
}  // namespace dlpu::ops_pack_test

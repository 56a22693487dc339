/// TransposeConv: shape rule and LiteRT's results.

#include "dlpu/ops/transpose_conv.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"
#include "support/weighted.hpp"

namespace dlpu::ops_transpose_conv_test {
namespace {

constexpr Inferred infer(const op::TransposeConv& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}
constexpr Shape output(const op::TransposeConv& op, const Shape& input) {
  return infer(op, input).outputs[0].shape;
}

constexpr Shape image{1, 5, 6, 3};
constexpr Padding valid = Padding::valid;
using op::TransposeConv;
static_assert(output({.filters = 8, .kernel = 3, .stride = 2}, image) == Shape{1, 10, 12, 8});
static_assert(output({.filters = 8, .kernel = 3, .stride = 2, .padding = valid}, image) == Shape{1, 11, 13, 8});
static_assert(output({.filters = 8, .kernel = 2, .stride = 3, .padding = valid}, image) == Shape{1, 15, 18, 8});
static_assert(output({.filters = 8, .kernel = 3, .stride = 2, .output = {9, 11}}, image) == Shape{1, 9, 11, 8});
static_assert(infer({.kernel = 3}, image).problem == &TransposeConv::NeedsFilters::rule);
static_assert(infer({.filters = 8}, image).problem == &TransposeConv::NeedsKernel::rule);
static_assert(infer({.filters = 8, .kernel = 3, .stride = 0}, image).problem == &TransposeConv::NeedsStride::rule);
static_assert(infer({.filters = 8, .kernel = 3}, {5, 6, 3}).problem == &TransposeConv::NeedsImage::rule);
static_assert(infer({.filters = 8, .kernel = 3, .padding = Padding::sides(1, 1, 1, 1)}, image).problem ==
              &TransposeConv::SameOrValid::rule);
static_assert(infer({.filters = 8, .kernel = 3, .stride = 2, .output = {11, 12}}, image).problem ==
              &TransposeConv::OutputFits::rule);
static_assert(infer({.filters = 8, .kernel = 3, .stride = 2, .output = -1}, image).problem ==
              &TransposeConv::OutputFits::rule);
static_assert(infer({.filters = 8, .kernel = 3, .stride = 1 << 30}, image).problem ==
              &TransposeConv::OutputFits::rule);

TransposeConv from(const golden::Case& c) {
  const Shape& filter = c.shape("filter");
  return {.filters = filter[0],
          .kernel = {filter[1], filter[2]},
          .stride = {c.option(0), c.option(1)},
          .padding = golden::padding(c.option(2)),
          .activation = static_cast<Activation>(c.option(3)),
          .output = {c.option(4), c.option(5)}};
}

template <class Storage, class Run>
void expect_cases(float tolerance, Run run) {
  for (const golden::Case& c : golden::cases("transpose_conv", element_type_of<Storage>)) {
    SCOPED_TRACE(c.name());
    const TransposeConv op = from(c);
    EXPECT_EQ(output(op, c.shape("input_0")), c.shape("output_0"));
    golden::expect_values(c.values<Storage>("output_0"), run(c, op), tolerance);
  }
}
template <class Storage>
void expect_quantized_cases() {
  expect_cases<Storage>(0.0f, [](const golden::Case& c, const TransposeConv& op) {
    using Kernel = kernels::TransposeConv<Storage, BasicPerChannel<0, rounding::Reference, Storage>>;
    return golden::run_quantized<Kernel, Storage>(c, op.geometry(c.shape("input_0")), op.activation);
  });
}

TEST(TransposeConv, Int8EqualsLiteRT) {
  expect_quantized_cases<std::int8_t>();
}
TEST(TransposeConv, Uint8EqualsLiteRT) {
  expect_quantized_cases<std::uint8_t>();
}
TEST(TransposeConv, FloatEqualsLiteRT) {
  expect_cases<float>(1e-5f, [](const golden::Case& c, const TransposeConv& op) {
    using Kernel = kernels::TransposeConv<float, Unquantized>;
    return golden::run_float<Kernel>(c, op.geometry(c.shape("input_0")), op.activation);
  });
}

}  // namespace
}  // namespace dlpu::ops_transpose_conv_test

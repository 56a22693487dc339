/// MirrorPad: shape rule and LiteRT's results.

#include "dlpu/ops/mirror_pad.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/movement.hpp"

namespace dlpu::ops_mirror_pad_test {
namespace {

constexpr Inferred infer(const op::MirrorPad& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}

static_assert(infer({{0, 1}, {0, 2}}, {3, 4}).outputs[0].shape == Shape{3, 7});
static_assert(infer({{-1}, {}}, {3}).problem == &op::MirrorPad::NotNegative::rule);
static_assert(infer({{0, 1}, {}}, {3}).problem == &op::MirrorPad::DimensionExists::rule);
static_assert(infer({{3}, {}}, {3}).problem == &op::MirrorPad::OneImage::rule);
static_assert(infer({{3}, {3}, Mirror::symmetric}, {3}).outputs[0].shape == Shape{9});
static_assert(infer({{4}, {}, Mirror::symmetric}, {3}).problem == &op::MirrorPad::OneImage::rule);
static_assert(infer({{1 << 30}, {1 << 30}, Mirror::symmetric}, {1 << 30}).problem == &op::MirrorPad::Fits::rule);

template <Mirror M>
constexpr std::array<int, 7> padded = [] {
  const std::array input{1, 2, 3};
  std::array<int, 7> output{};
  kernels::MirrorPad<int>({{2}, {2}, M}, {3}).run(input, output);
  return output;
}();
static_assert(padded<Mirror::reflect> == std::array{3, 2, 1, 2, 3, 2, 1});
static_assert(padded<Mirror::symmetric> == std::array{2, 1, 1, 2, 3, 3, 2});

TEST(MirrorPad, EqualsLiteRT) {
  golden::for_each_case("mirror_pad", 30, []<class Storage>(const golden::Case& c) {
    const auto [before, after] = golden::option_pairs(c, 1);
    const op::MirrorPad op{before, after, c.option(0) == 0 ? Mirror::reflect : Mirror::symmetric};
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::MirrorPad<Storage>(op, c.shape("input_0")), c);
  });
}

}  // namespace
}  // namespace dlpu::ops_mirror_pad_test

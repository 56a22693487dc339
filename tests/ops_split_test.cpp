/// Split, SplitV and Unpack: shape rules and LiteRT's results.

#include "dlpu/ops/split.hpp"

#include <gtest/gtest.h>

#include "support/movement.hpp"

namespace dlpu::ops_split_test {
namespace {

template <class Op>
constexpr Inferred infer(const Op& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}

static_assert(infer(op::Split{-1, 3}, {2, 6}).count == 3);
static_assert(infer(op::Split{-1, 3}, {2, 6}).outputs[2].shape == Shape{2, 2});
static_assert(infer(op::Split{}, {2, 6}).problem == &op::Split::NeedsParts::rule);
static_assert(infer(op::Split{0, 9}, {9}).problem == &op::Split::NeedsParts::rule);
static_assert(infer(op::Split{2, 2}, {2, 6}).problem == &op::Split::AxisExists::rule);
static_assert(infer(op::Split{-3, 2}, {2, 6}).problem == &op::Split::AxisExists::rule);
static_assert(infer(op::Split{1, 4}, {2, 6}).problem == &op::Split::EqualParts::rule);
static_assert(infer(op::SplitV{0, 3, {1, -1, 2}}, {7}).outputs[1].shape == Shape{4});
static_assert(infer(op::SplitV{0, 3, {1, -1, -1}}, {7}).problem == &op::SplitV::SizesFit::rule);
static_assert(infer(op::SplitV{0, 2, {3, 3}}, {7}).problem == &op::SplitV::SizesFit::rule);
static_assert(infer(op::SplitV{0, 2, {7, -1}}, {7}).problem == &op::SplitV::SizesFit::rule);
static_assert(infer(op::SplitV{0, 2, {0x7fffffff, -1}}, {7}).problem == &op::SplitV::SizesFit::rule);
static_assert(infer(op::SplitV{1, 1, {7}}, {7}).problem == &op::SplitV::AxisExists::rule);
static_assert(infer(op::SplitV{}, {7}).problem == &op::SplitV::NeedsParts::rule);
static_assert(infer(op::Unpack{1}, {2, 3, 4}).count == 3);
static_assert(infer(op::Unpack{1}, {2, 3, 4}).outputs[0].shape == Shape{2, 4});
static_assert(infer(op::Unpack{0}, {9, 2}).problem == &op::Unpack::FewParts::rule);
static_assert(infer(op::Unpack{2}, {9, 2}).problem == &op::Unpack::AxisExists::rule);

/// Every part of a case.
template <class Storage, class Op>
void expect_parts(const Op& op, const golden::Case& c) {
  golden::expect_shapes(op, c);
  for (std::int32_t i = 0; c.has("output_" + std::to_string(i)); ++i) {
    golden::expect_moved<Storage>(kernels::StridedCopy<Op, Storage>(op, c.shape("input_0"), i), c,
                                  "output_" + std::to_string(i));
  }
}

TEST(Split, EqualsLiteRT) {
  golden::for_each_case("split", 18, []<class Storage>(const golden::Case& c) {
    expect_parts<Storage>(op::Split{.axis = c.option(0), .parts = c.option(1)}, c);
  });
}

TEST(SplitV, EqualsLiteRT) {
  golden::for_each_case("split_v", 15, []<class Storage>(const golden::Case& c) {
    op::SplitV op{.axis = c.option(0), .parts = static_cast<std::int32_t>(c.options().size()) - 1};
    for (std::size_t i = 1; i < c.options().size(); ++i) op.sizes[i - 1] = c.option(i);
    expect_parts<Storage>(op, c);
  });
}

TEST(Unpack, EqualsLiteRT) {
  golden::for_each_case("unpack", 15, []<class Storage>(const golden::Case& c) {
    expect_parts<Storage>(op::Unpack{.axis = c.option(0)}, c);
  });
}

}  // namespace
}  // namespace dlpu::ops_split_test

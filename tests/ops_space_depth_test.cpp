/// SpaceToDepth and DepthToSpace: shape rules and LiteRT's results.

#include "dlpu/ops/space_depth.hpp"

#include <gtest/gtest.h>

#include "support/movement.hpp"

namespace dlpu::ops_space_depth_test {
namespace {

template <class Op>
constexpr Inferred infer(std::int32_t block, const Shape& input) {
  const TensorType type{input};
  return Op{.block = block}.infer({&type, 1});
}
using op::DepthToSpace, op::SpaceToDepth;

static_assert(infer<SpaceToDepth>(2, {1, 4, 6, 3}).outputs[0].shape == Shape{1, 2, 3, 12});
static_assert(infer<SpaceToDepth>(0, {1, 4, 6, 3}).problem == &SpaceToDepth::NeedsBlock::rule);
static_assert(infer<SpaceToDepth>(2, {4, 6, 3}).problem == &SpaceToDepth::NeedsImage::rule);
static_assert(infer<SpaceToDepth>(4, {1, 4, 6, 3}).problem == &SpaceToDepth::WholeBlocks::rule);
static_assert(infer<SpaceToDepth>(1 << 16, {1, 1 << 16, 1 << 16, 3}).problem == &SpaceToDepth::Fits::rule);
static_assert(infer<DepthToSpace>(2, {1, 2, 3, 12}).outputs[0].shape == Shape{1, 4, 6, 3});
static_assert(infer<DepthToSpace>(0, {1, 2, 3, 12}).problem == &DepthToSpace::NeedsBlock::rule);
static_assert(infer<DepthToSpace>(2, {2, 3, 12}).problem == &DepthToSpace::NeedsImage::rule);
static_assert(infer<DepthToSpace>(5, {1, 2, 3, 12}).problem == &DepthToSpace::WholeBlocks::rule);
static_assert(infer<DepthToSpace>(2, {1, 1 << 30, 1, 4}).problem == &DepthToSpace::Fits::rule);

TEST(SpaceToDepth, EqualsLiteRT) {
  golden::for_each_case("space_to_depth", 12, []<class Storage>(const golden::Case& c) {
    const SpaceToDepth op{.block = c.option(0)};
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::SpaceToDepth<Storage>(op, c.shape("input_0")), c);
  });
}

TEST(DepthToSpace, EqualsLiteRT) {
  golden::for_each_case("depth_to_space", 12, []<class Storage>(const golden::Case& c) {
    const DepthToSpace op{.block = c.option(0)};
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::DepthToSpace<Storage>(op, c.shape("input_0")), c);
  });
}

}  // namespace
}  // namespace dlpu::ops_space_depth_test

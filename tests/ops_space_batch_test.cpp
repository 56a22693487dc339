/// SpaceToBatchNd and BatchToSpaceNd: shape rules and LiteRT's results.

#include "dlpu/ops/space_batch.hpp"

#include <gtest/gtest.h>

#include "support/movement.hpp"

namespace dlpu::ops_space_batch_test {
namespace {

template <class Op>
constexpr Inferred infer(const Op& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}
using op::BatchToSpaceNd, op::SpaceToBatchNd;

constexpr Shape image{1, 4, 5, 3};
static_assert(infer(SpaceToBatchNd{2, {0, 0, 1, 0}}, image).outputs[0].shape == Shape{4, 2, 3, 3});
static_assert(infer(SpaceToBatchNd{}, image).problem == &SpaceToBatchNd::NeedsBlock::rule);
static_assert(infer(SpaceToBatchNd{2}, {4, 5, 3}).problem == &SpaceToBatchNd::NeedsImage::rule);
static_assert(infer(SpaceToBatchNd{2, {-1}}, image).problem == &SpaceToBatchNd::NotNegative::rule);
static_assert(infer(SpaceToBatchNd{2}, image).problem == &SpaceToBatchNd::WholeBlocks::rule);
static_assert(infer(SpaceToBatchNd{2, {0x7fffffff}}, image).problem == &SpaceToBatchNd::Fits::rule);
static_assert(infer(BatchToSpaceNd{2, {0, 0, 1, 0}}, {4, 2, 3, 3}).outputs[0].shape == image);
static_assert(infer(BatchToSpaceNd{}, image).problem == &BatchToSpaceNd::NeedsBlock::rule);
static_assert(infer(BatchToSpaceNd{1}, {4, 5, 3}).problem == &BatchToSpaceNd::NeedsImage::rule);
static_assert(infer(BatchToSpaceNd{2}, image).problem == &BatchToSpaceNd::WholeBlocks::rule);
static_assert(infer(BatchToSpaceNd{1, {2, 2}}, image).problem == &BatchToSpaceNd::CropFits::rule);
static_assert(infer(BatchToSpaceNd{1, {-1}}, image).problem == &BatchToSpaceNd::CropFits::rule);
static_assert(infer(BatchToSpaceNd{2}, {4, 1 << 30, 1, 1}).problem == &BatchToSpaceNd::Fits::rule);

template <class Op>
Op from(const golden::Case& c) {
  return {{c.option(0), c.option(1)}, {c.option(2), c.option(3), c.option(4), c.option(5)}};
}

TEST(SpaceToBatchNd, EqualsLiteRT) {
  golden::for_each_case("space_to_batch_nd", 12, []<class Storage>(const golden::Case& c) {
    const auto op = from<SpaceToBatchNd>(c);
    golden::expect_shapes(op, c);
    const auto zero = static_cast<Storage>(c.quantized("input_0") ? c.zero_point("input_0") : 0);
    golden::expect_moved<Storage>(kernels::SpaceToBatchNd<Storage>(op, c.shape("input_0"), zero), c);
  });
}

TEST(BatchToSpaceNd, EqualsLiteRT) {
  golden::for_each_case("batch_to_space_nd", 12, []<class Storage>(const golden::Case& c) {
    const auto op = from<BatchToSpaceNd>(c);
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::BatchToSpaceNd<Storage>(op, c.shape("input_0")), c);
  });
}

}  // namespace
}  // namespace dlpu::ops_space_batch_test

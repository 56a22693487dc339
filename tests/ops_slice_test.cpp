/// Slice and StridedSlice: shape rules, small cases in constant expressions, and LiteRT's results.

#include "dlpu/ops/slice.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/movement.hpp"

namespace dlpu::ops_slice_test {
namespace {

template <class Op>
constexpr Inferred infer(const Op& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}
template <class Op>
constexpr Shape output(const Op& op, const Shape& input) {
  return infer(op, input).outputs[0].shape;
}
template <std::size_t N, class Op>
constexpr std::array<int, N> moved(const Op& op, const Shape& shape) {
  std::array<int, 64> input{};
  for (int i = 0; i < 64; ++i) input[static_cast<std::size_t>(i)] = i;
  std::array<int, N> result{};
  kernels::StridedCopy<Op, int>(op, shape).run(input, result);
  return result;
}

static_assert(output(op::Slice{{0, 1}, {0, 2}}, {3, 4}) == Shape{3, 2});
static_assert(output(op::Slice{{2}, {-1}}, {5}) == Shape{3});
static_assert(moved<4>(op::Slice{{1, 1}, {2, 2}}, {3, 4}) == std::array{5, 6, 9, 10});
static_assert(infer(op::Slice{{3}, {}}, {3}).problem == &op::Slice::Inside::rule);
static_assert(infer(op::Slice{{-1}, {}}, {3}).problem == &op::Slice::Inside::rule);
static_assert(infer(op::Slice{{1}, {3}}, {3}).problem == &op::Slice::Inside::rule);
static_assert(infer(op::Slice{{1}, {0x7fffffff}}, {3}).problem == &op::Slice::Inside::rule);
static_assert(infer(op::Slice{{0}, {-2}}, {3}).problem == &op::Slice::Inside::rule);
static_assert(infer(op::Slice{{0, 1}, {}}, {3}).problem == &op::Slice::DimensionExists::rule);

using Strided = op::StridedSlice;
static_assert(output(Strided{}, {3, 4}) == Shape{3, 4});
static_assert(moved<3>(Strided{{5}, {0}, {-2}}, {6}) == std::array{5, 3, 1});
static_assert(moved<6>(Strided{.begin = {0}, .end = {0}, .stride = {-1}, .begin_mask = 1, .end_mask = 1}, {6}) ==
              std::array{5, 4, 3, 2, 1, 0});
static_assert(moved<2>(Strided{{0, -2}, {0, 99}, {1, 1}, 0, 0, 1}, {2, 4}) == std::array{2, 3});
static_assert(output(Strided{{0, -2}, {0, 99}, {1, 1}, 0, 0, 1}, {2, 4}) == Shape{2});
static_assert(infer(Strided{{2}, {2}, {1}}, {4}).problem == &Strided::NotEmpty::rule);
static_assert(infer(Strided{{0}, {4}, {-1}}, {4}).problem == &Strided::NotEmpty::rule);
static_assert(infer(Strided{{4}, {5}, {1}, 0, 0, 1}, {4}).problem == &Strided::ShrunkInside::rule);
static_assert(infer(Strided{{-5}, {0}, {1}, 0, 0, 1}, {4}).problem == &Strided::ShrunkInside::rule);
static_assert(infer(Strided{{1}, {0}, {-1}, 0, 0, 1}, {4}).problem == &Strided::ShrunkInside::rule);
static_assert(infer(Strided{{0, 0}, {1, 1}, {1, 1}}, {4}).problem == &Strided::DimensionExists::rule);
static_assert(infer(Strided{{1}, {2}}, {4}).problem == &Strided::NeedsStride::rule);
// The extremes of 32 bits are only numbers beyond the ends.
static_assert(output(Strided{{-0x7fffffff - 1}, {0x7fffffff}, {0x7fffffff}}, {4}) == Shape{1});
static_assert(output(Strided{{0x7fffffff}, {-0x7fffffff - 1}, {-0x7fffffff - 1}}, {4}) == Shape{1});

TEST(Slice, EqualsLiteRT) {
  golden::for_each_case("slice", 20, []<class Storage>(const golden::Case& c) {
    const auto [begin, size] = golden::option_pairs(c);
    const op::Slice op{begin, size};
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::Slice<Storage>(op, c.shape("input_0")), c);
  });
}

TEST(StridedSlice, EqualsLiteRT) {
  golden::for_each_case("strided_slice", 30, []<class Storage>(const golden::Case& c) {
    op::StridedSlice op{.begin_mask = c.option(0), .end_mask = c.option(1), .shrink_axis_mask = c.option(2)};
    for (std::size_t i = 0; 3 + 3 * i < c.options().size(); ++i) {
      op.begin[i] = c.option(3 + 3 * i);
      op.end[i] = c.option(4 + 3 * i);
      op.stride[i] = c.option(5 + 3 * i);
    }
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::StridedSlice<Storage>(op, c.shape("input_0")), c);
  });
}

}  // namespace
}  // namespace dlpu::ops_slice_test

/// ResizeNearestNeighbor and ResizeBilinear: shape rules and LiteRT's results.

#include "dlpu/ops/resize.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/movement.hpp"

namespace dlpu::ops_resize_test {
namespace {

template <class Op>
constexpr Inferred infer(const Op& op, const Shape& input) {
  const TensorType type{input};
  return op.infer({&type, 1});
}
using op::ResizeBilinear, op::ResizeNearestNeighbor;

static_assert(infer(ResizeNearestNeighbor{.size = {8, 6}}, {2, 4, 4, 3}).outputs[0].shape == Shape{2, 8, 6, 3});
static_assert(infer(ResizeNearestNeighbor{}, {2, 4, 4, 3}).problem == &op::resize::NeedsSize::rule);
static_assert(infer(ResizeNearestNeighbor{.size = 2}, {4, 4, 3}).problem == &op::resize::NeedsImage::rule);
static_assert(infer(ResizeBilinear{.size = 2}, {1, 0, 4, 3}).problem == &op::resize::NeedsImage::rule);
static_assert(infer(ResizeBilinear{.size = 2, .align_corners = 1, .half_pixel_centers = 1}, {1, 4, 4, 3}).problem ==
              &ResizeBilinear::OneKind::rule);

template <class Kernel, class Op, class T>
constexpr auto row_of_four(const Op& op, const std::array<T, 2>& input) {
  std::array<T, 4> output{};
  Kernel(op, {1, 1, 2, 1}).run(input, output);
  return output;
}
static_assert(row_of_four<kernels::ResizeNearestNeighbor<int>>(ResizeNearestNeighbor{.size = {1, 4}},
                                                               std::array{1, 2}) == std::array{1, 1, 2, 2});
static_assert(row_of_four<kernels::ResizeBilinear<float>>(ResizeBilinear{.size = {1, 4}, .half_pixel_centers = 1},
                                                          std::array{0.0f, 4.0f}) ==
              std::array{0.0f, 1.0f, 3.0f, 4.0f});
// int8 rounds halves away from zero, uint8 up.
static_assert(row_of_four<kernels::ResizeBilinear<std::int8_t>>(ResizeBilinear{.size = {1, 4}},
                                                                std::array<std::int8_t, 2>{-2, 1}) ==
              std::array<std::int8_t, 4>{-2, -1, 1, 1});
static_assert(row_of_four<kernels::ResizeBilinear<std::uint8_t>>(ResizeBilinear{.size = {1, 4}},
                                                                 std::array<std::uint8_t, 2>{2, 5}) ==
              std::array<std::uint8_t, 4>{2, 4, 5, 5});

template <class Op>
Op from(const golden::Case& c) {
  return {{c.option(0), c.option(1)}, c.option(2), c.option(3)};
}

TEST(ResizeNearestNeighbor, EqualsLiteRT) {
  golden::for_each_case("resize_nearest_neighbor", 36, []<class Storage>(const golden::Case& c) {
    const auto op = from<ResizeNearestNeighbor>(c);
    golden::expect_shapes(op, c);
    golden::expect_moved<Storage>(kernels::ResizeNearestNeighbor<Storage>(op, c.shape("input_0")), c);
  });
}

TEST(ResizeBilinear, EqualsLiteRT) {
  golden::for_each_case("resize_bilinear", 80, []<class Storage>(const golden::Case& c) {
    const auto op = from<ResizeBilinear>(c);
    golden::expect_shapes(op, c);
    if constexpr (sizeof(Storage) == 1 || std::is_same_v<Storage, float>) {
      golden::expect_moved<Storage>(kernels::ResizeBilinear<Storage>(op, c.shape("input_0")), c);
    }
  });
}

}  // namespace
}  // namespace dlpu::ops_resize_test

#include "dlpu/core/tensor.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "dlpu/core/result.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::core_tensor_test {
namespace {

using Image = Extents<1, 4, 5, 3>;
using Rows = Extents<dynamic, 3>;
using Batches = Extents<dynamic, 2, dynamic>;

// Shape
static_assert(Shape{1, 4, 5, 3}.elements() == 60);
static_assert(Shape{1, 4, 5, 3}.channels() == 3);
static_assert(Shape{}.elements() == 1 && Shape{}.channels() == 1);
static_assert(Shape{2, 3} == Shape{2, 3} && Shape{2, 3} != Shape{2, 3, 1} && Shape{2, 3} != Shape{3, 2});
static_assert(Size2D(3) == Size2D(3, 3));

// Extents
static_assert(Image::rank == 4 && Image::is_static && Image{}.size() == 60);
static_assert(std::is_empty_v<Extents<1, 2>> && sizeof(Rows) == sizeof(std::int32_t));
static_assert(Image{}.offset(0, 0, 0, 0) == 0 && Image{}.offset(0, 3, 4, 2) == 59 &&
              Image{}.offset(0, 1, 0, 0) == 15);
static_assert(Image{}.shape() == Shape{1, 4, 5, 3});
static_assert(!Rows::is_static && Rows::dynamic_rank == 1 && Rows{7}.size() == 21);
static_assert(Batches{4, 6}.extent(0) == 4 && Batches{4, 6}.extent(1) == 2 && Batches{4, 6}.extent(2) == 6);
static_assert(Batches{4, 6}.offset(3, 1, 5) == 47);
static_assert(Batches{4, 6} == Batches{4, 6} && Batches{4, 6} != Batches{4, 7});
static_assert(Extents<>{}.size() == 1);
struct ImageShape {
  static constexpr Shape shape = {1, 4, 5, 3};
};
static_assert(std::is_same_v<ExtentsOf<ImageShape>, Image>);
static_assert(!std::is_constructible_v<Image, int> && !std::is_constructible_v<Rows, int, int>);

// Views are as small as what is not in their type.
static_assert(sizeof(TensorView<float, Image, Unquantized>) == sizeof(float*));
static_assert(std::is_trivially_copyable_v<TensorView<float, Rows, PerTensor>>);

// A mutable view serves as a read-only one, never the other way, and policies do not mix.
using View = TensorView<std::int8_t, Image, PerTensor>;
using ConstView = TensorView<const std::int8_t, Image, PerTensor>;
static_assert(std::is_convertible_v<View, ConstView> && !std::is_convertible_v<ConstView, View>);
static_assert(!std::is_convertible_v<View, TensorView<const std::int8_t, Image, PowerOfTwo>>);
static_assert(!std::is_convertible_v<View, TensorView<const std::int8_t, Extents<1, 5, 4, 3>, PerTensor>>);
static_assert(std::is_convertible_v<Tensor<std::int8_t, Image, PerTensor>&, View>);
static_assert(std::is_convertible_v<const Tensor<std::int8_t, Image, PerTensor>&, ConstView>);
static_assert(!std::is_convertible_v<const Tensor<std::int8_t, Image, PerTensor>&, View>);

constexpr float third_in_a_constant() {
  constexpr std::array<std::int8_t, 4> stored{1, 2, 3, 4};
  const TensorView<const std::int8_t, Extents<2, 2>, PerTensor> view(std::span<const std::int8_t>(stored), {0.5f, 1});
  return view.dequantize(1, 0);
}
static_assert(third_in_a_constant() == 1.0f);

template <class Pointer>
bool aligned(Pointer* data) {
  return reinterpret_cast<std::uintptr_t>(data) % alignment == 0;
}

TEST(Tensor, IsAlignedZeroedAndInTheObjectWhereStatic) {
  Tensor<std::int8_t, Image, PerTensor> tensor;
  EXPECT_TRUE(aligned(tensor.data()));
  EXPECT_GE(sizeof(tensor), 60u);
  for (std::int8_t value : tensor.span()) EXPECT_EQ(value, 0);
  tensor(0, 3, 4, 2) = 7;
  EXPECT_EQ(tensor.span().back(), 7);
  EXPECT_EQ(tensor(59), 7);
}

TEST(Tensor, IsOnTheHeapWhereADimensionIsDynamic) {
  Tensor<float, Rows, Unquantized> tensor{Rows{5}};
  EXPECT_TRUE(aligned(tensor.data()));
  EXPECT_EQ(tensor.size(), 15u);
  EXPECT_EQ(tensor.extents().shape(), (Shape{5, 3}));
  tensor(4, 2) = 2.5f;
  const float* data = tensor.data();
  const Tensor<float, Rows, Unquantized> moved = std::move(tensor);
  EXPECT_EQ(moved.data(), data);
  EXPECT_EQ(moved(4, 2), 2.5f);
  EXPECT_EQ(moved.dequantize(4, 2), 2.5f);
}

TEST(Tensor, DequantizesWithOneScale) {
  Tensor<std::uint8_t, Extents<2>, BasicPerTensor<rounding::Reference, std::uint8_t>> tensor{{0.5f, 128}};
  tensor(0) = 130;
  tensor(1) = 0;
  EXPECT_EQ(tensor.dequantize(0), 1.0f);
  EXPECT_EQ(tensor.dequantize(1), -64.0f);
  tensor.set_parameters({2.0f, 0});
  EXPECT_EQ(tensor.dequantize(0), 260.0f);
}

TEST(Tensor, DequantizesWithAScalePerChannel) {
  const std::array<float, 2> scales{0.5f, 4.0f};
  Tensor<std::int8_t, Extents<2, 3>, BasicPerChannel<0>> rows{ChannelQuantization{scales}};
  Tensor<std::int8_t, Extents<3, 2>, BasicPerChannel<1>> columns{ChannelQuantization{scales}};
  for (std::int8_t& value : rows.span()) value = 3;
  for (std::int8_t& value : columns.span()) value = 3;
  EXPECT_EQ(rows.dequantize(0, 2), 1.5f);
  EXPECT_EQ(rows.dequantize(1, 0), 12.0f);
  EXPECT_EQ(columns.dequantize(2, 0), 1.5f);
  EXPECT_EQ(columns.dequantize(0, 1), 12.0f);
}

TEST(TensorView, SharesTheDataOfItsOwner) {
  Tensor<std::int8_t, Image, PerTensor> tensor{{0.25f, 3}};
  const View view = tensor;
  view(0, 0, 0, 1) = 11;
  EXPECT_EQ(tensor(1), 11);
  const ConstView constant = view;
  EXPECT_EQ(constant.data(), tensor.data());
  EXPECT_EQ(constant.parameters(), (Quantization{0.25f, 3}));
  EXPECT_EQ(constant.dequantize(0, 0, 0, 1), 2.0f);
  EXPECT_EQ(constant[1], 11);
  EXPECT_EQ(constant.span().size(), 60u);
  EXPECT_EQ(constant.end() - constant.begin(), 60);
}

TEST(Shape, PrintsItsDimensions) {
  EXPECT_EQ(to_string(Shape{1, 96, 96, 3}), "[1, 96, 96, 3]");
  EXPECT_EQ(to_string(Shape{}), "[]");
}

TEST(AlignedBuffer, IsAlignedZeroedAndMoves) {
  AlignedBuffer buffer(100);
  EXPECT_TRUE(aligned(buffer.data()));
  EXPECT_EQ(buffer.size(), 100u);
  for (std::byte value : buffer.bytes()) EXPECT_EQ(value, std::byte{0});
  buffer.data()[99] = std::byte{5};
  AlignedBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.bytes()[99], std::byte{5});
  AlignedBuffer other(3);
  other = std::move(moved);
  EXPECT_EQ(other.size(), 100u);
  EXPECT_EQ(AlignedBuffer().data(), nullptr);
  EXPECT_EQ(AlignedBuffer(0).size(), 0u);
}

TEST(StaticBuffer, IsAlignedAndNeverEmpty) {
  StaticBuffer<100> buffer;
  EXPECT_TRUE(aligned(buffer.data));
  EXPECT_EQ(buffer.bytes().size(), 100u);
  EXPECT_EQ(sizeof(buffer), 128u);
  EXPECT_EQ(sizeof(StaticBuffer<0>), alignment);
}

Result<std::string> half_of(int number) {
  if (number % 2) return Error{"the number is odd"};
  return std::to_string(number / 2);
}

TEST(Result, HoldsAValueOrASentence) {
  const Result<std::string> good = half_of(8);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "4");
  EXPECT_EQ(good->size(), 1u);
  EXPECT_EQ(good.error(), "");
  const Result<std::string> bad = half_of(7);
  EXPECT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error(), "the number is odd");
  EXPECT_EQ(*half_of(4), "2");
  EXPECT_TRUE(Result<void>());
  EXPECT_EQ(Result<void>(Error{"no"}).error(), "no");
}

}  // namespace
}  // namespace dlpu::core_tensor_test

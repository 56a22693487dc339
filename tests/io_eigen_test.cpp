#include "dlpu/io/eigen.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <type_traits>

namespace dlpu::io_eigen_test {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

static_assert(io::MatrixOf<float, Extents<2, 3, 4, 5>>::RowsAtCompileTime == 24);
static_assert(io::MatrixOf<float, Extents<2, 3, 4, 5>>::ColsAtCompileTime == 5);
static_assert(io::MatrixOf<float, Extents<dynamic, 3, 4, 5>>::RowsAtCompileTime == Eigen::Dynamic);
static_assert(io::MatrixOf<float, Extents<2, dynamic>>::ColsAtCompileTime == Eigen::Dynamic);
static_assert(io::MatrixOf<float, Extents<7>>::RowsAtCompileTime == 1);

TEST(Eigen, AnImageIsAMatrixOfPlacesAndChannels) {
  Tensor<float, Extents<1, 2, 3, 2>, Unquantized> image;
  std::iota(image.span().begin(), image.span().end(), 0.0f);
  auto matrix = io::as_matrix(image.view());
  ASSERT_EQ(matrix.rows(), 6);
  ASSERT_EQ(matrix.cols(), 2);
  EXPECT_EQ(matrix(4, 1), image(0, 1, 1, 1));
  EXPECT_EQ(matrix.col(0).sum(), 0.0f + 2 + 4 + 6 + 8 + 10);
  matrix(5, 0) = -1.0f;
  EXPECT_EQ(image(0, 1, 2, 0), -1.0f);
}

TEST(Eigen, ReadOnlyAndDynamicTensorsHaveMatricesToo) {
  using Rows = Extents<dynamic, 3>;
  Tensor<std::int8_t, Rows, PerTensor> tensor{Rows{2}, {0.5f, 1}};
  tensor(1, 2) = 9;
  const auto& constant = tensor;
  const auto matrix = io::as_matrix(constant.view());
  static_assert(std::is_const_v<std::remove_pointer_t<decltype(matrix.data())>>);
  EXPECT_EQ(matrix.rows(), 2);
  EXPECT_EQ(matrix(1, 2), 9);
}

TEST(Eigen, OneChannelIsAColumn) {
  Tensor<float, Extents<1, 2, 2, 1>, Unquantized> image;
  image(0, 1, 0, 0) = 3.0f;
  const auto matrix = io::as_matrix(image.view());
  EXPECT_EQ(matrix.rows(), 4);
  EXPECT_EQ(matrix.cols(), 1);
  EXPECT_EQ(matrix(2, 0), 3.0f);
}

TEST(Eigen, AMatrixIsATensor) {
  RowMajor matrix(6, 2);
  for (int i = 0; i < 12; ++i) matrix(i / 2, i % 2) = static_cast<float>(i);
  const auto image = io::as_tensor<Unquantized>(matrix, Extents<1, 2, 3, 2>{});
  EXPECT_EQ(image(0, 1, 1, 1), 9.0f);
  EXPECT_EQ(image.data(), matrix.data());
  const auto flat = io::as_tensor<Unquantized>(matrix);
  EXPECT_EQ(flat.extents().shape(), (Shape{6, 2}));
  flat(0, 1) = -2.0f;
  EXPECT_EQ(matrix(0, 1), -2.0f);
}

TEST(Eigen, AMapOfConstantsIsAReadOnlyTensor) {
  const std::int8_t stored[] = {1, 2, 3, 4, 5, 6};
  const Eigen::Map<const Eigen::Matrix<std::int8_t, 2, 3, Eigen::RowMajor>> map(stored);
  const auto tensor = io::as_tensor<PerTensor>(map, {0.5f, 2});
  static_assert(std::is_same_v<decltype(tensor)::element_type, const std::int8_t>);
  EXPECT_EQ(tensor.dequantize(1, 0), 1.0f);
}

}  // namespace
}  // namespace dlpu::io_eigen_test

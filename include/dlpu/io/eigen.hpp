#pragma once

/// Tensors as Eigen matrices and back, without a copy. Optional: the one header here that needs Eigen.

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "dlpu/core/tensor.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

namespace detail {

/// The product of all dimensions but the innermost; `Eigen::Dynamic` where one is dynamic.
template <class Extents>
[[nodiscard]] constexpr int matrix_rows() {
  static_assert(Extents::rank > 0, "as_matrix: a scalar has no channels; take element 0");
  std::int64_t rows = 1;
  for (std::size_t i = 0; i + 1 < Extents::rank; ++i) {
    if (Extents::static_dims[i] == dynamic) return Eigen::Dynamic;
    rows *= Extents::static_dims[i];
  }
  return static_cast<int>(rows);
}

/// The innermost dimension; `Eigen::Dynamic` where it is dynamic.
template <class Extents>
[[nodiscard]] constexpr int matrix_columns() {
  constexpr std::int32_t last = Extents::rank == 0 ? 1 : Extents::static_dims[Extents::rank - 1];
  return last == dynamic ? Eigen::Dynamic : last;
}

/// Row-major, except that Eigen demands column-major of a single column; its elements lie the same way.
template <class Scalar, int Rows, int Columns>
using RowMajorMatrix =
    Eigen::Matrix<Scalar, Rows, Columns, Columns == 1 && Rows != 1 ? Eigen::ColMajor : Eigen::RowMajor>;

}  // namespace detail

/// The matrix that views a tensor: one row for each place, one column for each channel (the innermost dimension).
/// An NHWC image is [N * H * W, C], a tensor of rank 2 is itself.
template <class Element, class Extents>
using MatrixOf = std::conditional_t<
    std::is_const_v<Element>,
    const detail::RowMajorMatrix<std::remove_const_t<Element>, detail::matrix_rows<Extents>(),
                                 detail::matrix_columns<Extents>()>,
    detail::RowMajorMatrix<Element, detail::matrix_rows<Extents>(), detail::matrix_columns<Extents>()>>;

/// A map of a tensor's stored elements. Writing to it writes to the tensor.
///
///     dlpu::io::as_matrix(output.view()).rowwise().sum()
template <class Element, class Extents, class Policy>
[[nodiscard]] Eigen::Map<MatrixOf<Element, Extents>> as_matrix(const TensorView<Element, Extents, Policy>& tensor) {
  const auto columns = static_cast<Eigen::Index>(tensor.extents().extent(Extents::rank - 1));
  Eigen::Index rows = 1;
  for (std::size_t i = 0; i + 1 < Extents::rank; ++i) rows *= tensor.extents().extent(i);
  return {tensor.data(), rows, columns};
}

/// A view of a row-major matrix as a tensor of any extents with as many elements: the rows are its places, the
/// columns its channels. The matrix must outlive the view, and its rows must lie side by side.
///
///     auto input = dlpu::io::as_tensor<dlpu::PerTensor>(matrix, dlpu::Extents<1, 8, 8, 3>{}, {0.02f, -4});
template <class Policy, class Extents, class Matrix>
[[nodiscard]] auto as_tensor(Matrix& matrix, Extents extents, typename Policy::Parameters parameters = {}) {
  using Element = std::remove_reference_t<decltype(*matrix.data())>;
  static_assert(Matrix::IsRowMajor || Matrix::ColsAtCompileTime == 1,
                "as_tensor: the matrix must be row-major; use Eigen::Matrix<T, Rows, Columns, Eigen::RowMajor>");
  DLPU_ASSERT(matrix.innerStride() == 1 &&
              (matrix.rows() <= 1 || matrix.outerStride() == matrix.innerSize() || Matrix::ColsAtCompileTime == 1));
  DLPU_ASSERT(static_cast<std::size_t>(matrix.size()) == extents.size());
  return TensorView<Element, Extents, Policy>(matrix.data(), extents, parameters);
}

/// A view of a row-major matrix as a tensor of rank 2.
template <class Policy, class Matrix>
[[nodiscard]] auto as_tensor(Matrix& matrix, typename Policy::Parameters parameters = {}) {
  return as_tensor<Policy>(matrix, Extents<dynamic, dynamic>(matrix.rows(), matrix.cols()), parameters);
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

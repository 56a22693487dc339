#pragma once

/// BatchMatMul: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/batch_matmul.hpp"
#include "dlpu/ops/pair_shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// [..., rows, depth] times [..., depth, columns]. The outer dimensions are aligned at the last of them, and a dimension
/// of size 1 repeats. Either matrix may be given transposed.
struct BatchMatMul {
  static constexpr std::string_view name = "BATCH_MATMUL";

  std::int32_t transpose_first = 0;   ///< not 0: the first input is [..., depth, rows]
  std::int32_t transpose_second = 0;  ///< not 0: the second input is [..., columns, depth]

  DLPU_RULE(Matrices, "BatchMatMul: both inputs must have from two to five dimensions", "");
  DLPU_RULE(DepthsMatch, "BatchMatMul: the first input must have as many columns as the second has rows", "");
  DLPU_RULE(NotEmpty, "BatchMatMul: an input has no elements", "");
  using rules = type_list<pair_rule::NeedsTwoInputs, pair_rule::SameElement, Matrices, DepthsMatch, NotEmpty,
                          pair_rule::ShapesMatch>;

  /// All dimensions but the last two.
  [[nodiscard]] static constexpr Shape outer(const Shape& shape) {
    Shape result = shape;
    result.rank = shape.rank - 2;
    return result;
  }
  [[nodiscard]] constexpr reference::MatMulGeometry geometry(const Shape& first, const Shape& second) const {
    const std::int32_t a = first[first.rank - 2], b = first[first.rank - 1], c = second[second.rank - 2],
                       d = second[second.rank - 1];
    reference::MatMulGeometry g;
    g.rows = transpose_first ? b : a;
    g.depth = transpose_first ? a : b;
    g.columns = transpose_second ? c : d;
    g.first_row = transpose_first ? 1 : b;
    g.first_depth = transpose_first ? b : 1;
    g.second_depth = transpose_second ? 1 : d;
    g.second_column = transpose_second ? d : 1;
    g.batches = reference::broadcast(outer(first), outer(second));
    return g;
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 2) return pair_rule::NeedsTwoInputs::rule;
    if (inputs[0].element != inputs[1].element) return pair_rule::SameElement::rule;
    const Shape &first = inputs[0].shape, &second = inputs[1].shape;
    if (first.rank < 2 || second.rank < 2 || first.rank > 5 || second.rank > 5) return Matrices::rule;
    if (first.elements() < 1 || second.elements() < 1) return NotEmpty::rule;
    if (geometry(first, second).depth != second[second.rank - (transpose_second ? 1 : 2)]) return DepthsMatch::rule;
    const TensorType batches[] = {{outer(first), inputs[0].element}, {outer(second), inputs[1].element}};
    Inferred inferred = infer_pair(batches);
    if (inferred.problem) return inferred;
    inferred.outputs[0].shape.push_back(first[first.rank - (transpose_first ? 1 : 2)]);
    inferred.outputs[0].shape.push_back(second[second.rank - (transpose_second ? 2 : 1)]);
    return inferred;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes inputs, const Shape& output) const {
    const Shape& first = inputs[0].shape;
    return output.elements() * first[first.rank - (transpose_first ? 2 : 1)];
  }
};

}  // namespace op

namespace kernels {

/// How the tensors of a BatchMatMul are quantized.
struct MatMulQuantization {
  Quantization first, second, output;
};

/// BatchMatMul on two shapes. `Storage` is int8 or uint8; the policy chooses the rounding.
///
///     dlpu::kernels::BatchMatMul<std::int8_t, dlpu::PerTensor> product{{}, {4, 8, 16}, {16, 8}, {a_q, b_q, c_q}};
///     product.run(a, b, c);
template <class Storage, class Policy>
class BatchMatMul {
  using R = typename Policy::Rounding;

 public:
  constexpr BatchMatMul(const op::BatchMatMul& op, const Shape& first, const Shape& second,
                        const MatMulQuantization& q)
      : geometry_(op.geometry(first, second)),
        quantization_(q),
        multiplier_(R::multiplier(tensor_multiplier(q.first.scale, q.second.scale, q.output.scale))) {}

  /// As many elements as the shapes have, row-major.
  constexpr void run(std::span<const Storage> first, std::span<const Storage> second,
                     std::span<Storage> output) const {
    const Requantization<R> requantization{{&multiplier_, 1},
                                           quantization_.output.zero_point,
                                           activation_range<Storage>(Activation::none, quantization_.output)};
    reference::batch_matmul(geometry_, first.data(), quantization_.first.zero_point, second.data(),
                            quantization_.second.zero_point, requantization, output.data());
  }

 private:
  reference::MatMulGeometry geometry_;
  MatMulQuantization quantization_;
  typename R::Multiplier multiplier_;
};

/// BatchMatMul in float32.
template <>
class BatchMatMul<float, Unquantized> {
 public:
  constexpr BatchMatMul(const op::BatchMatMul& op, const Shape& first, const Shape& second)
      : geometry_(op.geometry(first, second)) {}

  constexpr void run(std::span<const float> first, std::span<const float> second, std::span<float> output) const {
    reference::batch_matmul(geometry_, first.data(), second.data(), output.data());
  }

 private:
  reference::MatMulGeometry geometry_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

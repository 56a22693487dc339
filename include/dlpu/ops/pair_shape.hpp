#pragma once

/// The shape of a function of two tensors, element by element: shapes are aligned at their last dimensions, and a
/// dimension of size 1 repeats, as in numpy.

#include "dlpu/kernels/reference/broadcast.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace pair_rule {
DLPU_RULE(NeedsTwoInputs, "A function of two tensors: needs two inputs", "");
DLPU_RULE(SameElement,
          "A function of two tensors: both inputs must have the same element type; quantize, dequantize or cast one",
          "");
DLPU_RULE(ShapesMatch, "A function of two tensors: the shapes differ in a dimension that is 1 in neither of them",
          "");
using rules = type_list<NeedsTwoInputs, SameElement, ShapesMatch>;
}  // namespace pair_rule

[[nodiscard]] constexpr Inferred infer_pair(TensorTypes inputs) {
  if (inputs.size() != 2) return pair_rule::NeedsTwoInputs::rule;
  if (inputs[0].element != inputs[1].element) return pair_rule::SameElement::rule;
  const Shape &first = inputs[0].shape, &second = inputs[1].shape;
  TensorType output{first.rank < second.rank ? second : first, inputs[0].element};
  for (std::int32_t axis = 0; axis < output.shape.rank; ++axis) {
    const std::int32_t a = reference::aligned_dimension(first, output.shape.rank, axis);
    const std::int32_t b = reference::aligned_dimension(second, output.shape.rank, axis);
    if (a != b && a != 1 && b != 1) return pair_rule::ShapesMatch::rule;
    output.shape[axis] = a == 1 ? b : a;
  }
  return output;
}

}  // namespace dlpu::inline DLPU_ABI

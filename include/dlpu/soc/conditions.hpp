#pragma once

/// Questions about an operator that several chips ask.

#include <cstddef>
#include <cstdint>

#include "dlpu/soc/soc.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

[[nodiscard]] constexpr bool is_eight_bit(ElementType type) {
  return type == ElementType::int8 || type == ElementType::uint8;
}

/// The i-th input as a tensor of the graph.
[[nodiscard]] constexpr const TensorInfo& input_tensor(const OperatorFacts& facts, std::size_t i) {
  return facts.graph.tensor(facts.graph.inputs_of(facts.node)[i]);
}
/// Filters and biases come with the operator; everything else is data.
[[nodiscard]] constexpr bool is_data(const TensorInfo& tensor) {
  return tensor.role != TensorRole::filter && tensor.role != TensorRole::bias;
}

/// Whether `holds(type)` is true of every data input and every output.
template <class F>
[[nodiscard]] constexpr bool all_data(const OperatorFacts& facts, F holds) {
  for (std::size_t i = 0; i < facts.inputs(); ++i) {
    const TensorInfo& tensor = input_tensor(facts, i);
    if (is_data(tensor) && !holds(tensor.type)) return false;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(facts.node.outputs.count); ++i) {
    if (!holds(facts.graph.output_type(facts.node, i))) return false;
  }
  return true;
}

/// All data is int8 or uint8. Operators between float and 8 bits have rows of their own; indices, of Gather or found by
/// ArgMax and ArgMin, and booleans are no data.
[[nodiscard]] constexpr bool eight_bit_data(const OperatorFacts& facts) {
  if (!is_eight_bit(facts.policy.storage)) return false;
  const Operator& any = facts.op();
  if (any.is<op::Quantize>() || any.is<op::Dequantize>() || any.is<op::Cast>() ||
      any.is<op::DetectionPostProcess>()) {
    return true;
  }
  const bool finds_indices = any.is<op::ArgMax>() || any.is<op::ArgMin>();
  return all_data(facts, [&](const TensorType& type) {
    const bool index = type.element == ElementType::int32 || type.element == ElementType::int64;
    return is_eight_bit(facts.element(type)) || type.element == ElementType::boolean ||
           (index && (finds_indices || any.is<op::Gather>()));
  });
}

/// The outermost dimension of every tensor with more than one is 1. Anchors of detections have no batch.
[[nodiscard]] constexpr bool batch_of_one(const OperatorFacts& facts) {
  return facts.op().is<op::DetectionPostProcess>() ||
         all_data(facts, [](const TensorType& type) { return type.shape.rank < 2 || type.shape[0] == 1; });
}

/// Height and width of an NHWC input.
[[nodiscard]] constexpr Size2D image_size(const OperatorFacts& facts) {
  return {facts.input()[1], facts.input()[2]};
}

/// All dimensions but the innermost `count` are 1.
[[nodiscard]] constexpr bool only_innermost(const Shape& shape, std::int32_t count) {
  for (std::int32_t i = 0; i + count < shape.rank; ++i) {
    if (shape[i] != 1) return false;
  }
  return true;
}

/// Scales are unknown in constant expressions; rules on them then give no verdict.
[[nodiscard]] constexpr bool scales_known(const OperatorFacts& facts) {
  return !facts.quantization.empty();
}
[[nodiscard]] constexpr Quantization input_quantization(const OperatorFacts& facts, std::size_t i = 0) {
  return facts.quantization[static_cast<std::size_t>(facts.graph.inputs_of(facts.node)[i])];
}
[[nodiscard]] constexpr Quantization output_quantization(const OperatorFacts& facts, std::size_t i = 0) {
  return facts.quantization[static_cast<std::size_t>(facts.graph.outputs_of(facts.node)[i])];
}

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI

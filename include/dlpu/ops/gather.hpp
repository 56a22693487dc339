#pragma once

/// Gather: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/gather.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// Elements of the first input along an axis, in the order that the second input, of int32, names. The dimensions of
/// the indices stand in the output where the axis stood.
struct Gather {
  static constexpr std::string_view name = "GATHER";
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  std::int32_t axis = 0;              ///< negative: from the innermost, -1
  std::int32_t batch_dimensions = 0;  ///< outermost dimensions that input and indices share; negative: of the indices

  DLPU_RULE(TwoInputs, "Gather: there must be two inputs, the data and the indices", "");
  DLPU_RULE(IntegerIndices, "Gather: the indices must be int32", "");
  DLPU_RULE(AxisExists, "Gather: the axis is outside the input's dimensions", "");
  DLPU_RULE(SharedDimensions, "Gather: the batch dimensions must be the same in input and indices, before the axis",
            "");
  DLPU_RULE(NotEmpty, "Gather: the input has no elements along the axis", "");
  DLPU_RULE(SixDimensions, "Gather: the output would have more than six dimensions", "");
  using rules = type_list<TwoInputs, IntegerIndices, AxisExists, SharedDimensions, NotEmpty, SixDimensions>;

  [[nodiscard]] constexpr std::int32_t axis_in(const Shape& input) const {
    return axis < 0 ? axis + input.rank : axis;
  }
  [[nodiscard]] constexpr std::int32_t batch_in(const Shape& indices) const {
    return batch_dimensions < 0 ? batch_dimensions + indices.rank : batch_dimensions;
  }
  [[nodiscard]] constexpr reference::GatherGeometry geometry(const Shape& input, const Shape& indices) const {
    reference::GatherGeometry g;
    const std::int32_t along = axis_in(input), batch = batch_in(indices);
    for (std::int32_t d = 0; d < input.rank; ++d) {
      if (d == along)
        g.size = input[d];
      else
        (d < batch ? g.batch : d < along ? g.outer : g.run) *= input[d];
    }
    for (std::int32_t d = batch; d < indices.rank; ++d) g.count *= indices[d];
    return g;
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 2) return TwoInputs::rule;
    const Shape &input = inputs[0].shape, &indices = inputs[1].shape;
    if (inputs[1].element != ElementType::int32) return IntegerIndices::rule;
    const std::int32_t along = axis_in(input), batch = batch_in(indices);
    if (along < 0 || along >= input.rank) return AxisExists::rule;
    if (batch < 0 || batch > indices.rank || batch > along) return SharedDimensions::rule;
    if (input[along] < 1) return NotEmpty::rule;
    if (input.rank - 1 + indices.rank - batch > Shape::max_rank) return SixDimensions::rule;
    TensorType output{{}, inputs[0].element};
    for (std::int32_t d = 0; d < input.rank; ++d) {
      if (d < batch && input[d] != indices[d]) return SharedDimensions::rule;
      if (d != along)
        output.shape.push_back(input[d]);
      else
        for (std::int32_t i = batch; i < indices.rank; ++i) output.shape.push_back(indices[i]);
    }
    return output;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Gather on one pair of shapes. `Storage` is any element type. LiteRT stops at indices outside the input; here they
/// name the nearest element, for no run can fail.
template <class Storage>
class Gather {
 public:
  constexpr Gather(const op::Gather& op, const Shape& input, const Shape& indices)
      : geometry_(op.geometry(input, indices)) {}

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<const std::int32_t> indices,
                     std::span<Storage> output) const {
    const reference::GatherGeometry& g = geometry_;
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(g.batch * g.outer * g.size * g.run));
    DLPU_ASSERT(indices.size() >= static_cast<std::size_t>(g.batch * g.count));
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(g.batch * g.outer * g.count * g.run));
    reference::gather(g, input.data(), indices.data(), output.data());
  }

 private:
  reference::GatherGeometry geometry_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

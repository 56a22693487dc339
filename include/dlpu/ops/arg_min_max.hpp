#pragma once

/// ArgMax and ArgMin: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/arg_min_max.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// The index of the largest, or of the smallest element along an axis; of the first one where there are several. The
/// axis vanishes.
template <bool Largest>
struct ArgExtreme {
  static constexpr std::string_view name = Largest ? "ARG_MAX" : "ARG_MIN";
  using elements = type_list<float, std::int8_t, std::uint8_t, std::int32_t, bool>;

  std::int32_t axis = -1;                    ///< negative: from the innermost, -1
  ElementType element = ElementType::int32;  ///< of the indices: int32 or int64

  DLPU_RULE(OneInput, "ArgMax and ArgMin: need one input", "");
  DLPU_RULE(AxisExists, "ArgMax and ArgMin: the axis is outside the input's dimensions", "");
  DLPU_RULE(NotEmpty, "ArgMax and ArgMin: the input has no elements", "");
  DLPU_RULE(IndexElement, "ArgMax and ArgMin: indices are int32 or int64", "");
  using rules = type_list<OneInput, AxisExists, NotEmpty, IndexElement>;

  [[nodiscard]] constexpr bool largest() const { return Largest; }
  [[nodiscard]] constexpr reference::ArgGeometry arg_geometry(const Shape& input) const {
    const std::int32_t along = axis < 0 ? axis + input.rank : axis;
    reference::ArgGeometry g;
    for (std::int32_t i = 0; i < input.rank; ++i) (i < along ? g.outer : i == along ? g.size : g.inner) *= input[i];
    return g;
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 1) return OneInput::rule;
    const Shape& input = inputs[0].shape;
    if (axis < -input.rank || axis >= input.rank) return AxisExists::rule;
    if (input.elements() < 1) return NotEmpty::rule;
    if (element != ElementType::int32 && element != ElementType::int64) return IndexElement::rule;
    const std::int32_t along = axis < 0 ? axis + input.rank : axis;
    TensorType output{{}, element};
    for (std::int32_t i = 0; i < input.rank; ++i) {
      if (i != along) output.shape.push_back(input[i]);
    }
    return output;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

using ArgMax = ArgExtreme<true>;
using ArgMin = ArgExtreme<false>;

}  // namespace op

namespace kernels {

/// ArgMax or ArgMin on one shape. `Element` is any element type, quantized or not: scales do not change the order.
///
///     dlpu::kernels::ArgExtreme<std::int8_t> arg_max{dlpu::op::ArgMax{}, {1, 1001}};
///     arg_max.run(input, std::span<std::int32_t>(indices));
template <class Element>
class ArgExtreme {
 public:
  template <class Op>
  constexpr ArgExtreme(const Op& op, const Shape& input)
      : geometry_(op.arg_geometry(input)), largest_(op.largest()) {}

  /// `Index` is int32 or int64. As many elements as the shapes have, row-major.
  template <class Index>
  constexpr void run(std::span<const Element> input, std::span<Index> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(geometry_.outer * geometry_.size * geometry_.inner));
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(geometry_.outer * geometry_.inner));
    reference::arg_extreme(geometry_, largest_, input.data(), output.data());
  }

 private:
  reference::ArgGeometry geometry_;
  bool largest_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Reshape: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/reshape.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// The same elements in another shape.
struct Reshape {
  static constexpr std::string_view name = "RESHAPE";
  using elements = stored_elements;
  /// The output has the input's scale and zero point.
  static constexpr bool keeps_quantization = true;

  Shape shape = {};  ///< one dimension may be -1: whatever makes the number of elements fit

  DLPU_RULE(OneUnknown, "Reshape: at most one dimension may be -1, the others must not be negative", "");
  DLPU_RULE(SameElements, "Reshape: the new shape must have as many elements as the input", "");
  using rules = type_list<OneUnknown, SameElements>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const std::int64_t count = inputs[0].shape.elements();
    TensorType output{shape, inputs[0].element};
    std::int32_t unknown = -1;
    std::int64_t known = 1;
    for (std::int32_t i = 0; i < shape.rank; ++i) {
      if (shape[i] < -1 || (shape[i] == -1 && unknown >= 0)) return OneUnknown::rule;
      if (shape[i] == -1) {
        unknown = i;
        continue;
      }
      known *= shape[i];
      if (known > std::numeric_limits<std::int32_t>::max()) return SameElements::rule;  // it would overflow
    }
    if (unknown >= 0 && known > 0) output.shape[unknown] = static_cast<std::int32_t>(count / known);
    if (output.shape.elements() != count) return SameElements::rule;
    return output;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Reshape into another buffer. `Storage` is any element type.
template <class Storage>
struct Reshape {
  /// The output takes as many elements as the input has; the spans must not overlap.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(output.size() >= input.size());
    reference::reshape(input, output.data());
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

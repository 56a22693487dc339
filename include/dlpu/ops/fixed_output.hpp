#pragma once

/// The quantization that some operators fix for their output, such as Softmax, where element types are data.

#include <optional>

#include "dlpu/core/element.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// What `Op::fixed_output<Storage>()` says for the element type; nothing where the operator fixes none for it.
template <class Op>
[[nodiscard]] constexpr std::optional<Quantization> fixed_output(ElementType element) {
  if (!is_quantized(element)) return std::nullopt;
  return visit_quantized(element, []<class Storage>(Storage) -> std::optional<Quantization> {
    if constexpr (requires { Op::template fixed_output<Storage>(); })
      return Op::template fixed_output<Storage>();
    else
      return std::nullopt;
  });
}

}  // namespace dlpu::inline DLPU_ABI

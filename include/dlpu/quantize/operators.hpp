#pragma once

/// What quantization must know of an operator, whichever it is.

#include "dlpu/graph/operator.hpp"
#include "dlpu/kernels/activation.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize::detail {

/// The axis of a weighted operator's filter that holds its output channels.
[[nodiscard]] constexpr int channel_axis(const Operator& op) {
  return visit(op, [](const auto& any) {
    if constexpr (requires { any.filter_channel_axis; })
      return int{any.filter_channel_axis};
    else
      return 0;
  });
}

/// Whether inputs and outputs must share scale and zero point.
[[nodiscard]] constexpr bool keeps_quantization(const Operator& op) {
  return visit(op, [](const auto& any) {
    if constexpr (requires { any.keeps_quantization; })
      return bool{any.keeps_quantization};
    else
      return false;
  });
}

/// The activation fused into an operator, or that it is.
[[nodiscard]] constexpr Activation fused_activation(const Operator& op) {
  return visit(op, [](const auto& any) {
    if constexpr (requires { any.activation; })
      return Activation{any.activation};
    else
      return Activation::none;
  });
}

/// The operator with another activation; unchanged where it has none.
[[nodiscard]] constexpr Operator with_activation(const Operator& op, Activation activation) {
  return visit(op, [&](auto any) {
    if constexpr (requires { any.activation; }) any.activation = activation;
    return Operator(any);
  });
}

}  // namespace quantize::detail
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Every operator's way into a graph, and the choice among them.

#include <type_traits>

#include "dlpu/graph/lowering/convolution.hpp"
#include "dlpu/graph/lowering/data_movement.hpp"
#include "dlpu/graph/lowering/elementwise.hpp"
#include "dlpu/graph/lowering/pool.hpp"
#include "dlpu/graph/lowering/softmax.hpp"
#include "dlpu/kernels/convolution.hpp"

namespace dlpu::inline DLPU_ABI {

/// Whether an operator rounds: float operators do not, except the one that turns float into stored numbers.
template <class Op, class Element, class Policy>
using GraphRounding = std::conditional_t<std::is_same_v<Element, float> && !std::is_same_v<Op, op::Quantize>, void,
                                         kernels::RoundingOf<Policy>>;

/// The kernel of an operator whose first input holds `Element`s, in a network under `Policy`.
template <class Op, class Element, class Policy>
using LoweredFor = Lowered<Op, Element, GraphRounding<Op, Element, Policy>>;

}  // namespace dlpu::inline DLPU_ABI

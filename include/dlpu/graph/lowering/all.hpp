#pragma once

/// Every operator's way into a graph, and the choice among them.

#include <type_traits>

#include "dlpu/graph/lowering/cast.hpp"
#include "dlpu/graph/lowering/comparison.hpp"
#include "dlpu/graph/lowering/convolution.hpp"
#include "dlpu/graph/lowering/data_movement.hpp"
#include "dlpu/graph/lowering/detection.hpp"
#include "dlpu/graph/lowering/elementwise.hpp"
#include "dlpu/graph/lowering/functions.hpp"
#include "dlpu/graph/lowering/movement.hpp"
#include "dlpu/graph/lowering/pool.hpp"
#include "dlpu/graph/lowering/reduce.hpp"
#include "dlpu/graph/lowering/resize.hpp"
#include "dlpu/graph/lowering/softmax.hpp"
#include "dlpu/graph/lowering/vectors.hpp"
#include "dlpu/kernels/convolution.hpp"

namespace dlpu::inline DLPU_ABI {

/// Whether an operator rounds: only with stored numbers, except the one that turns float into them.
template <class Op, class Element, class Policy>
using GraphRounding = std::conditional_t<!QuantizedStorage<Element> && !std::is_same_v<Op, op::Quantize>, void,
                                         kernels::RoundingOf<Policy>>;

/// The kernel of an operator whose first input holds `Element`s, in a network under `Policy`.
template <class Op, class Element, class Policy>
using LoweredFor = typename lowered_type<Op, Element, GraphRounding<Op, Element, Policy>>::type;

}  // namespace dlpu::inline DLPU_ABI

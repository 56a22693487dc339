#pragma once

/// Constants that follow from a network's description: from formulas to numbers.

#include <cstdint>

#include "dlpu/graph/parameters.hpp"

namespace dlpu::inline DLPU_ABI {

/// Gives every constant that has a formula and no data yet its numbers, float32, in memory of `parameters`. Float weights
/// that were not loaded by `load_float_weights` need it before they are quantized or run.
inline void fill_constants(const GraphView& graph, Parameters& parameters) {
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorInfo& info = graph.tensors[t];
    TensorData& data = parameters[static_cast<std::int32_t>(t)];
    if (info.role != TensorRole::constant || !info.formula || !data.data.empty()) continue;
    const std::span<float> values = parameters.allocate<float>(static_cast<std::size_t>(info.type.shape.elements()));
    std::int64_t index = 0;
    for (float& value : values) value = info.formula.number(info.formula, info.type.shape, index++);
    data.data = std::as_bytes(values);
  }
}

}  // namespace dlpu::inline DLPU_ABI

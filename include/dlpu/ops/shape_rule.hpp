#pragma once

/// What every operator's shape rule returns, and the sentences for shapes that do not fit.

#include <array>
#include <cstddef>
#include <span>

#include "dlpu/core/element.hpp"
#include "dlpu/core/rule.hpp"
#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {

/// Shape and element type of a tensor in a graph.
struct TensorType {
  Shape shape;
  ElementType element = ElementType::activation;
  friend constexpr bool operator==(const TensorType&, const TensorType&) = default;
};

/// The outputs that an operator would have for given inputs, or the rule that they break.
struct Inferred {
  static constexpr std::size_t max_outputs = 8;

  std::array<TensorType, max_outputs> outputs{};
  std::size_t count = 0;
  const Rule* problem = nullptr;

  constexpr Inferred(const Rule& broken) : problem(&broken) {}  // implicit: `return rule;`
  constexpr Inferred(const TensorType& output) : count(1) { outputs[0] = output; }
  constexpr Inferred() = default;
  constexpr void add(const TensorType& output) {
    DLPU_ASSERT(count < max_outputs);
    outputs[count++] = output;
  }
};

using TensorTypes = std::span<const TensorType>;

/// The `elements` of an operator whose kernels take 16-bit activations too.
using stored_elements = type_list<float, std::int8_t, std::uint8_t, std::int16_t>;

/// A stride, kernel or dilation below 1 in either direction.
[[nodiscard]] constexpr bool below_one(Size2D size) {
  return size.height < 1 || size.width < 1;
}

}  // namespace dlpu::inline DLPU_ABI

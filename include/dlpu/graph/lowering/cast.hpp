#pragma once

/// Cast in a graph.

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/cast.hpp"

namespace dlpu::inline DLPU_ABI {

/// From one element type to any other; no rounding policy takes part.
template <class Element>
class LoweredCast {
  // A boolean of a file may be any byte; as a number it is 0 or 1.
  static constexpr bool from_boolean = std::is_same_v<Element, bool>;

 public:
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
  LoweredCast(const NodeData& data, std::span<std::byte>)
      : count_(elements(data.input_shape())), to_(resolved(data.op<op::Cast>().element, data.storage)) {}
  void run(const Buffers& buffers) const {
    switch (to_) {
      case ElementType::int8:
        return to<std::int8_t>(buffers);
      case ElementType::uint8:
        return to<std::uint8_t>(buffers);
      case ElementType::int32:
        return to<std::int32_t>(buffers);
      case ElementType::int64:
        return to<std::int64_t>(buffers);
      case ElementType::boolean:
        return to<bool>(buffers);
      default:
        return to<float>(buffers);
    }
  }

 private:
  template <class To>
  void to(const Buffers& buffers) const {
    if constexpr (from_boolean) {
      const auto input = buffers.input<std::uint8_t>(0, count_);
      const auto output = buffers.output<To>(0, count_);
      for (std::size_t i = 0; i < count_; ++i) output[i] = reference::cast_value<To>(input[i] != 0);
    } else {
      kernels::Cast<Element, To>{}.run(buffers.input<Element>(0, count_), buffers.output<To>(0, count_));
    }
  }

  std::size_t count_;
  ElementType to_;
};

template <class Element, class R>
struct lowered_type<op::Cast, Element, R> {
  using type = LoweredCast<Element>;
};

}  // namespace dlpu::inline DLPU_ABI

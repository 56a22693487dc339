#pragma once

/// Operators that move elements without looking at them, in a graph: slices, splits, transpositions, blocks of space or
/// depth, Pack, Gather, MirrorPad, SpaceToBatchNd, BatchToSpaceNd and ResizeNearestNeighbor.
///
/// Only the size of an element counts, so one instantiation serves all rounding policies and all types of that size;
/// `Program` runs int32 and bool on them too.

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/ops/gather.hpp"
#include "dlpu/ops/mirror_pad.hpp"
#include "dlpu/ops/pack.hpp"
#include "dlpu/ops/resize.hpp"
#include "dlpu/ops/slice.hpp"
#include "dlpu/ops/space_batch.hpp"
#include "dlpu/ops/space_depth.hpp"
#include "dlpu/ops/split.hpp"
#include "dlpu/ops/transpose.hpp"

namespace dlpu::inline DLPU_ABI {

/// What stands for all element types of a size. Bytes may alias anything; activations of two bytes are int16, those of
/// four bytes float but for rare int32.
template <std::size_t Bytes>
using ElementOfSize =
    std::conditional_t<Bytes == 1, std::uint8_t, std::conditional_t<Bytes == 2, std::int16_t, float>>;

/// What all of them share: no memory of their own, and a sign to `Program`.
struct LoweredMovement {
  static constexpr bool moves_elements = true;
  static constexpr Requirements requirements(const GraphView&, const Node&) { return {}; }
};

/// One input, one or more outputs, each of which is a walk over the input: the operators that have `walk`.
template <std::size_t Bytes>
class LoweredStridedCopy : public LoweredMovement {
  using Element = ElementOfSize<Bytes>;

 public:
  LoweredStridedCopy(const NodeData& data, std::span<std::byte>) : input_(elements(data.input_shape())) {
    visit(data.node.op, [&](const auto& op) {
      if constexpr (requires { op.walk(data.input_shape(), 0); }) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(data.node.outputs.count); ++i) {
          outputs_[i] = elements(data.output_shape(i));
          walks_[i] = op.walk(data.input_shape(), static_cast<std::int32_t>(i)).folded();
        }
      }
    });
  }
  void run(const Buffers& buffers) const {
    for (std::size_t i = 0; i < buffers.outputs.size(); ++i) {
      reference::strided_copy(walks_[i], buffers.input<Element>(0, input_).data(),
                              buffers.output<Element>(i, outputs_[i]).data());
    }
  }

 private:
  std::size_t input_;
  std::array<std::size_t, Inferred::max_outputs> outputs_{};
  std::array<reference::StridedWalk, Inferred::max_outputs> walks_{};
};

/// One input, one output; `Kernel` is the operator's class in `kernels`.
template <class Op, template <class> class Kernel, std::size_t Bytes>
class LoweredMove : public LoweredMovement {
  using Element = ElementOfSize<Bytes>;

 public:
  LoweredMove(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())),
        output_(elements(data.output_shape())),
        kernel_(data.op<Op>(), data.input_shape()) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, input_), buffers.output<Element>(0, output_));
  }

 private:
  std::size_t input_, output_;
  Kernel<Element> kernel_;
};

template <std::size_t Bytes>
class LoweredSpaceToBatchNd : public LoweredMovement {
  using Element = ElementOfSize<Bytes>;

 public:
  LoweredSpaceToBatchNd(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())),
        output_(elements(data.output_shape())),
        kernel_(data.op<op::SpaceToBatchNd>(), data.input_shape(), zero(data)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, input_), buffers.output<Element>(0, output_));
  }

 private:
  /// The zero point, whose bits are the same in int8 and uint8; in int16 and float32 it is 0.
  static Element zero(const NodeData& data) {
    return Bytes == 1 ? static_cast<Element>(data.output().quantization.zero_point & 0xff) : Element{};
  }

  std::size_t input_, output_;
  kernels::SpaceToBatchNd<Element> kernel_;
};

template <std::size_t Bytes>
class LoweredPack : public LoweredMovement {
  using Element = ElementOfSize<Bytes>;

 public:
  LoweredPack(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())),
        output_(elements(data.output_shape())),
        kernel_(data.op<op::Pack>(), data.input_shape(), static_cast<std::size_t>(data.node.inputs.count)) {}
  void run(const Buffers& buffers) const {
    std::array<std::span<const Element>, op::Pack::max_inputs> inputs;
    for (std::size_t i = 0; i < buffers.inputs.size(); ++i) inputs[i] = buffers.input<Element>(i, input_);
    kernel_.run(std::span(inputs).first(buffers.inputs.size()), buffers.output<Element>(0, output_));
  }

 private:
  std::size_t input_, output_;
  kernels::Pack<Element> kernel_;
};

template <std::size_t Bytes>
class LoweredGather : public LoweredMovement {
  using Element = ElementOfSize<Bytes>;

 public:
  LoweredGather(const NodeData& data, std::span<std::byte>)
      : input_(elements(data.input_shape())),
        indices_(elements(data.input_shape(1))),
        output_(elements(data.output_shape())),
        kernel_(data.op<op::Gather>(), data.input_shape(), data.input_shape(1)) {}
  void run(const Buffers& buffers) const {
    kernel_.run(buffers.input<Element>(0, input_), buffers.input<std::int32_t>(1, indices_),
                buffers.output<Element>(0, output_));
  }

 private:
  std::size_t input_, indices_, output_;
  kernels::Gather<Element> kernel_;
};

namespace detail {

/// The class that runs an operator which moves elements of `Bytes` bytes; without `type` for other operators.
template <class Op, std::size_t Bytes>
struct lowered_movement {};
template <class Op, std::size_t Bytes>
requires requires(const Op& op, const Shape& shape) {
  op.walk(shape, 0);
}
struct lowered_movement<Op, Bytes> {
  using type = LoweredStridedCopy<Bytes>;
};
template <std::size_t Bytes>
struct lowered_movement<op::MirrorPad, Bytes> {
  using type = LoweredMove<op::MirrorPad, kernels::MirrorPad, Bytes>;
};
template <std::size_t Bytes>
struct lowered_movement<op::BatchToSpaceNd, Bytes> {
  using type = LoweredMove<op::BatchToSpaceNd, kernels::BatchToSpaceNd, Bytes>;
};
template <std::size_t Bytes>
struct lowered_movement<op::ResizeNearestNeighbor, Bytes> {
  using type = LoweredMove<op::ResizeNearestNeighbor, kernels::ResizeNearestNeighbor, Bytes>;
};
template <std::size_t Bytes>
struct lowered_movement<op::SpaceToBatchNd, Bytes> {
  using type = LoweredSpaceToBatchNd<Bytes>;
};
template <std::size_t Bytes>
struct lowered_movement<op::Pack, Bytes> {
  using type = LoweredPack<Bytes>;
};
template <std::size_t Bytes>
struct lowered_movement<op::Gather, Bytes> {
  using type = LoweredGather<Bytes>;
};

}  // namespace detail

template <class Op, class Element, class R>
requires requires {
  typename detail::lowered_movement<Op, sizeof(Element)>::type;
}
struct lowered_type<Op, Element, R> {
  using type = typename detail::lowered_movement<Op, sizeof(Element)>::type;
};

}  // namespace dlpu::inline DLPU_ABI

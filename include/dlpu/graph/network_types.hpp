#pragma once

/// The types that a network is made of: views of its inputs and outputs, and its kernels in order.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "dlpu/graph/graph_of.hpp"
#include "dlpu/graph/lowering/all.hpp"
#include "dlpu/graph/schedule.hpp"
#include "dlpu/graph/weights.hpp"
#include "dlpu/quant/frame.hpp"

namespace dlpu::inline DLPU_ABI {
namespace detail {

template <class Model, class Policy, std::int32_t Tensor>
struct tensor_type_of {
  static constexpr TensorType type = graph_of<Model>.tensors[static_cast<std::size_t>(Tensor)].type;
  static constexpr Shape shape = type.shape;
  using Element = typename element_of<resolved(type.element, element_type_of<typename Policy::Storage>)>::type;
  using ElementPolicy =
      std::conditional_t<std::is_same_v<Element, typename Policy::Storage>, typename Policy::Activation, Unquantized>;
};

/// An input lies as the chip takes it, where it is an image.
template <class Soc, class Base>
struct shape_laid {
  static constexpr Shape shape = shape_in(Soc::input_layout, Base::shape);
};
template <class Model, class Policy, class Soc, std::size_t I>
struct input_of : tensor_type_of<Model, Policy, graph_of<Model>.inputs[I]> {
  using Base = tensor_type_of<Model, Policy, graph_of<Model>.inputs[I]>;
  using Extents = ExtentsOf<shape_laid<Soc, Base>>;
  using View = TensorView<const typename Base::Element, Extents, typename Base::ElementPolicy>;
  using Owner = Tensor<typename Base::Element, Extents, typename Base::ElementPolicy>;
};
template <class Model, class Policy, std::size_t I>
struct output_of : tensor_type_of<Model, Policy, graph_of<Model>.outputs[I]> {
  using Base = tensor_type_of<Model, Policy, graph_of<Model>.outputs[I]>;
  using View = TensorView<typename Base::Element, ExtentsOf<Base>, typename Base::ElementPolicy>;
};

template <class Model, class Policy, class Soc, class Sequence>
struct inputs_of;
template <class Model, class Policy, class Soc, std::size_t... I>
struct inputs_of<Model, Policy, Soc, std::index_sequence<I...>> {
  using type = std::tuple<typename input_of<Model, Policy, Soc, I>::View...>;
};
template <class Model, class Policy, class Sequence>
struct outputs_of;
template <class Model, class Policy, std::size_t... I>
struct outputs_of<Model, Policy, std::index_sequence<I...>> {
  using type = std::tuple<typename output_of<Model, Policy, I>::View...>;
};

/// Whether a chip takes an input in another layout than kernels do.
template <class Soc>
[[nodiscard]] constexpr bool is_relaid(const Shape& input) {
  return Soc::input_layout != InputLayout{} && input.rank == 4;
}
/// Bytes of the first `count` inputs that are brought to NHWC.
template <class Soc>
[[nodiscard]] constexpr std::size_t relaid_bytes(const GraphView& graph, ElementType storage, std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const TensorType& type = graph.tensor(graph.inputs[i]).type;
    if (is_relaid<Soc>(type.shape)) bytes += align_up(bytes_of(type, storage));
  }
  return bytes;
}

/// The one view of a tuple, or the tuple.
template <class Tuple>
struct single_or_tuple {
  using type = Tuple;
};
template <class View>
struct single_or_tuple<std::tuple<View>> {
  using type = View;
};

/// The kernel of a network's I-th operator.
template <class Model, class Policy, std::size_t I>
struct kernel_of {
  static constexpr GraphView graph = graph_of<Model>.view();
  static constexpr const Node& node = graph_of<Model>.nodes[I];
  static constexpr ElementType element =
      resolved(graph.input_type(node).element, element_type_of<typename Policy::Storage>);
  using Op = OperatorAt<node.op.kind()>;
  using type = LoweredFor<Op, typename element_of<element>::type, Policy>;
};

/// A kernel at its place. One base class per operator is cheaper to compile than a tuple.
template <std::size_t I, class Kernel>
struct KernelSlot {
  Kernel kernel;
};
template <class Model, class Policy, class Sequence>
struct KernelSet;
template <class Model, class Policy, std::size_t... I>
struct KernelSet<Model, Policy, std::index_sequence<I...>>
    : KernelSlot<I, typename kernel_of<Model, Policy, I>::type>... {
  static constexpr GraphView view = graph_of<Model>.view();

  KernelSet(std::span<const TensorData> tensors, std::span<std::byte> memory, const auto& offsets)
      : KernelSlot<I, typename kernel_of<Model, Policy, I>::type>{
            {NodeData{view, graph_of<Model>.nodes[I], tensors, element_type_of<typename Policy::Storage>},
             memory.subspan(offsets[I])}}... {}

  template <std::size_t Index>
  [[nodiscard]] const auto& kernel() const {
    return static_cast<const KernelSlot<Index, typename kernel_of<Model, Policy, Index>::type>&>(*this).kernel;
  }
};

/// Where each operator's packed weights begin, and the scratch of the one that needs most.
template <std::size_t N>
struct KernelMemory {
  std::array<std::size_t, N + 1> packed_offsets{};  ///< the last: where constants begin
  std::size_t scratch = 0;
};
template <class Model, class Policy, std::size_t... I>
constexpr auto kernel_memory(std::index_sequence<I...>) {
  constexpr GraphView graph = graph_of<Model>.view();
  KernelMemory<sizeof...(I)> memory;
  const Requirements needs[] = {kernel_of<Model, Policy, I>::type::requirements(graph, graph_of<Model>.nodes[I])...};
  for (std::size_t i = 0; i < sizeof...(I); ++i) {
    memory.packed_offsets[i + 1] = memory.packed_offsets[i] + align_up(needs[i].packed);
    memory.scratch = std::max(memory.scratch, align_up(needs[i].scratch));
  }
  return memory;
}

/// Bytes of the first `count` constants, which lie behind the packed weights.
template <class Model, class Policy>
[[nodiscard]] constexpr std::size_t constant_bytes(std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const TensorInfo& info = graph_of<Model>.tensors[constant_tensors<Model>[i]];
    bytes += align_up(bytes_of(info.type, element_type_of<typename Policy::Storage>));
  }
  return bytes;
}

/// Whether every tensor holds real numbers, or what a policy of real numbers makes of it.
[[nodiscard]] constexpr bool is_real(const GraphView& graph) {
  for (const TensorInfo& tensor : graph.tensors) {
    if (is_quantized(tensor.type.element)) return false;
  }
  return true;
}

/// Whether an operator has a kernel for an element type: 16-bit activations are not for all.
template <class Op>
[[nodiscard]] constexpr bool takes(ElementType element) {
  if (element != ElementType::int16) return true;
  if constexpr (requires { lowered_type<Op, float, void>::type::moves_elements; })
    return true;
  else
    return []<class... Elements>(type_list<Elements...>) {
      return (std::is_same_v<Elements, std::int16_t> || ...);
    }(typename input_elements<Op>::type{});
}
/// Whether every operator has a kernel for what the policy stores.
template <class Model, class Policy>
[[nodiscard]] constexpr bool has_kernels() {
  constexpr GraphView graph = graph_of<Model>.view();
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (takes<OperatorAt<graph_of<Model>.nodes[I].op.kind()>>(
                resolved(graph.input_type(graph.nodes[I]).element, element_type_of<typename Policy::Storage>)) &&
            ...);
  }
  (std::make_index_sequence<graph_of<Model>.nodes.size()>{});
}

/// Stands in for a description that broke a rule, so that the rule's sentence is the only error.
struct NoModel {
  static constexpr auto build(auto& g) { return g.relu(g.input({1})); }
};
template <class Model, class Policy>
using ModelOrNone =
    std::conditional_t<graph_of<Model>.problem == nullptr && has_kernels<Model, Policy>(), Model, NoModel>;

}  // namespace detail

/// An option of `Network`: what is fused. `Fuse<no_fusion>` keeps every operator a step of its own.
template <FusionLimits Limits>
struct Fuse {
  static constexpr FusionLimits limits = Limits;
};

namespace detail {
/// The limits that one of the options gives, or the default ones.
template <class... Options>
inline constexpr FusionLimits fusion_of{};
template <class First, class... Rest>
inline constexpr FusionLimits fusion_of<First, Rest...> = fusion_of<Rest...>;
template <FusionLimits Limits, class... Rest>
inline constexpr FusionLimits fusion_of<Fuse<Limits>, Rest...> = Limits;
}  // namespace detail
}  // namespace dlpu::inline DLPU_ABI

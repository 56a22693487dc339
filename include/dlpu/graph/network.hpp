#pragma once

/// A network as a type: shapes, memory, legality and the choice of kernels are settled by the compiler.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "dlpu/graph/diagnostics.hpp"
#include "dlpu/graph/lowering/all.hpp"
#include "dlpu/graph/memory_plan.hpp"
#include "dlpu/graph/weights.hpp"

namespace dlpu::inline DLPU_ABI {

namespace detail {

template <class List>
struct as_tuple;
template <class... Ts>
struct as_tuple<type_list<Ts...>> {
  using type = std::tuple<Ts...>;
};

/// The C++ type of a tensor's elements under a policy.
template <ElementType Element>
struct element_of;
template <> struct element_of<ElementType::float32> { using type = float; };
template <> struct element_of<ElementType::int8> { using type = std::int8_t; };
template <> struct element_of<ElementType::uint8> { using type = std::uint8_t; };
template <> struct element_of<ElementType::int32> { using type = std::int32_t; };

/// The view of a network's input or output.
template <class Model, class Policy, std::int32_t Tensor, bool Const>
struct tensor_view_of {
  static constexpr TensorType type = graph_of<Model>.tensors[static_cast<std::size_t>(Tensor)].type;
  using Element = typename element_of<resolved(type.element, element_type_of<typename Policy::Storage>)>::type;
  using ElementPolicy = std::conditional_t<std::is_same_v<Element, typename Policy::Storage>, typename Policy::Activation, Unquantized>;
  using view = TensorView<std::conditional_t<Const, const Element, Element>, ExtentsOf<type.shape>, ElementPolicy>;
};

template <class Model, class Policy, class Sequence>
struct inputs_of;
template <class Model, class Policy, std::size_t... I>
struct inputs_of<Model, Policy, std::index_sequence<I...>> {
  using type = std::tuple<typename tensor_view_of<Model, Policy, graph_of<Model>.inputs[I], true>::view...>;
};
template <class Model, class Policy, class Sequence>
struct outputs_of;
template <class Model, class Policy, std::size_t... I>
struct outputs_of<Model, Policy, std::index_sequence<I...>> {
  using type = std::tuple<typename tensor_view_of<Model, Policy, graph_of<Model>.outputs[I], false>::view...>;
};

/// The one view of a tuple, or the tuple.
template <class Tuple>
struct single_or_tuple {
  using type = Tuple;
};
template <class View>
struct single_or_tuple<std::tuple<View>> {
  using type = View;
};

template <class Model, class Policy, std::size_t I>
using kernel_of = LoweredFor<std::tuple_element_t<static_cast<std::size_t>(graph_of<Model>.nodes[I].op.kind()), typename as_tuple<Operators>::type>,
                             typename element_of<resolved(graph_of<Model>.view().input_type(graph_of<Model>.nodes[I]).element,
                                                          element_type_of<typename Policy::Storage>)>::type,
                             Policy>;

/// Stands in for a description that broke a rule, so that the rule's sentence is the only error.
struct NoModel {
  static constexpr auto build(auto& g) { return g.relu(g.input({1})); }
};
template <class Model>
using ModelOrNone = std::conditional_t<graph_of<Model>.problem == nullptr, Model, NoModel>;

/// A kernel at its place. One base class per operator is cheaper to compile than a tuple.
template <std::size_t I, class Kernel>
struct KernelSlot {
  Kernel kernel;
};
template <class Model, class Policy, class Sequence>
struct KernelSet;
template <class Model, class Policy, std::size_t... I>
struct KernelSet<Model, Policy, std::index_sequence<I...>> : KernelSlot<I, kernel_of<Model, Policy, I>>... {
  KernelSet(std::span<const TensorData> tensors, std::span<std::byte> memory, const auto& offsets)
      : KernelSlot<I, kernel_of<Model, Policy, I>>{
            {NodeData{view, graph_of<Model>.nodes[I], tensors, element_type_of<typename Policy::Storage>}, memory.subspan(offsets[I])}}... {}
  static constexpr GraphView view = graph_of<Model>.view();
};

/// Bytes of packed weights in front of each operator's, and of the largest scratch.
template <std::size_t N>
struct KernelMemory {
  std::array<std::size_t, N + 1> packed_offsets{};
  std::size_t scratch = 0;
};
template <class Model, class Policy, std::size_t... I>
constexpr auto kernel_memory(std::index_sequence<I...>) {
  constexpr GraphView graph = graph_of<Model>.view();
  KernelMemory<sizeof...(I)> memory;
  const Requirements needs[] = {kernel_of<Model, Policy, I>::requirements(graph, graph_of<Model>.nodes[I])...};
  for (std::size_t i = 0; i < sizeof...(I); ++i) {
    memory.packed_offsets[i + 1] = memory.packed_offsets[i] + align_up(needs[i].packed);
    memory.scratch = std::max(memory.scratch, align_up(needs[i].scratch));
  }
  return memory;
}

}  // namespace detail

/// A network for one chip under one policy. `Description` has `static constexpr auto build(auto& g)`; `Options` allow what
/// a chip does not do at full speed (`Allow<cpu>`). A description that breaks a rule, or that the chip cannot run, is
/// one compile error with the documented reason.
///
///     static Net::Arena arena;                    // activations and scratch
///     static Net::Packed packed;                  // weights in the layout of this CPU's instruction set
///     Net net{weights, packed, arena};            // packs once; the weights' memory may go afterwards
///     Net::Output scores = net.run(image);        // valid until the next run; run() allocates nothing
///
/// Two networks that never run at the same time may share an arena of the larger size.
template <class Description, class Soc, QuantizationPolicy Policy, class... Options>
class Network : private detail::CheckedNetwork<Description, Soc, Policy, Options...> {
  using Model = detail::ModelOrNone<Description>;
  static constexpr const auto& model = graph_of<Model>;
  static constexpr ElementType storage = element_type_of<typename Policy::Storage>;
  using Nodes = std::make_index_sequence<model.nodes.size()>;
  static constexpr auto plan = static_memory_plan<model.tensors.size()>(model.view(), storage);
  static constexpr auto kernel_memory = detail::kernel_memory<Model, Policy>(Nodes{});
  using InputIndices = std::make_index_sequence<model.inputs.size()>;
  using OutputIndices = std::make_index_sequence<model.outputs.size()>;

 public:
  using soc = Soc;
  using policy = Policy;
  using Weights = NetworkWeights<Model, Policy>;
  /// All inputs and outputs as tuples of views; `Input` and `Output` are the view itself where there is one.
  using Inputs = typename detail::inputs_of<Model, Policy, InputIndices>::type;
  using Outputs = typename detail::outputs_of<Model, Policy, OutputIndices>::type;
  using Input = typename detail::single_or_tuple<Inputs>::type;
  using Output = typename detail::single_or_tuple<Outputs>::type;

  static constexpr GraphView graph = model.view();
  /// Bytes of activations, of scratch, and of both: what `Arena` holds.
  static constexpr std::size_t activation_bytes = plan.total;
  static constexpr std::size_t scratch_bytes = kernel_memory.scratch;
  static constexpr std::size_t arena_bytes = activation_bytes + scratch_bytes;
  /// Bytes of packed weights.
  static constexpr std::size_t packed_bytes = kernel_memory.packed_offsets[model.nodes.size()];

  using Arena = StaticBuffer<arena_bytes>;
  using Packed = StaticBuffer<packed_bytes>;

  Network(const Weights& weights_of_all, Packed& packed_memory, Arena& arena_memory)
      : arena_(arena_memory.bytes()),
        kernels_(weights_of_all.tensor_data(), packed_memory.bytes(), kernel_memory.packed_offsets),
        outputs_(make_outputs(weights_of_all, OutputIndices{})) {}

  /// One inference. The input is a view of the network's `Input`, or anything that converts to one.
  Output run(const Input& input)
    requires(model.inputs.size() == 1)
  {
    return run_all(Inputs{input});
  }
  /// One inference of a network with several inputs: a tuple of views.
  Output run(const Inputs& inputs)
    requires(model.inputs.size() != 1)
  {
    return run_all(inputs);
  }

 private:
  using InputPlaces = std::array<const std::byte*, model.inputs.size()>;

  Output run_all(const Inputs& inputs) {
    const auto places = input_places(inputs, InputIndices{});
    [&]<std::size_t... I>(std::index_sequence<I...>) { (run_node<I>(places), ...); }(Nodes{});
    if constexpr (model.outputs.size() == 1) return std::get<0>(outputs_);
    else return outputs_;
  }

  template <std::size_t... I>
  static InputPlaces input_places(const Inputs& inputs, std::index_sequence<I...>) {
    return {reinterpret_cast<const std::byte*>(std::get<I>(inputs).data())...};
  }
  template <std::size_t... I>
  Outputs make_outputs(const Weights& all, std::index_sequence<I...>) const {
    return {make_output<I>(all)...};
  }
  template <std::size_t I>
  auto make_output(const Weights& all) const {
    using View = std::tuple_element_t<I, Outputs>;
    constexpr auto tensor = static_cast<std::size_t>(model.outputs[I]);
    auto* data = reinterpret_cast<typename View::element_type*>(arena_.data() + plan.offsets[tensor]);
    if constexpr (View::policy_type::quantized) return View{data, {}, all.activations[tensor]};
    else return View{data, {}};
  }

  template <std::int32_t Tensor>
  const std::byte* place(const InputPlaces& inputs) const {
    constexpr auto offset = plan.offsets[static_cast<std::size_t>(Tensor)];
    if constexpr (offset != not_planned) return arena_.data() + offset;
    constexpr auto position = std::find(model.inputs.begin(), model.inputs.end(), Tensor) - model.inputs.begin();
    if constexpr (position < static_cast<std::ptrdiff_t>(model.inputs.size())) return inputs[static_cast<std::size_t>(position)];
    return nullptr;  // weights: packed in the kernel
  }
  template <std::size_t I>
  void run_node(const InputPlaces& places) const {
    constexpr const Node& node = model.nodes[I];
    constexpr auto in = static_cast<std::size_t>(node.inputs.count), out = static_cast<std::size_t>(node.outputs.count);
    [&]<std::size_t... In, std::size_t... Out>(std::index_sequence<In...>, std::index_sequence<Out...>) {
      const std::byte* const inputs[] = {place<model.edges[static_cast<std::size_t>(node.inputs.first) + In]>(places)...};
      std::byte* const outputs[] = {
          arena_.data() + plan.offsets[static_cast<std::size_t>(model.edges[static_cast<std::size_t>(node.outputs.first) + Out])]...};
      static_cast<const detail::KernelSlot<I, detail::kernel_of<Model, Policy, I>>&>(kernels_).kernel.run(
          {inputs, outputs, arena_.subspan(activation_bytes)});
    }(std::make_index_sequence<in>{}, std::make_index_sequence<out>{});
  }

  std::span<std::byte> arena_;
  detail::KernelSet<Model, Policy, Nodes> kernels_;
  Outputs outputs_;
};

}  // namespace dlpu::inline DLPU_ABI

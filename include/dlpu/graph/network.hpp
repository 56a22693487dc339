#pragma once

/// A network as a type: shapes, memory, legality and the choice of kernels are settled by the compiler.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "dlpu/core/executor.hpp"
#include "dlpu/graph/diagnostics.hpp"
#include "dlpu/graph/memory_plan.hpp"
#include "dlpu/graph/network_types.hpp"
#include "dlpu/graph/row_chain.hpp"
#include "dlpu/graph/weights.hpp"

namespace dlpu::inline DLPU_ABI {

/// A network for one chip under one policy. `Description` has `static constexpr auto build(auto& g)`; `Options` allow
/// what a chip does not do at full speed (`Allow<cpu>`). A description that breaks a rule, or that the chip cannot
/// run, is one compile error with the documented reason.
///
///     static Net::Arena arena;                    // activations and scratch
///     static Net::Packed packed;                  // weights in the layout of this CPU's instruction set
///     Net net{weights, packed, arena};            // packs once; the weights' memory may go afterwards
///     Net::Output scores = net.run(image);        // valid until the next run; run() allocates nothing
///
/// On several threads, with an arena that has the scratch for them; the bits are the same:
///
///     static Net::ArenaFor<2> arena;
///     dlpu::ThreadPool pool{2};                   // or any Executor
///     Net::Output scores = net.run(image, pool);
///
/// Two networks that never run at the same time may share an arena of the larger size.
template <class Description, class Soc, QuantizationPolicy Policy, class... Options>
class Network : private detail::CheckedNetwork<Description, Soc, Policy, Options...> {
  using Model = detail::ModelOrNone<Description, Policy>;
  static constexpr const auto& model = graph_of<Model>;
  static constexpr std::size_t node_count = model.nodes.size(), input_count = model.inputs.size(),
                               output_count = model.outputs.size();
  using NodeIndices = std::make_index_sequence<node_count>;
  using InputIndices = std::make_index_sequence<input_count>;
  using OutputIndices = std::make_index_sequence<output_count>;
  static constexpr ElementType storage = element_type_of<typename Policy::Storage>;
  static constexpr auto schedule = static_schedule<node_count>(model.view(), storage, detail::fusion_of<Options...>);
  static constexpr auto plan = static_memory_plan<model.tensors.size()>(model.view(), schedule.steps(), storage);
  static constexpr auto memory = detail::kernel_memory<Model, Policy>(NodeIndices{});
  static_assert(detail::has_kernels<Description, Policy>(),
                "Network: an operator has no kernel for 16-bit activations; use PowerOfTwo, of 8 bits");
  static_assert(Policy::quantized || detail::is_real(model.view()),
                "Network: an operator makes int8 or uint8 under a policy that stores real numbers; leave the element "
                "type to the policy");

 public:
  using soc = Soc;
  using policy = Policy;
  using Weights = NetworkWeights<Model, Policy>;
  /// All inputs and outputs as tuples of views; `Input` and `Output` are the view itself where there is one. Images
  /// among the inputs lie as the chip takes them: NHWC, or planar with padded rows (see `load`).
  using Inputs = typename detail::inputs_of<Model, Policy, Soc, InputIndices>::type;
  using Outputs = typename detail::outputs_of<Model, Policy, OutputIndices>::type;
  using Input = typename detail::single_or_tuple<Inputs>::type;
  using Output = typename detail::single_or_tuple<Outputs>::type;
  /// A tensor that owns the I-th input.
  template <std::size_t I = 0>
  using InputTensor = typename detail::input_of<Model, Policy, Soc, I>::Owner;

  static constexpr GraphView graph = model.view();
  /// Bytes of activations, of one thread's scratch, of images that are brought from the chip's layout to NHWC, and of all: what
  /// `Arena` holds.
  static constexpr std::size_t activation_bytes = plan.total;
  static constexpr std::size_t scratch_bytes = memory.scratch + schedule.band_bytes();
  static constexpr std::size_t input_bytes = detail::relaid_bytes<Soc>(model.view(), storage, input_count);
  static constexpr std::size_t arena_bytes = activation_bytes + scratch_bytes + input_bytes;
  /// Bytes of packed weights and of constants.
  static constexpr std::size_t packed_bytes =
      memory.packed_offsets[node_count] + detail::constant_bytes<Model, Policy>(Weights::constant_count);

  using Arena = StaticBuffer<arena_bytes>;
  /// An arena for runs on `Threads` threads.
  template <std::size_t Threads>
  using ArenaFor = StaticBuffer<arena_bytes + (Threads - 1) * scratch_bytes>;
  using Packed = StaticBuffer<packed_bytes>;

  /// The arena may be that of another network, as long as it is large enough.
  template <std::size_t ArenaBytes>
  Network(const Weights& all_weights, Packed& packed_memory, StaticBuffer<ArenaBytes>& arena_memory)
      : arena_(arena_memory.bytes()),
        constants_(packed_memory.bytes().subspan(memory.packed_offsets[node_count])),
        threads_(threads_in(ArenaBytes)),
        activations_(all_weights.activations),
        kernels_(keep_constants(all_weights), packed_memory.bytes(), memory.packed_offsets) {
    static_assert(ArenaBytes >= arena_bytes,
                  "Network: this arena is too small; networks that share one use the largest of their arenas");
  }

  /// An empty tensor for the I-th input, with its scale and zero point.
  template <std::size_t I = 0>
  [[nodiscard]] InputTensor<I> input() const {
    if constexpr (detail::input_of<Model, Policy, Soc, I>::ElementPolicy::quantized) {
      return InputTensor<I>(activations_[static_cast<std::size_t>(model.inputs[I])]);
    } else {
      return InputTensor<I>();
    }
  }

  /// Brings a camera's frame into the I-th input: layout of the chip, quantization and storage type in one call.
  /// `range` says which real numbers the bytes 0 and 255 stand for. Errors: a frame of another size.
  template <std::size_t I = 0>
  static Result<void> load(const Frame& frame, InputTensor<I>& image, PixelRange range) {
    using Element = detail::input_of<Model, Policy, Soc, I>;
    return dlpu::load<typename Element::ElementPolicy>(frame, Element::type.shape, Soc::input_layout,
                                                       image.parameters(), range, image.data());
  }

  /// One inference. The input is a view of the network's `Input`, or anything that converts to one.
  Output run(const Input& image) requires(input_count == 1) {
    SameThread alone;
    return run_all(Inputs{image}, alone);
  }
  /// One inference of a network with several inputs: a tuple of views.
  Output run(const Inputs& all_inputs) requires(input_count != 1) {
    SameThread alone;
    return run_all(all_inputs, alone);
  }
  /// The same on several threads: as many as the executor and the arena have room for.
  template <Executor E>
  Output run(const Input& image, E& executor) requires(input_count == 1) {
    return run_all(Inputs{image}, executor);
  }
  template <Executor E>
  Output run(const Inputs& all_inputs, E& executor) requires(input_count != 1) {
    return run_all(all_inputs, executor);
  }

 private:
  using InputPlaces = std::array<const std::byte*, input_count>;

  /// How many threads have scratch in an arena of so many bytes.
  static constexpr std::size_t threads_in(std::size_t bytes) {
    constexpr std::size_t each = std::max<std::size_t>(scratch_bytes, 1);
    return scratch_bytes == 0 ? static_cast<std::size_t>(-1) : 1 + (bytes - arena_bytes) / each;
  }

  template <Executor E>
  Output run_all(const Inputs& all_inputs, E& executor) {
    const InputPlaces places = place_inputs(all_inputs, InputIndices{});
    [&]<std::size_t... S>(std::index_sequence<S...>) {
      (run_step<S>(places, executor), ...);
    }
    (std::make_index_sequence<schedule.count>{});
    return outputs(OutputIndices{});
  }

  template <std::size_t... I>
  InputPlaces place_inputs(const Inputs& all_inputs, std::index_sequence<I...>) const {
    return {place_input<I>(std::get<I>(all_inputs))...};
  }
  template <std::size_t I>
  const std::byte* place_input(const auto& view) const {
    constexpr Shape nhwc = detail::input_of<Model, Policy, Soc, I>::type.shape;
    if constexpr (detail::is_relaid<Soc>(nhwc)) {
      constexpr std::size_t offset =
          activation_bytes + scratch_bytes + detail::relaid_bytes<Soc>(model.view(), storage, I);
      auto* target =
          reinterpret_cast<typename detail::input_of<Model, Policy, Soc, I>::Element*>(arena_.data() + offset);
      detail::for_each_pixel(nhwc, detail::steps_in(Soc::input_layout, nhwc), detail::steps_in({}, nhwc),
                             [&](std::size_t from, std::size_t to) { target[to] = view.data()[from]; });
      return arena_.data() + offset;
    } else {
      return reinterpret_cast<const std::byte*>(view.data());
    }
  }

  template <std::size_t... I>
  Output outputs(std::index_sequence<I...>) const {
    return Output{output<I>()...};
  }
  template <std::size_t I>
  auto output() const {
    using View = typename detail::output_of<Model, Policy, I>::View;
    constexpr auto tensor = static_cast<std::size_t>(model.outputs[I]);
    auto* data = reinterpret_cast<typename View::element_type*>(arena_.data() + plan.offsets[tensor]);
    if constexpr (View::policy_type::quantized)
      return View(data, {}, activations_[tensor]);
    else
      return View(data, {});
  }

  static constexpr std::size_t constant_number(std::size_t tensor) {
    const auto& numbers = detail::constant_tensors<Model>;
    return static_cast<std::size_t>(std::find(numbers.begin(), numbers.end(), tensor) - numbers.begin());
  }
  static constexpr std::size_t constant_offset(std::size_t number) {
    return detail::constant_bytes<Model, Policy>(number);
  }
  /// Copies the constants behind the packed weights; what kernels are made from then looks at the copies.
  auto keep_constants(const Weights& all_weights) const {
    auto data = all_weights.tensor_data();
    for (std::size_t i = 0; i < Weights::constant_count; ++i) {
      auto& constant = data[detail::constant_tensors<Model>[i]].data;
      const std::span<std::byte> copy = constants_.subspan(constant_offset(i), constant.size());
      std::copy(constant.begin(), constant.end(), copy.begin());
      constant = copy;
    }
    return data;
  }

  template <std::int32_t Tensor>
  const std::byte* place(const InputPlaces& places) const {
    constexpr std::size_t offset = plan.offsets[static_cast<std::size_t>(Tensor)];
    constexpr std::size_t constant = constant_number(static_cast<std::size_t>(Tensor));
    constexpr auto position =
        static_cast<std::size_t>(std::find(model.inputs.begin(), model.inputs.end(), Tensor) - model.inputs.begin());
    if constexpr (offset != not_planned)
      return arena_.data() + offset;
    else if constexpr (position < input_count)
      return places[position];
    else if constexpr (constant < Weights::constant_count)
      return constants_.data() + constant_offset(constant);
    else
      return nullptr;  // weights: packed in the kernel
  }
  template <std::size_t S, Executor E>
  void run_step(const InputPlaces& places, E& executor) const {
    constexpr const Step& step = schedule.storage[S];
    constexpr auto first = static_cast<std::size_t>(step.first);
    constexpr bool shared = !std::is_same_v<E, SameThread> && works_by_rows(model.view(), model.nodes[first]);
    if constexpr (step.count > 1 || shared)
      run_rows<S>(places, executor);
    else
      run_node<first>(places);
  }

  /// A chain, or one operator on several threads.
  template <std::size_t S, Executor E>
  void run_rows(const InputPlaces& places, E& executor) const {
    constexpr const Step& step = schedule.storage[S];
    constexpr auto last = static_cast<std::size_t>(step.last());
    constexpr auto output =
        static_cast<std::size_t>(model.edges[static_cast<std::size_t>(model.nodes[last].outputs.first)]);
    constexpr std::int32_t height = model.tensors[output].type.shape[1];
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const ChainLink links[] = {link<S, static_cast<std::size_t>(step.first) + I>(places)...};
      RowChain::run_shared(
          links, step, height, arena_.data() + plan.offsets[output], threads_, memory.scratch,
          [this](std::size_t thread) { return scratch_of(thread); }, executor);
    }
    (std::make_index_sequence<static_cast<std::size_t>(step.count)>{});
  }
  template <std::size_t S, std::size_t Node>
  ChainLink link(const InputPlaces& places) const {
    constexpr ChainLink planned =
        link_of(model.view(), schedule.storage[S], static_cast<std::int32_t>(Node), storage);
    constexpr auto first_input = static_cast<std::size_t>(model.nodes[Node].inputs.first);
    ChainLink made = planned;
    made.kernel = RowKernel::of(kernels_.template kernel<Node>());
    made.inputs[0] = place<model.edges[first_input]>(places);
    if constexpr (planned.input_count > 1) made.inputs[1] = place<model.edges[first_input + 1]>(places);
    return made;
  }
  /// Scratch of the first thread lies behind the activations, that of the others behind everything else.
  [[nodiscard]] std::span<std::byte> scratch_of(std::size_t thread) const {
    const std::size_t first = thread == 0 ? activation_bytes : arena_bytes + (thread - 1) * scratch_bytes;
    return arena_.subspan(first, scratch_bytes);
  }

  template <std::size_t I>
  void run_node(const InputPlaces& places) const {
    constexpr const Node& node = model.nodes[I];
    constexpr auto first_input = static_cast<std::size_t>(node.inputs.first);
    constexpr auto first_output = static_cast<std::size_t>(node.outputs.first);
    [&]<std::size_t... In, std::size_t... Out>(std::index_sequence<In...>, std::index_sequence<Out...>) {
      const std::byte* const from[] = {place<model.edges[first_input + In]>(places)...};
      std::byte* const to[] = {arena_.data() +
                               plan.offsets[static_cast<std::size_t>(model.edges[first_output + Out])]...};
      kernels_.template kernel<I>().run({from, to, scratch_of(0)});
    }
    (std::make_index_sequence<static_cast<std::size_t>(node.inputs.count)>{},
     std::make_index_sequence<static_cast<std::size_t>(node.outputs.count)>{});
  }

  std::span<std::byte> arena_, constants_;
  std::size_t threads_;  // that the arena has scratch for
  typename Weights::Activations activations_;
  detail::KernelSet<Model, Policy, NodeIndices> kernels_;
};

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The run-time twin of `Network`: a graph that is known only when the program runs, over the same kernels.

#include <algorithm>
#include <array>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dlpu/core/executor.hpp"
#include "dlpu/core/result.hpp"
#include "dlpu/graph/builder.hpp"
#include "dlpu/graph/kernel_class.hpp"
#include "dlpu/graph/kernel_trial.hpp"
#include "dlpu/graph/lowering/hybrid.hpp"
#include "dlpu/graph/memory_plan.hpp"
#include "dlpu/graph/row_chain.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// How a program runs.
struct ProgramOptions {
  FusionLimits fusion{};    ///< `no_fusion`: every tensor can be observed
  std::size_t threads = 1;  ///< that `run` may be given; each has scratch of its own
  /// Chooses each operator's instruction set, and whether to fuse as `fusion` says, by running them when the program is
  /// made. Takes the time of some ten inferences. The outputs are the same bits for integers; float32 may differ in the
  /// last ones, as it does between instruction sets.
  bool measure = false;
};

/// A graph with its weights packed and its memory planned; `run` allocates nothing.
class Program {
 public:
  /// Prepares `graph` with the storage and rounding of `Policy`. `parameters` has an entry for every tensor; its
  /// memory moves into the program.
  template <QuantizationPolicy Policy>
  [[nodiscard]] static Result<Program> create(Graph graph, Parameters parameters, ProgramOptions options = {});

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] std::size_t activation_bytes() const { return activation_bytes_; }
  /// For each thread.
  [[nodiscard]] std::size_t scratch_bytes() const { return scratch_bytes_; }
  /// All that `run` works in: activations, and the scratch of all threads.
  [[nodiscard]] std::size_t arena_bytes() const { return arena_.size(); }
  [[nodiscard]] std::span<const Step> steps() const { return steps_; }
  [[nodiscard]] std::size_t packed_bytes() const { return packed_.size(); }

  /// One inference. `inputs` are the graph's, dense and in its order.
  void run(std::span<const std::span<const std::byte>> inputs) {
    SameThread alone;
    run(inputs, alone);
  }
  /// The same on several threads, to the same bits; as many as `ProgramOptions::threads` take part.
  template <Executor E>
  void run(std::span<const std::span<const std::byte>> inputs, E& executor) {
    run_all(inputs, executor, [](std::size_t) {});
  }
  /// The same; `observe(i)` is called after the i-th operator, whose outputs `tensor()` then shows. Of fused operators,
  /// only the last one is seen.
  template <std::invocable<std::size_t> Observer>
  void run(std::span<const std::span<const std::byte>> inputs, Observer observe) {
    SameThread alone;
    run_all(inputs, alone, observe);
  }

  /// The bytes of a tensor: of an output after `run`, of any activation while observing.
  [[nodiscard]] std::span<const std::byte> tensor(std::int32_t index) const {
    const auto t = static_cast<std::size_t>(index);
    return {places_[t], bytes_of(graph_.tensors[t], storage_)};
  }
  [[nodiscard]] std::span<const std::byte> output(std::size_t i = 0) const { return tensor(graph_.outputs[i]); }

 private:
  Program(Graph graph, Parameters parameters, ElementType storage)
      : graph_(std::move(graph)), parameters_(std::move(parameters)), storage_(storage) {}

  template <class Observer>
  void run_all(std::span<const std::span<const std::byte>> inputs, Executor auto& executor, Observer observe) {
    DLPU_ASSERT(inputs.size() == graph_.inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      DLPU_ASSERT(inputs[i].size() >= tensor(graph_.inputs[i]).size());
      places_[static_cast<std::size_t>(graph_.inputs[i])] = const_cast<std::byte*>(inputs[i].data());
    }
    const GraphView view = graph_.view();
    const std::size_t threads = std::min(threads_, executor.size());
    for (const Step& step : steps_) {
      const auto last = static_cast<std::size_t>(step.last());
      if (step.count > 1 || (threads > 1 && works_by_rows(view, view.nodes[last])))
        run_rows(view, step, threads, executor);
      else
        run_node(view, last);
      observe(last);
    }
  }

  /// A chain, or one operator on several threads.
  void run_rows(const GraphView& view, const Step& step, std::size_t threads, Executor auto& executor) {
    std::array<ChainLink, max_chain> links;
    for (std::int32_t i = 0; i < step.count; ++i) {
      const auto node = static_cast<std::size_t>(step.first + i);
      ChainLink& link = links[static_cast<std::size_t>(i)];
      link = links_[node];
      for (std::size_t k = 0; k < link.input_count; ++k) {
        link.inputs[k] = places_[static_cast<std::size_t>(view.inputs_of(view.nodes[node])[k])];
      }
    }
    const Node& last = view.nodes[static_cast<std::size_t>(step.last())];
    const std::int32_t height = view.output_type(last).shape[1];
    std::byte* const output = places_[static_cast<std::size_t>(view.outputs_of(last)[0])];
    RowChain::run_shared(
        std::span(links).first(static_cast<std::size_t>(step.count)), step, height, output, threads, kernel_scratch_,
        [this](std::size_t thread) { return scratch_of(thread); }, executor);
  }
  [[nodiscard]] std::span<std::byte> scratch_of(std::size_t thread) {
    return arena_.bytes().subspan(activation_bytes_ + thread * scratch_bytes_, scratch_bytes_);
  }

  void run_node(const GraphView& view, std::size_t index) {
    const Node& node = view.nodes[index];
    std::array<const std::byte*, Builder::max_inputs> inputs{};
    std::array<std::byte*, Inferred::max_outputs> outputs{};
    const auto input_tensors = view.inputs_of(node), output_tensors = view.outputs_of(node);
    for (std::size_t i = 0; i < input_tensors.size(); ++i)
      inputs[i] = places_[static_cast<std::size_t>(input_tensors[i])];
    for (std::size_t i = 0; i < output_tensors.size(); ++i) {
      outputs[i] = places_[static_cast<std::size_t>(output_tensors[i])];
    }
    kernels_[index]->run(
        {{inputs.data(), input_tensors.size()}, {outputs.data(), output_tensors.size()}, scratch_of(0)});
  }

  // Templates, so that a unit that makes no program does not compile them. `R` is the policy's rounding.
  template <class R>
  KernelClass kernel_of(const Node& node) const;
  template <class R>
  Result<void> prepare(const ProgramOptions& options);
  template <class R>
  void plan(const ProgramOptions& options);
  /// Plans with and without fusion, and stays with what runs faster.
  template <class R>
  void plan_measured(ProgramOptions options);

  Graph graph_;
  Parameters parameters_;
  ElementType storage_;
  std::vector<std::byte*> places_;  // of each tensor; inputs change from run to run
  std::vector<std::unique_ptr<AnyKernel>> kernels_;
  std::vector<Step> steps_;
  std::vector<ChainLink> links_;  // of each operator that works by rows, without its inputs
  AlignedBuffer packed_, arena_;  // the arena holds activations, then each thread's scratch: kernels', then bands
  std::size_t activation_bytes_ = 0, kernel_scratch_ = 0, scratch_bytes_ = 0, threads_ = 1;
};

template <class R>
void Program::plan(const ProgramOptions& options) {
  const GraphView view = graph_.view();
  steps_.resize(view.nodes.size());
  steps_.resize(plan_steps(view, storage_, options.fusion, steps_));
  links_.resize(view.nodes.size());
  std::size_t bands = 0;
  for (const Step& step : steps_) {
    bands = std::max(bands, step.band_bytes);
    for (std::int32_t i = step.first; i <= step.last(); ++i) {
      const auto node = static_cast<std::size_t>(i);
      if (!works_by_rows(view, view.nodes[node])) continue;
      links_[node] = link_of(view, step, i, storage_);
      links_[node].kernel = kernels_[node]->by_rows();
    }
  }
  threads_ = std::max<std::size_t>(options.threads, 1);
  scratch_bytes_ = kernel_scratch_ + bands;
  const std::size_t count = graph_.tensors.size();
  std::vector<std::size_t> bytes(count), offsets(count);
  std::vector<detail::Lifetime> lifetimes(count);
  std::vector<std::int32_t> order(count);
  for (std::size_t t = 0; t < count; ++t) bytes[t] = bytes_of(graph_.tensors[t].type, storage_);
  activation_bytes_ = plan_memory(view, steps_, bytes, offsets, lifetimes, order);
  arena_ = AlignedBuffer(activation_bytes_ + threads_ * scratch_bytes_);
  places_.resize(count);
  for (std::size_t t = 0; t < count; ++t) {
    const std::byte* constant = parameters_[static_cast<std::int32_t>(t)].data.data();
    places_[t] = offsets[t] == not_planned ? const_cast<std::byte*>(constant) : arena_.data() + offsets[t];
  }
}

template <class R>
KernelClass Program::kernel_of(const Node& node) const {
  const GraphView view = graph_.view();
  if (is_hybrid(view, node)) return detail::kernel_class<LoweredHybridConv2d>;
  const ElementType element = resolved(view.input_type(node).element, storage_);
  const ElementType made = resolved(view.output_type(node).element, storage_);
  if constexpr (std::is_void_v<R>) {
    // Under a policy that stores real numbers, nothing makes quantized ones.
    if (is_quantized(made)) return {};
  }
  const KernelClass rounding = find_kernel<R>(node.op, element);
  return rounding ? rounding : find_kernel<void>(node.op, element);
}

template <class R>
Result<void> Program::prepare(const ProgramOptions& options) {
  const GraphView view = graph_.view();
  std::vector<KernelClass> classes;
  std::vector<std::size_t> packed_bytes;
  std::size_t packed_total = 0;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const Node& node = view.nodes[i];
    classes.push_back(kernel_of<R>(node));
    if (!classes[i]) {
      return Error{"operator " + std::to_string(i) + " (" + std::string(name_of(node.op)) + ", " +
                   to_string(node.name) + "): it has no kernel for its input's element type, " +
                   std::string(to_string(resolved(view.input_type(node).element, storage_))) +
                   ", with this policy's rounding"};
    }
    const Requirements needs = classes[i].requirements(view, node);
    packed_bytes.push_back(align_up(needs.packed));
    packed_total += packed_bytes[i];
    kernel_scratch_ = std::max(kernel_scratch_, align_up(needs.scratch));
  }
  packed_ = AlignedBuffer(packed_total);
  AlignedBuffer trial_scratch(options.measure ? kernel_scratch_ : 0);
  KernelTrial trial(trial_scratch.bytes());
  std::size_t offset = 0;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const NodeData data{view, view.nodes[i], parameters_.tensors(), storage_};
    const std::span<std::byte> packed = packed_.bytes().subspan(offset, packed_bytes[i]);
    kernels_.push_back(options.measure ? trial.fastest(classes[i], data, packed) : classes[i].make(data, packed));
    offset += packed_bytes[i];
  }
  options.measure ? plan_measured<R>(options) : plan<R>(options);
  return {};
}

template <class R>
void Program::plan_measured(ProgramOptions options) {
  std::vector<AlignedBuffer> zeros;
  std::vector<std::span<const std::byte>> inputs;
  for (const std::int32_t input : graph_.inputs) {
    zeros.emplace_back(bytes_of(graph_.tensors[static_cast<std::size_t>(input)].type, storage_));
    inputs.emplace_back(zeros.back().bytes());
  }
  const auto seconds = [&](const ProgramOptions& tried) {
    plan<R>(tried);
    return least_seconds([&] { run(inputs); });
  };
  ProgramOptions unfused = options;
  unfused.fusion = no_fusion;
  const double fused_time = seconds(options), unfused_time = seconds(unfused);
  if (fused_time <= unfused_time) plan<R>(options);
}

template <QuantizationPolicy Policy>
Result<Program> Program::create(Graph graph, Parameters parameters, ProgramOptions options) {
  if (graph.problem) {
    const std::string where = graph.problem_node < 0 ? "" : " (operator " + std::to_string(graph.problem_node) + ")";
    return Error{std::string(graph.problem->sentence) + where};
  }
  if (parameters.tensors().size() != graph.tensors.size()) {
    return Error{"the parameters have " + std::to_string(parameters.tensors().size()) + " entries, the graph " +
                 std::to_string(graph.tensors.size()) + " tensors; pass the parameters made for this graph"};
  }
  Program program(std::move(graph), std::move(parameters), element_type_of<typename Policy::Storage>);
  if (const Result<void> ready = program.template prepare<kernels::RoundingOf<Policy>>(options); !ready) {
    return Error{ready.error()};
  }
  return program;
}

}  // namespace dlpu::inline DLPU_ABI

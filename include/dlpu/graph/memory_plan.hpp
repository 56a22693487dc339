#pragma once

/// Where each activation lies in the arena: tensors that never live at the same time share bytes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dlpu/graph/schedule.hpp"

namespace dlpu::inline DLPU_ABI {

/// The offset of a tensor that is not in the arena: inputs, weights, constants, bands.
inline constexpr std::size_t not_planned = static_cast<std::size_t>(-1);

/// The tensor whose bytes a tensor shares: a reshaped tensor is its source under another shape, unless the source
/// belongs to the caller.
[[nodiscard]] constexpr std::int32_t storage_of(const GraphView& graph, std::int32_t tensor) {
  while (true) {
    const std::int32_t producer = graph.tensor(tensor).producer;
    if (producer < 0) return tensor;
    const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
    if (!node.op.is<op::Reshape>()) return tensor;
    const std::int32_t source = graph.inputs_of(node)[0];
    if (graph.tensor(source).producer < 0) return tensor;
    tensor = source;
  }
}

namespace detail {

/// The steps between which a tensor must keep its bytes, both included.
struct Lifetime {
  std::int32_t first = 0, last = -1;
};

/// Tensors that a chain's operators hand each other have no lifetime: they are bands in its scratch.
constexpr void find_lifetimes(const GraphView& graph, std::span<const Step> steps, std::span<Lifetime> lifetimes) {
  const auto step_count = static_cast<std::int32_t>(steps.size());
  for (std::int32_t s = 0; s < step_count; ++s) {
    const Step& step = steps[static_cast<std::size_t>(s)];
    for (std::int32_t i = step.first; i <= step.last(); ++i) {
      const Node& node = graph.nodes[static_cast<std::size_t>(i)];
      for (const std::int32_t input : graph.inputs_of(node)) {
        const std::int32_t producer = graph.tensor(input).producer;
        const bool handed_over = producer >= step.first && producer < i;
        if (producer >= 0 && !handed_over) lifetimes[static_cast<std::size_t>(storage_of(graph, input))].last = s;
      }
    }
    for (const std::int32_t output : graph.outputs_of(graph.nodes[static_cast<std::size_t>(step.last())])) {
      Lifetime& life = lifetimes[static_cast<std::size_t>(storage_of(graph, output))];
      if (life.last < 0) life.first = s;
      life.last = s;
    }
  }
  for (const std::int32_t output : graph.outputs) {
    if (graph.tensor(output).producer >= 0) {
      lifetimes[static_cast<std::size_t>(storage_of(graph, output))].last = step_count;
    }
  }
}

}  // namespace detail

/// Fills `offsets` (one per tensor; `bytes` likewise) and returns the size of the arena.
///
/// Greedy by size: the largest tensor first, each at the lowest offset where it meets no tensor that lives at the
/// same time (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020). Quadratic in
/// the number of activations, which fits a compiler's budget for constants up to about 400 operators.
///
/// `lifetimes` and `order` are scratch with one entry per tensor; fresh lifetimes are empty. Loops go over pointers: a
/// call in the innermost would multiply the steps that a constant costs.
[[nodiscard]] constexpr std::size_t plan_memory(const GraphView& graph, std::span<const Step> steps,
                                                std::span<const std::size_t> bytes, std::span<std::size_t> offsets,
                                                std::span<detail::Lifetime> lifetimes,
                                                std::span<std::int32_t> order) {
  detail::find_lifetimes(graph, steps, lifetimes);
  const detail::Lifetime* const lives = lifetimes.data();
  const std::size_t* const sizes = bytes.data();
  std::size_t* const places = offsets.data();
  std::int32_t* const first = order.data();
  std::int32_t* last = first;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    places[t] = not_planned;
    if (lives[t].last < 0) continue;
    std::int32_t* slot = last++;  // insertion sort: largest first, then in order of appearance
    for (; slot != first && sizes[slot[-1]] < sizes[t]; --slot) *slot = slot[-1];
    *slot = static_cast<std::int32_t>(t);
  }
  std::size_t total = 0;
  // What lies before `next` is placed, and kept sorted by offset from here on.
  for (std::int32_t* next = first; next != last; ++next) {
    const std::int32_t tensor = *next;
    const detail::Lifetime life = lives[tensor];
    const std::size_t size = align_up(sizes[tensor]);
    std::size_t offset = 0;
    for (const std::int32_t* other = first; other != next; ++other) {
      if (lives[*other].first > life.last || life.first > lives[*other].last) continue;
      if (places[*other] >= offset + size) break;
      const std::size_t end = places[*other] + align_up(sizes[*other]);
      if (end > offset) offset = end;
    }
    places[tensor] = offset;
    if (offset + size > total) total = offset + size;
    std::int32_t* slot = next;
    for (; slot != first && places[slot[-1]] > offset; --slot) *slot = slot[-1];
    *slot = tensor;
  }
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const auto tensor = static_cast<std::int32_t>(t);
    if (graph.tensor(tensor).producer >= 0) offsets[t] = offsets[static_cast<std::size_t>(storage_of(graph, tensor))];
  }
  return total;
}

/// The plan of a graph of `N` tensors, as a value that a constant can hold.
template <std::size_t N>
struct StaticMemoryPlan {
  std::array<std::size_t, N> offsets{};
  std::size_t total = 0;
};

/// Plans a graph whose activations without an element type of their own are stored as `storage`.
template <std::size_t N>
[[nodiscard]] constexpr StaticMemoryPlan<N> static_memory_plan(const GraphView& graph, std::span<const Step> steps,
                                                               ElementType storage) {
  StaticMemoryPlan<N> plan;
  std::array<std::size_t, N> bytes{};
  std::array<detail::Lifetime, N> lifetimes{};
  std::array<std::int32_t, N> order{};
  for (std::size_t t = 0; t < N; ++t) bytes[t] = bytes_of(graph.tensors[t].type, storage);
  plan.total = plan_memory(graph, steps, bytes, plan.offsets, lifetimes, order);
  return plan;
}

}  // namespace dlpu::inline DLPU_ABI

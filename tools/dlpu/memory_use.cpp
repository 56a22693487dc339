#include "dlpu/memory_use.hpp"

#include "dlpu/graph/memory_plan.hpp"

namespace dlpu::command {

MemoryUse memory_of(const GraphView& graph, ElementType storage) {
  const std::size_t count = graph.tensors.size();
  std::vector<std::size_t> bytes(count), offsets(count);
  std::vector<dlpu::detail::Lifetime> lifetimes(count);
  std::vector<std::int32_t> order(count);
  MemoryUse use;
  for (std::size_t t = 0; t < count; ++t) {
    const TensorInfo& tensor = graph.tensors[t];
    bytes[t] = bytes_of(tensor.type, storage);
    const bool is_weight =
        tensor.role == TensorRole::filter || tensor.role == TensorRole::bias || tensor.role == TensorRole::constant;
    if (is_weight) use.weight_bytes += bytes[t];
  }
  std::vector<Step> steps(graph.nodes.size());
  steps.resize(plan_steps(graph, storage, no_fusion, steps));
  use.arena_bytes = plan_memory(graph, steps, bytes, offsets, lifetimes, order);
  use.live_bytes.resize(graph.nodes.size());
  for (std::size_t t = 0; t < count; ++t) {
    for (std::int32_t i = lifetimes[t].first; i <= lifetimes[t].last; ++i) {
      if (static_cast<std::size_t>(i) < use.live_bytes.size())
        use.live_bytes[static_cast<std::size_t>(i)] += bytes[t];
    }
  }
  return use;
}

}  // namespace dlpu::command

#pragma once

/// In which steps a graph runs: one operator at a time, or a chain of operators that hand each other bands of rows, so
/// that the tensors between them never exist as a whole. `Network` decides in the compiler, `Program` when it is created,
/// by the same code.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dlpu/core/aligned.hpp"
#include "dlpu/graph/graph.hpp"
#include "dlpu/kernels/rows.hpp"

namespace dlpu::inline DLPU_ABI {

/// At most how many nodes run as one.
inline constexpr std::size_t max_chain = 8;

/// Consecutive nodes that run as one.
struct Step {
  std::int32_t first = 0, count = 1;
  std::int32_t band_rows = 0;  ///< rows of the last node's output that a chain makes at a time
  std::size_t band_bytes = 0;  ///< of the bands between a chain's nodes, for each thread

  [[nodiscard]] constexpr std::int32_t last() const { return first + count - 1; }
  friend constexpr bool operator==(const Step&, const Step&) = default;
};

namespace detail {

/// The window of an operator that works by rows; Add is a window of one place.
[[nodiscard]] constexpr WindowGeometry row_window(const GraphView& graph, const Node& node) {
  const Shape& input = graph.input_type(node).shape;
  if (node.op.is<op::Conv2d>()) return node.op.as<op::Conv2d>().geometry(input);
  if (node.op.is<op::DepthwiseConv2d>()) return node.op.as<op::DepthwiseConv2d>().geometry(input);
  return window_geometry(input, input.channels(), 1, 1, 1, Padding::valid);
}

}  // namespace detail

/// Whether some rows of the operator's output can be computed alone.
[[nodiscard]] constexpr bool works_by_rows(const GraphView& graph, const Node& node) {
  const TensorType& input = graph.input_type(node);
  if (input.shape.rank != 4 || input.shape[0] != 1) return false;
  if (node.op.is<op::Conv2d>() || node.op.is<op::DepthwiseConv2d>()) {
    return graph.input_type(node, 1).element == input.element;  // filters of another type have kernels of their own
  }
  return node.op.is<op::Add>() && graph.input_type(node, 1).shape == input.shape;
}

/// Bytes of a row of an operator's output.
[[nodiscard]] constexpr std::size_t row_bytes(const GraphView& graph, const Node& node, ElementType storage) {
  const TensorType& output = graph.output_type(node);
  return bytes_of(output, storage) / static_cast<std::size_t>(output.shape[1]);
}

/// What is fused of tensors of one element type, in elements.
struct BandLimits {
  std::size_t least_tensor;  ///< smaller tensors between two operators stay in the cache by themselves
  std::size_t most_band;     ///< of all bands of a chain together
};

/// What is fused. The figures are those that measured best on CPUs with 1 MB of second-level cache. Smaller ones save memory:
/// {48 K, 64 K} a sixth of MobileNetV2's arena, for 4 % of its time.
struct FusionLimits {
  BandLimits integers{192 * 1024, 192 * 1024};
  /// With few rows in a band, moving those that two bands share costs more than the caches give, and only tensors that the
  /// second-level cache cannot hold are worth it.
  BandLimits floats{768 * 1024, 256 * 1024};

  /// Those for activations of that type.
  [[nodiscard]] constexpr const BandLimits& of(ElementType element) const {
    return element == ElementType::float32 ? floats : integers;
  }
};
/// Every operator is a step of its own, and every tensor can be looked at.
inline constexpr FusionLimits no_fusion{{static_cast<std::size_t>(-1), 0}, {static_cast<std::size_t>(-1), 0}};

namespace detail {

/// Whether the tensor between two neighbouring nodes can be a band: made and read by rows, and by nobody else.
[[nodiscard]] constexpr bool is_private(const GraphView& graph, const Node& maker, const Node& reader) {
  if (!works_by_rows(graph, maker) || !works_by_rows(graph, reader)) return false;
  const std::int32_t tensor = graph.outputs_of(maker)[0];
  for (const std::int32_t output : graph.outputs) {
    if (output == tensor) return false;
  }
  int uses = 0;
  const std::int32_t* const end = graph.edges.data() + graph.edges.size();
  for (const std::int32_t* edge = graph.edges.data(); edge != end; ++edge) uses += *edge == tensor;
  // Once as an output, once as an input of the reader.
  for (const std::int32_t input : graph.inputs_of(reader)) {
    if (input == tensor) return uses == 2;
  }
  return false;
}

/// Bytes of the bands between a chain's nodes for `rows` rows of its output.
[[nodiscard]] constexpr std::size_t band_bytes(const GraphView& graph, const Step& step, std::int32_t rows,
                                               ElementType storage) {
  std::size_t bytes = 0;
  for (std::int32_t i = step.last(); i > step.first; --i) {
    rows = most_input_rows(row_window(graph, graph.node(static_cast<std::size_t>(i))), rows);
    bytes += align_up(static_cast<std::size_t>(rows) *
                      row_bytes(graph, graph.node(static_cast<std::size_t>(i - 1)), storage));
  }
  return bytes;
}

/// At most how many bytes all bands of a chain have, by the activations that it hands over or makes.
[[nodiscard]] constexpr std::size_t most_band_bytes(const FusionLimits& limits, const TensorType& activations,
                                                    ElementType storage) {
  const ElementType element = resolved(activations.element, storage);
  return limits.of(element).most_band * element_bytes(element);
}

/// The step with the node behind it, if the two may be fused.
[[nodiscard]] constexpr std::optional<Step> longer(const GraphView& graph, const Step& step, ElementType storage,
                                                   const FusionLimits& limits) {
  const Node& last = graph.node(static_cast<std::size_t>(step.last()));
  const Node& node = graph.node(static_cast<std::size_t>(step.last() + 1));
  const TensorType& between = graph.output_type(last);
  const ElementType element = resolved(between.element, storage);
  if (step.count == static_cast<std::int32_t>(max_chain) ||
      static_cast<std::size_t>(between.shape.elements()) < limits.of(element).least_tensor ||
      bytes_of(between, storage) < bytes_of(graph.output_type(node), storage) || !is_private(graph, last, node)) {
    return std::nullopt;
  }
  Step both = step;
  ++both.count;
  both.band_bytes = band_bytes(graph, both, 1, storage);
  if (both.band_bytes > most_band_bytes(limits, between, storage)) return std::nullopt;
  return both;
}

}  // namespace detail

/// Fills `steps`, which has room for one per node, and returns their number.
///
/// Two neighbours are fused where the tensor between them is large and no smaller than what the second makes of it:
/// expanded tensors of inverted residuals, not the narrow ones between the blocks.
[[nodiscard]] constexpr std::size_t plan_steps(const GraphView& graph, ElementType storage,
                                               const FusionLimits& limits, std::span<Step> steps) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const std::optional<Step> both =
        count > 0 ? detail::longer(graph, steps[count - 1], storage, limits) : std::nullopt;
    if (both)
      steps[count - 1] = *both;
    else
      steps[count++] = {static_cast<std::int32_t>(i)};
  }
  for (Step& step : steps.first(count)) {
    if (step.count == 1) continue;
    const TensorType& output = graph.output_type(graph.node(static_cast<std::size_t>(step.last())));
    // Bands of more than half of the tensors would hardly save memory.
    const std::size_t whole = detail::band_bytes(graph, step, output.shape[1], storage);
    const std::size_t most_bytes = std::min(detail::most_band_bytes(limits, output, storage), whole / 2);
    for (std::int32_t rows = 1; rows <= output.shape[1]; rows *= 2) {  // 1, 2, 4 ...: kernels take rows in pairs
      const std::size_t bytes = detail::band_bytes(graph, step, rows, storage);
      if (rows > 1 && bytes > most_bytes) break;
      step.band_rows = rows;
      step.band_bytes = bytes;
    }
  }
  return count;
}

/// The steps of a graph of at most `N` nodes, as a value that a constant can hold.
template <std::size_t N>
struct StaticSchedule {
  std::array<Step, N> storage{};
  std::size_t count = 0;

  [[nodiscard]] constexpr std::span<const Step> steps() const { return {storage.data(), count}; }
  /// The scratch of the chain that needs most, for each thread.
  [[nodiscard]] constexpr std::size_t band_bytes() const {
    std::size_t most = 0;
    for (const Step& step : steps()) most = step.band_bytes > most ? step.band_bytes : most;
    return most;
  }
};
template <std::size_t N>
[[nodiscard]] constexpr StaticSchedule<N> static_schedule(const GraphView& graph, ElementType storage,
                                                          const FusionLimits& limits) {
  StaticSchedule<N> schedule;
  schedule.count = plan_steps(graph, storage, limits, schedule.storage);
  return schedule;
}

}  // namespace dlpu::inline DLPU_ABI

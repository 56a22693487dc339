#pragma once

/// Runs a chain of operators by bands of rows: each hands its band to the next one, and rows that two bands share are
/// kept, so nothing is computed twice and no tensor between them exists as a whole.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "dlpu/core/executor.hpp"
#include "dlpu/graph/lowering/lowered.hpp"
#include "dlpu/graph/schedule.hpp"

namespace dlpu::inline DLPU_ABI {

/// One operator that works by rows, without its type.
struct RowKernel {
  const void* kernel = nullptr;
  Rows (*input_rows)(const void*, Rows) = nullptr;
  void (*run_rows)(const void*, const RowBuffers&) = nullptr;

  template <class Kernel>
  [[nodiscard]] static RowKernel of(const Kernel& kernel) {
    return {&kernel, [](const void* any, Rows rows) { return static_cast<const Kernel*>(any)->input_rows(rows); },
            [](const void* any, const RowBuffers& buffers) { static_cast<const Kernel*>(any)->run_rows(buffers); }};
  }
};

/// One operator of a chain. Its inputs are whole tensors, except for the one that the operator before it hands over.
struct ChainLink {
  static constexpr std::size_t max_inputs = 2;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::size_t input_count = 1, handed_over = none;  ///< how many inputs, and which one is a band
  std::size_t input_row_bytes = 0, output_row_bytes = 0;
  std::size_t band_offset = 0;  ///< of the rows that this operator hands over
  RowKernel kernel{};
  std::array<const std::byte*, max_inputs> inputs{};
};

/// The link of the node `index` of a step, without its kernel and inputs.
[[nodiscard]] constexpr ChainLink link_of(const GraphView& graph, const Step& step, std::int32_t index,
                                          ElementType storage) {
  const Node& node = graph.node(static_cast<std::size_t>(index));
  ChainLink link;
  link.input_count = node.op.is<op::Add>() ? 2 : 1;  // filter and bias are packed in the kernel
  link.output_row_bytes = row_bytes(graph, node, storage);
  const TensorType& input = graph.input_type(node);
  link.input_row_bytes = bytes_of(input, storage) / static_cast<std::size_t>(input.shape[1]);
  if (index > step.first) {
    const std::int32_t handed = graph.outputs_of(graph.node(static_cast<std::size_t>(index - 1)))[0];
    link.handed_over = graph.inputs_of(node)[0] == handed ? 0 : 1;
  }
  if (index < step.last()) {
    const Step behind{index + 1, step.last() - index};
    link.band_offset = detail::band_bytes(graph, behind, step.band_rows, storage);
  }
  return link;
}

/// A run of a chain on one thread.
class RowChain {
 public:
  /// Computes all rows of an output of `height` rows, shared out among at most `threads` threads; one operator by itself
  /// makes a share at once. `scratch_of(thread)` begins with the `kernel_scratch` bytes that kernels need; the bytes of
  /// the step's bands follow.
  template <Executor E, class ScratchOf>
  static void run_shared(std::span<const ChainLink> links, const Step& step, std::int32_t height, std::byte* output,
                         std::size_t threads, std::size_t kernel_scratch, const ScratchOf& scratch_of, E& executor) {
    const std::size_t parts = std::min({threads, executor.size(), static_cast<std::size_t>(height)});
    const auto run_part = [&](std::size_t part) {
      const Rows rows = share_of(height, part, parts);
      const std::span<std::byte> scratch = scratch_of(part);
      run(links, rows, step.count > 1 ? step.band_rows : rows.count(), output, scratch.subspan(kernel_scratch),
          scratch.first(kernel_scratch));
    };
    executor.for_each(parts, run_part);
  }

 private:
  /// Computes the output rows `rows`, `band_rows` at a time. `bands` has the bytes that were planned for the step.
  static void run(std::span<const ChainLink> links, Rows rows, std::int32_t band_rows, std::byte* output,
                  std::span<std::byte> bands, std::span<std::byte> scratch) {
    RowChain chain(links, bands, scratch);
    for (Rows band{rows.first, rows.first}; band.first < rows.end; band.first = band.end) {
      band.end = std::min(band.first + band_rows, rows.end);
      chain.make(links.size() - 1, band,
                 output + static_cast<std::size_t>(band.first) * links.back().output_row_bytes);
    }
  }

  RowChain(std::span<const ChainLink> links, std::span<std::byte> bands, std::span<std::byte> scratch)
      : links_(links), bands_(bands), scratch_(scratch) {}

  /// Makes `rows` of a link's output at `to`.
  void make(std::size_t index, Rows rows, std::byte* to) {
    const ChainLink& link = links_[index];
    const Rows needed = link.kernel.input_rows(link.kernel.kernel, rows);
    std::array<const std::byte*, ChainLink::max_inputs> inputs{};
    for (std::size_t i = 0; i < link.input_count; ++i) {
      inputs[i] = index > 0 && i == link.handed_over
                      ? provide(index - 1, needed)
                      : link.inputs[i] + static_cast<std::size_t>(needed.first) * link.input_row_bytes;
    }
    link.kernel.run_rows(link.kernel.kernel, {{inputs.data(), link.input_count}, to, rows, scratch_});
  }

  /// `rows` of a link's output in its band: the last ones of the time before move to the front, the others are made.
  const std::byte* provide(std::size_t index, Rows rows) {
    const std::size_t row_bytes = links_[index].output_row_bytes;
    std::byte* const band = bands_.data() + links_[index].band_offset;
    const Rows before = made_[index];
    const std::int32_t kept = std::max(before.end - rows.first, 0);
    if (kept > 0 && rows.first > before.first) {
      std::memmove(band, band + static_cast<std::size_t>(rows.first - before.first) * row_bytes,
                   static_cast<std::size_t>(kept) * row_bytes);
    }
    made_[index] = rows;
    const Rows missing{rows.first + kept, rows.end};
    if (missing.count() > 0) make(index, missing, band + static_cast<std::size_t>(kept) * row_bytes);
    return band;
  }

  std::span<const ChainLink> links_;
  std::span<std::byte> bands_, scratch_;
  std::array<Rows, max_chain> made_{};  ///< what lies in each link's band
};

}  // namespace dlpu::inline DLPU_ABI

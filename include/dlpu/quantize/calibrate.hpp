#pragma once

/// Calibration: the range that each activation of a float network takes over given inputs.

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "dlpu/graph/program.hpp"
#include "dlpu/kernels/activation.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// Whether a tensor has a range: indices and booleans have none.
[[nodiscard]] constexpr bool holds_real_numbers(const TensorInfo& tensor) {
  return tensor.type.element == ElementType::activation || tensor.type.element == ElementType::float32;
}

/// One range per tensor of the graph; empty (low > high) for tensors that no input reached.
using Ranges = std::vector<Range<float>>;

/// The smallest and largest value of every input and activation of `network` over the samples. `samples` holds whole
/// inputs of a one-input network end to end: [count, ...input shape].
///
/// Errors: no samples, a number of elements that is no multiple of the input's, NaN or infinity (in the samples or
/// computed from them; the message names sample and operator).
[[nodiscard]] inline Result<Ranges> observe_ranges(Program& network, std::span<const float> samples) {
  const Graph& graph = network.graph();
  if (graph.inputs.size() != 1)
    return Error{"calibration: the network has several inputs; calibrate them one by one"};
  const std::int32_t input = graph.inputs[0];
  const auto size = static_cast<std::size_t>(graph.tensors[static_cast<std::size_t>(input)].type.shape.elements());
  if (samples.empty()) return Error{"calibration: there are no samples; give at least one, better a hundred"};
  if (samples.size() % size != 0) {
    return Error{"calibration: " + std::to_string(samples.size()) +
                 " values are no whole number of inputs of shape " +
                 to_string(graph.tensors[static_cast<std::size_t>(input)].type.shape)};
  }
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Ranges ranges(graph.tensors.size(), {infinity, -infinity});
  std::string problem;
  const auto observe = [&](std::span<const float> values, std::int32_t tensor, std::size_t sample) {
    Range<float>& range = ranges[static_cast<std::size_t>(tensor)];
    for (const float value : values) {
      if (!(value > -infinity && value < infinity) && problem.empty()) {
        problem = "calibration: sample " + std::to_string(sample) + " makes " +
                  to_string(graph.tensors[static_cast<std::size_t>(tensor)].name) + " NaN or infinite";
      }
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  };
  const GraphView view = graph.view();
  for (std::size_t sample = 0; sample < samples.size() / size; ++sample) {
    const std::span<const float> values = samples.subspan(sample * size, size);
    observe(values, input, sample);
    const std::span<const std::byte> bytes = std::as_bytes(values);
    network.run({&bytes, 1}, [&](std::size_t node) {
      for (const std::int32_t output : view.outputs_of(view.nodes[node])) {
        if (!holds_real_numbers(view.tensor(output))) continue;
        const auto data = network.tensor(output);
        observe({reinterpret_cast<const float*>(data.data()), data.size() / sizeof(float)}, output, sample);
      }
    });
    if (!problem.empty()) return Error{problem};
  }
  return ranges;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

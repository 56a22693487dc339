#pragma once

/// Runs a network over samples on several threads and shows every tensor of real numbers to visitors.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "dlpu/quantize/float_network.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// Whole inputs of a one-input network, end to end: [count, ...input shape].
struct Samples {
  std::span<const float> values;
  std::size_t size = 0;  ///< elements of one

  [[nodiscard]] std::size_t count() const { return size ? values.size() / size : 0; }
  [[nodiscard]] std::span<const float> operator[](std::size_t i) const { return values.subspan(i * size, size); }
};

/// The values as samples of a graph. Errors: several inputs, none or no whole number of samples, NaN or infinity.
[[nodiscard]] inline Result<Samples> samples_of(const Graph& graph, std::span<const float> values) {
  if (graph.inputs.size() != 1)
    return Error{"calibration: the network has several inputs; calibrate one of one input"};
  const TensorInfo& input = graph.tensors[static_cast<std::size_t>(graph.inputs[0])];
  const Samples samples{values, static_cast<std::size_t>(input.type.shape.elements())};
  if (values.empty()) return Error{"calibration: there are no samples; give at least one, better a hundred"};
  if (values.size() % samples.size != 0) {
    return Error{"calibration: " + std::to_string(values.size()) + " values are no whole number of inputs of shape " +
                 to_string(input.type.shape)};
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return Error{"calibration: sample " + std::to_string(i / samples.size) +
                   " contains NaN or infinity at element " + std::to_string(i % samples.size)};
    }
  }
  return samples;
}

/// Calls work(worker, sample) for all samples, each worker on a thread of its own, until one returns false. Which worker
/// gets a sample does not depend on the clock, so that sums of what workers see are the same in every run.
template <class Work>
void for_each_sample(std::size_t samples, std::size_t workers, Work work) {
  std::atomic<bool> going = true;
  const auto loop = [&](std::size_t worker) {
    for (std::size_t i = worker; i < samples && going; i += std::max<std::size_t>(1, workers)) {
      if (!work(worker, i)) going = false;
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 1; worker < workers; ++worker) threads.emplace_back(loop, worker);
  loop(0);
  for (std::thread& thread : threads) thread.join();
}

/// Runs the float network over the samples. There is one visitor for each thread; it is called as
/// `visitor(sample, tensor, values)` for the input and for every operator's outputs, in the order of the graph, and all
/// tensors of one sample go to the same visitor.
template <class Visitor>
[[nodiscard]] Result<void> observe(const FloatNetwork& network, const Samples& samples, std::span<Visitor> visitors) {
  std::vector<Program> programs;
  for (std::size_t i = 0; i < visitors.size(); ++i) {
    Result<Program> program = float_program(network);
    if (!program) return Error{program.error()};
    programs.push_back(*std::move(program));
  }
  const GraphView view = network.graph.view();
  for_each_sample(samples.count(), visitors.size(), [&](std::size_t worker, std::size_t sample) {
    Program& program = programs[worker];
    const std::span<const std::byte> input = std::as_bytes(samples[sample]);
    visitors[worker](sample, view.inputs[0], samples[sample]);
    program.run({&input, 1}, [&](std::size_t node) {
      for (const std::int32_t output : view.outputs_of(view.nodes[node])) {
        if (!holds_real_numbers(view.tensor(output))) continue;
        const auto data = program.tensor(output);
        visitors[worker](sample, output,
                         std::span(reinterpret_cast<const float*>(data.data()), data.size() / sizeof(float)));
      }
    });
    return true;
  });
  return {};
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

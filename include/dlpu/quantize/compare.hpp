#pragma once

/// How far a quantized network is from the float one, on the samples: what every rule and every diagnosis rests on.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

#include "dlpu/quantize/observe.hpp"
#include "dlpu/quantize/scheme.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// Power of a signal and of its error, summed.
struct SignalError {
  double signal = 0.0, error = 0.0;

  void add(double wanted, double found) {
    signal += wanted * wanted;
    error += (wanted - found) * (wanted - found);
  }
  void add(const SignalError& other) {
    signal += other.signal;
    error += other.error;
  }
  /// The signal-to-noise ratio in decibel: 20 dB is an error of a tenth. 200 where there is no error.
  [[nodiscard]] double decibel() const {
    if (!(error > 0.0)) return 200.0;
    return signal > 0.0 ? std::min(200.0, 10.0 * std::log10(signal / error)) : -200.0;
  }
};

/// The tensor on which networks are compared: the first output, before its Softmax or Logistic, which hide small errors.
[[nodiscard]] inline std::int32_t compared_tensor(const GraphView& graph) {
  std::int32_t tensor = graph.outputs[0];
  for (std::int32_t producer = graph.tensor(tensor).producer; producer >= 0;
       producer = graph.tensor(tensor).producer) {
    const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
    if (!node.op.is<op::Softmax>() && !node.op.is<op::Logistic>() && !node.op.is<op::Reshape>()) break;
    tensor = graph.inputs_of(node)[0];
  }
  return tensor;
}

/// The values of one tensor for each sample, end to end.
[[nodiscard]] inline Result<std::vector<float>> float_outputs(const FloatNetwork& network, const Samples& samples,
                                                              std::int32_t tensor, std::size_t threads) {
  const auto size =
      static_cast<std::size_t>(network.graph.tensors[static_cast<std::size_t>(tensor)].type.shape.elements());
  std::vector<float> result(size * samples.count());
  const auto keep = [&, tensor](std::size_t sample, std::int32_t made, std::span<const float> values) {
    if (made == tensor) std::ranges::copy(values, result.begin() + static_cast<std::ptrdiff_t>(sample * size));
  };
  std::vector visitors(threads, keep);
  if (const auto run = observe(network, samples, std::span(visitors)); !run) return Error{run.error()};
  return result;
}

/// Stored numbers of an activation as real ones.
[[nodiscard]] inline std::vector<float> dequantized(std::span<const std::byte> stored, ElementType element,
                                                    Quantization q) {
  return visit_quantized(element, [&]<class T>(T) {
    const std::span<const T> numbers(reinterpret_cast<const T*>(stored.data()), stored.size() / sizeof(T));
    std::vector<float> result;
    result.reserve(numbers.size());
    for (const T number : numbers) result.push_back(::dlpu::detail::dequantize_value(number, q));
    return result;
  });
}

/// Real numbers as a quantized input stores them.
[[nodiscard]] inline std::vector<std::byte> stored_input(std::span<const float> values, ElementType element,
                                                         Quantization q) {
  return visit_quantized(element, [&]<class T>(T) {
    std::vector<std::byte> result(values.size() * sizeof(T));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const T number = ::dlpu::detail::quantize_value<T>(values[i], q);
      std::memcpy(result.data() + i * sizeof(T), &number, sizeof(T));
    }
    return result;
  });
}

/// Runs the quantized network over samples on several threads: `visit(worker, sample, tensor, program)` after each operator
/// for each of its outputs.
template <class Visit>
[[nodiscard]] Result<void> run_quantized(const QuantizedNetwork& network, const Samples& samples, std::size_t threads,
                                         Visit visit) {
  std::vector<Program> programs;
  for (std::size_t i = 0; i < threads; ++i) {
    Result<Program> program = program_of(network);
    if (!program) return Error{program.error()};
    programs.push_back(*std::move(program));
  }
  const GraphView view = network.graph.view();
  const Quantization input = network.parameters[view.inputs[0]].quantization;
  for_each_sample(samples.count(), threads, [&](std::size_t worker, std::size_t sample) {
    const std::vector<std::byte> stored = stored_input(samples[sample], network.target.storage, input);
    const std::span<const std::byte> bytes = stored;
    programs[worker].run({&bytes, 1}, [&](std::size_t node) {
      for (const std::int32_t output : view.outputs_of(view.nodes[node])) {
        if (view.tensor(output).type.element == network.target.storage)
          visit(worker, sample, output, programs[worker]);
      }
    });
    return true;
  });
  return {};
}

/// One tensor of the quantized network for each sample, in real numbers, end to end.
[[nodiscard]] inline Result<std::vector<float>> quantized_outputs(const QuantizedNetwork& network,
                                                                  const Samples& samples, std::int32_t tensor,
                                                                  std::size_t threads) {
  const auto size =
      static_cast<std::size_t>(network.graph.tensors[static_cast<std::size_t>(tensor)].type.shape.elements());
  std::vector<float> result(size * samples.count());
  const auto run = run_quantized(
      network, samples, threads, [&](std::size_t, std::size_t sample, std::int32_t made, const Program& program) {
        if (made != tensor) return;
        const auto values =
            dequantized(program.tensor(tensor), network.target.storage, network.parameters[tensor].quantization);
        std::ranges::copy(values, result.begin() + static_cast<std::ptrdiff_t>(sample * size));
      });
  if (!run) return Error{run.error()};
  return result;
}

[[nodiscard]] inline SignalError difference(std::span<const float> wanted, std::span<const float> found) {
  SignalError sum;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    sum.add(static_cast<double>(wanted[i]), static_cast<double>(found[i]));
  return sum;
}

/// Whether values are the same for every sample although they were not in `wanted`: a network that has gone silent.
[[nodiscard]] inline bool gone_constant(std::span<const float> wanted, std::span<const float> found,
                                        std::size_t samples) {
  const auto constant = [&](std::span<const float> values) {
    const std::size_t size = values.size() / samples;
    for (std::size_t i = size; i < values.size(); ++i) {
      if (values[i] != values[i - size]) return false;
    }
    return true;
  };
  return samples > 1 && constant(found) && !constant(wanted);
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

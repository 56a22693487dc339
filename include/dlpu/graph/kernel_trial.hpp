#pragma once

/// Which instruction set runs an operator fastest here, found by running it: for those who would rather spend a few
/// inferences when a program is made than trust that the newest instructions are the fastest for every shape.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "dlpu/core/aligned.hpp"
#include "dlpu/graph/kernel_class.hpp"
#include "dlpu/isa/detect.hpp"

namespace dlpu::inline DLPU_ABI {

/// The least of some times that `run` takes, in seconds, after one to warm up.
template <class Run>
[[nodiscard]] double least_seconds(const Run& run) {
  constexpr int runs = 3;
  run();
  double least = 0.0;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    least = i == 0 ? time.count() : std::min(least, time.count());
  }
  return least;
}

/// Runs operators on zeros, on one instruction set after another.
class KernelTrial {
 public:
  /// `scratch` suffices for every kernel.
  explicit KernelTrial(std::span<std::byte> scratch) : scratch_(scratch) {}

  /// The operator's kernel on the rung that is fastest, from the strongest downwards until one is slower. A weaker rung must
  /// win by a margin that measuring cannot make up. `packed` is what the returned kernel reads.
  [[nodiscard]] std::unique_ptr<AnyKernel> fastest(const KernelClass& kernels, const NodeData& data,
                                                   std::span<std::byte> packed) {
    constexpr double margin = 0.95;
    lay_out(data);
    isa::Rung best = isa::best_rung();
    double best_time = seconds(kernels, data, packed, best);
    for (isa::Rung rung = best; rung > 0; --rung) {
      const double time = seconds(kernels, data, packed, rung - 1);
      if (time > best_time * margin) break;
      best = rung - 1;
      best_time = time;
    }
    const isa::ScopedRungLimit limit(best);
    return kernels.make(data, packed);
  }

 private:
  [[nodiscard]] double seconds(const KernelClass& kernels, const NodeData& data, std::span<std::byte> packed,
                               isa::Rung rung) {
    const isa::ScopedRungLimit limit(rung);
    const std::unique_ptr<AnyKernel> kernel = kernels.make(data, packed);
    return least_seconds([&] { kernel->run({inputs_, outputs_, scratch_}); });
  }

  /// Constants are the operator's own; everything else lies in `operands_`.
  void lay_out(const NodeData& data) {
    const auto inputs = data.graph.inputs_of(data.node), outputs = data.graph.outputs_of(data.node);
    const auto bytes = [&](std::int32_t tensor) {
      return align_up(bytes_of(data.graph.tensor(tensor).type, data.storage));
    };
    const auto constant = [&](std::int32_t tensor) {
      return data.tensors[static_cast<std::size_t>(tensor)].data.data();
    };
    std::size_t total = 0;
    for (const std::int32_t tensor : inputs) total += constant(tensor) ? 0 : bytes(tensor);
    for (const std::int32_t tensor : outputs) total += bytes(tensor);
    if (operands_.size() < total) operands_ = AlignedBuffer(total);
    std::byte* next = operands_.data();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      input_places_[i] = constant(inputs[i]);
      if (!input_places_[i]) input_places_[i] = std::exchange(next, next + bytes(inputs[i]));
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      output_places_[i] = std::exchange(next, next + bytes(outputs[i]));
    }
    inputs_ = {input_places_.data(), inputs.size()};
    outputs_ = {output_places_.data(), outputs.size()};
  }

  std::span<std::byte> scratch_;
  AlignedBuffer operands_;
  std::array<const std::byte*, Builder::max_inputs> input_places_{};
  std::array<std::byte*, Inferred::max_outputs> output_places_{};
  std::span<const std::byte* const> inputs_;
  std::span<std::byte* const> outputs_;
};

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Runs convolution-like kernels on golden cases.

#include <cstdint>
#include <span>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "dlpu/kernels/convolution.hpp"
#include "support/golden.hpp"
#include "support/kernel_instances.hpp"

namespace dlpu::golden {

/// TensorFlow Lite's number of a padding, as the golden files hold it.
inline Padding padding(std::int32_t option) {
  return option == 0 ? Padding::same : Padding::valid;
}

inline kernels::ConvolutionQuantization convolution_quantization(const Case& c, Activation activation) {
  return {c.quantization("input_0"), c.quantization("output_0"), c.scales("filter"), c.zero_point("filter"),
          activation};
}

/// The result of a kernel object with `packed` and scratch memory of its own.
template <class Kernel, class Storage, class Filter, class Bias, class Last>
std::vector<Storage> run_packed(const WindowGeometry& g, std::span<const Storage> input,
                                std::span<const Filter> filter, std::span<const Bias> bias, const Last& last) {
  AlignedBuffer packed(Kernel::packed_bytes(g)), scratch(Kernel::scratch_bytes(g));
  const Kernel kernel(g, filter, bias, last, packed.bytes());
  std::vector<Storage> output(g.output_elements());
  kernel.run(input, output, scratch.bytes());
  return output;
}

/// A quantized golden case through `Kernel<Storage, Policy>`.
template <class Kernel, class Storage>
std::vector<Storage> run_quantized(const Case& c, const WindowGeometry& g, Activation activation) {
  return run_packed<Kernel>(g, c.values<Storage>("input_0"), c.values<FilterOf<Storage>>("filter"),
                            c.values_or_empty<SumOf<Storage>>("bias"), convolution_quantization(c, activation));
}

/// A float32 golden case.
template <class Kernel>
std::vector<float> run_float(const Case& c, const WindowGeometry& g, Activation activation) {
  return run_packed<Kernel>(g, c.values<float>("input_0"), c.values<float>("filter"),
                            c.values_or_empty<float>("bias"), activation);
}

/// What the oracles take: the multipliers of all channels and the requantization that points to them.
template <class R>
struct OracleRequantization {
  std::vector<typename R::Multiplier> multipliers;
  Requantization<R> requantization;

  template <class RealMultiplier>
  OracleRequantization(const kernels::ConvolutionQuantization& q, Range<std::int32_t> range, RealMultiplier real) {
    for (std::size_t i = 0; i < q.filter_scales.size(); ++i) multipliers.push_back(R::multiplier(real(i)));
    requantization = {multipliers, q.output.zero_point, range};
  }
  OracleRequantization(const OracleRequantization&) = delete;
  OracleRequantization& operator=(const OracleRequantization&) = delete;
};

}  // namespace dlpu::golden

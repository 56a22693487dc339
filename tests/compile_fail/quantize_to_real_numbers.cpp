// expect: quantize_network: the policy stores real numbers; there is nothing to quantize

#include "dlpu/dlpu.hpp"
#include "dlpu/quantize/quantize.hpp"

#if DLPU_BAD
using Policy = dlpu::Unquantized;
#else
using Policy = dlpu::PerTensor;
#endif
auto quantized(const dlpu::Graph& graph, const dlpu::Parameters& weights, std::span<const float> samples);
auto quantized(const dlpu::Graph& graph, const dlpu::Parameters& weights, std::span<const float> samples) {
  return dlpu::quantize::quantize_network<Policy>(graph, weights, samples);
}

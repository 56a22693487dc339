#pragma once

/// Folding a batch normalization into the weights in front of it.

#include <cmath>
#include <cstddef>
#include <span>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

/// A trained batch normalization: y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, per output channel.
struct BatchNorm {
  std::span<const float> gamma, beta, mean, variance;
  float epsilon = 1e-3f;
};

/// The output channel that an element of a filter belongs to, its channels being on axis `axis` of `shape`.
[[nodiscard]] constexpr std::size_t filter_channel(const Shape& shape, int axis, std::size_t element) {
  std::size_t inner = 1;
  for (int i = axis + 1; i < shape.rank; ++i) inner *= static_cast<std::size_t>(shape[i]);
  return element / inner % static_cast<std::size_t>(shape[axis]);
}

/// Changes filter and bias so that the convolution alone computes what convolution and normalization did:
/// w' = w * gamma / sqrt(variance + epsilon), b' = (b - mean) * gamma / sqrt(variance + epsilon) + beta
/// (Jacob et al., 2018, https://arxiv.org/abs/1712.05877, section 3.2).
inline void fold(const BatchNorm& norm, const Shape& shape, int channel_axis, std::span<float> filter,
                 std::span<float> bias) {
  const auto factor = [&](std::size_t channel) {
    return static_cast<double>(norm.gamma[channel]) /
           std::sqrt(static_cast<double>(norm.variance[channel]) + static_cast<double>(norm.epsilon));
  };
  for (std::size_t i = 0; i < filter.size(); ++i) {
    filter[i] = static_cast<float>(filter[i] * factor(filter_channel(shape, channel_axis, i)));
  }
  for (std::size_t c = 0; c < bias.size(); ++c) {
    const double centred = static_cast<double>(bias[c]) - static_cast<double>(norm.mean[c]);
    bias[c] = static_cast<float>(centred * factor(c) + static_cast<double>(norm.beta[c]));
  }
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

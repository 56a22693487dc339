#pragma once

/// Convolutions with random data, on shapes and values where vector code goes wrong, and what the oracle makes of them.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "support/kernel_instances.hpp"

namespace dlpu {

inline std::string describe(const WindowGeometry& g) {
  const auto size = [](int a, int b) { return std::to_string(a) + "x" + std::to_string(b); };
  return "batch " + std::to_string(g.batch) + ", input " + size(g.input_height, g.input_width) + "x" +
         std::to_string(g.input_channels) + ", output " + size(g.output_height, g.output_width) + "x" +
         std::to_string(g.output_channels) + ", kernel " + size(g.kernel.height, g.kernel.width) + ", stride " +
         size(g.stride.height, g.stride.width) + ", dilation " + size(g.dilation.height, g.dilation.width) +
         ", padding top " + std::to_string(g.pad_top) + " left " + std::to_string(g.pad_left);
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : generator_(seed) {}
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(generator_); }
  template <class T>
  T among(std::initializer_list<T> values) {
    return values.begin()[between(0, static_cast<int>(values.size()) - 1)];
  }
  int channels() { return among({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33}); }

  /// A window over a small image that has at least one place; at most `most_macs` for `macs_per_output(geometry)`.
  WindowGeometry window(int input_channels, int output_channels) {
    for (;;) {
      const Size2D kernel = among<Size2D>({1, 1, 3, 3, 5, {2, 3}, {3, 1}});
      const Size2D stride = among<Size2D>({1, 1, 2, 3, {1, 2}});
      const Size2D dilation = among<Size2D>({1, 1, 2, {2, 1}});
      const Padding padding = among({Padding::same, Padding::valid,
                                     Padding::sides(between(0, 2), between(0, 2), between(0, 2), between(0, 2))});
      const Shape input{between(1, 2), between(1, 8), between(1, 8), input_channels};
      const WindowGeometry g = window_geometry(input, output_channels, kernel, stride, dilation, padding);
      const std::size_t macs = g.output_elements() * g.taps() * static_cast<std::size_t>(input_channels);
      if (g.output_height > 0 && g.output_width > 0 && macs < 60000) return g;
    }
  }

  /// Random numbers, or extreme ones only.
  template <class Storage>
  std::vector<Storage> stored(std::size_t count) {
    constexpr int low = std::numeric_limits<Storage>::min(), high = std::numeric_limits<Storage>::max();
    const int kind = between(0, 11);
    std::vector<Storage> values(count);
    for (Storage& value : values) {
      value = static_cast<Storage>(kind == 0   ? low
                                   : kind == 1 ? high
                                   : kind == 2 ? among({low, high})
                                               : between(low, high));
    }
    return values;
  }
  template <class Storage>
  std::int32_t zero_point() {
    constexpr int low = std::numeric_limits<Storage>::min(), high = std::numeric_limits<Storage>::max();
    if constexpr (sizeof(Storage) == 2) return 0;
    const int inside = between(low, high);
    return among({low, high, 0, inside, inside, inside});
  }
  template <class Sum>
  std::vector<Sum> bias(std::size_t count) {
    constexpr Sum low = std::numeric_limits<Sum>::min(), high = std::numeric_limits<Sum>::max();
    constexpr int usual = sizeof(Sum) == 4 ? 20000 : 5000000;
    const int kind = between(0, 7);
    if (kind == 0) return {};
    std::vector<Sum> values(count);
    for (Sum& value : values) value = kind == 1 ? among({low, high, Sum{0}}) : between(-usual, usual);
    return values;
  }
  /// Multipliers that spread sums of `depth` products over the 8 or 16 bits of both activations, and now and then some of
  /// 1 and above, or below what fixed point holds.
  std::vector<float> scales(std::size_t count, std::size_t depth) {
    const int typical = std::ilogb(60.0 / (5000.0 * std::sqrt(static_cast<double>(depth))));
    const bool usual = between(0, 5) > 0;
    const int lowest = usual ? typical - 2 : -40, highest = usual ? typical + 1 : 3;
    std::vector<float> values(count);
    for (float& value : values) {
      value = std::ldexp(1.0f + static_cast<float>(between(0, 999)) / 1000.0f, between(lowest, highest));
    }
    return values;
  }
  std::vector<float> real(std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(between(-1000, 1000)) / 256.0f;
    return values;
  }

 private:
  std::mt19937 generator_;
};

/// Memory with other kernels' remains in it: none may be taken for zeros.
inline AlignedBuffer used_memory(std::size_t bytes) {
  AlignedBuffer memory(bytes);
  if (bytes > 0) std::memset(memory.data(), 0x5A, bytes);
  return memory;
}

/// Conv2D and DepthwiseConv2D as their tests see them: kernel, oracle, filter size.
struct Dense {
  template <class Storage, class Policy>
  using Kernel = kernels::Conv2d<Storage, Policy>;
  template <class Isa, class Storage, class R>
  using Rung = kernels::Conv2dRung<Isa, Storage, R>;
  template <class... Arguments>
  static void oracle(const Arguments&... arguments) {
    reference::conv2d(arguments...);
  }
  static WindowGeometry geometry(Random& random) { return random.window(random.channels(), random.channels()); }
  static std::size_t filter_elements(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels) * g.taps() * static_cast<std::size_t>(g.input_channels);
  }
};
struct Depthwise {
  template <class Storage, class Policy>
  using Kernel = kernels::DepthwiseConv2d<Storage, Policy>;
  template <class Isa, class Storage, class R>
  using Rung = kernels::DepthwiseConv2dRung<Isa, Storage, R>;
  template <class... Arguments>
  static void oracle(const Arguments&... arguments) {
    reference::depthwise_conv2d(arguments...);
  }
  static WindowGeometry geometry(Random& random) {
    const int channels = random.channels();
    return random.window(channels, channels * random.among({1, 1, 1, 2, 3}));
  }
  /// Mostly 3 x 3, over rows so wide that tiles of places lie between the borders, beside each other or in parts.
  static WindowGeometry wide_geometry(Random& random) {
    const Shape input{random.between(1, 2), random.between(1, 7), random.between(6, 40), random.channels()};
    const auto kernel = random.among<Size2D>({3, 3, 3, {2, 3}});
    const auto stride = random.among<Size2D>({1, 2, {2, 1}});
    const Padding padding = random.among({Padding::same, Padding::sides(2, 1, 2, 1)});
    return window_geometry(input, input.channels(), kernel, stride, 1, padding);
  }
  static std::size_t filter_elements(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels) * g.taps();
  }
};

/// `kernels::Conv2d` with a rung of the caller's choice, whatever the CPU is.
template <template <class Isa, class Storage, class R> class Rung, class Storage, class Policy>
class Conv2dBy : public kernels::PackedConvolution<Rung, Storage, typename Policy::Rounding> {
  using R = typename Policy::Rounding;

 public:
  Conv2dBy(const WindowGeometry& g, std::span<const Storage> filter, std::span<const std::int32_t> bias,
           const kernels::ConvolutionQuantization& q, std::span<std::byte> memory)
      : kernels::PackedConvolution<Rung, Storage, R>(
            g, kernels::quantized_arguments<Storage, R>(filter, bias, q), q.filter_scales.size(),
            [&](std::size_t i) { return kernels::convolution_multiplier<Storage>(q, i); }, memory) {}
};

/// One quantized convolution; `Operator` is `Dense` or `Depthwise`.
template <class Operator, class Storage, class Policy>
class QuantizedCase {
  using R = typename Policy::Rounding;

 public:
  QuantizedCase(const WindowGeometry& g, Random& random)
      : geometry_(g),
        input_(random.stored<Storage>(g.input_elements())),
        filter_(random.stored<FilterOf<Storage>>(Operator::filter_elements(g))),
        bias_(random.bias<SumOf<Storage>>(channels())),
        scales_(random.scales(Policy::per_channel ? channels() : 1, filter_.size() / channels())),
        expected_(g.output_elements()) {
    const auto activation = random.among({Activation::none, Activation::none, Activation::relu, Activation::relu6});
    quantization_ = {{1.0f, random.zero_point<Storage>()},
                     {activation == Activation::relu6 ? 0.05f : 1.0f, random.zero_point<Storage>()},
                     scales_,
                     random.among({0, random.zero_point<Storage>()}),
                     activation};
    const kernels::ConvolutionQuantization& q = quantization_;
    std::vector<typename R::Multiplier> multipliers;
    for (std::size_t i = 0; i < scales_.size(); ++i) {
      multipliers.push_back(R::multiplier(kernels::convolution_multiplier<Storage>(q, i)));
    }
    const Requantization<R> requantization{multipliers, q.output.zero_point,
                                           activation_range<Storage>(q.activation, q.output)};
    Operator::oracle(g, input_.data(), q.input.zero_point, filter_.data(), q.filter_zero_point,
                     bias_.empty() ? nullptr : bias_.data(), requantization, expected_.data());
  }
  QuantizedCase(const QuantizedCase&) = delete;
  QuantizedCase& operator=(const QuantizedCase&) = delete;

  [[nodiscard]] const std::vector<Storage>& expected() const { return expected_; }

  /// Calls `run(kernel, input, output, scratch)` with a new kernel; returns the output.
  template <class Kernel, class Run>
  [[nodiscard]] std::vector<Storage> output_by(const Run& run) const {
    AlignedBuffer packed = used_memory(Kernel::packed_bytes(geometry_)),
                  scratch = used_memory(Kernel::scratch_bytes(geometry_));
    const Kernel kernel(geometry_, filter_, bias_, quantization_, packed.bytes());
    std::vector<Storage> output(geometry_.output_elements());
    run(kernel, std::span<const Storage>(input_), std::span<Storage>(output), scratch.bytes());
    return output;
  }
  /// The output of the whole convolution.
  template <class Kernel>
  [[nodiscard]] std::vector<Storage> output() const {
    return output_by<Kernel>([](const Kernel& kernel, std::span<const Storage> input, std::span<Storage> output,
                                std::span<std::byte> scratch) { kernel.run(input, output, scratch); });
  }

 private:
  [[nodiscard]] std::size_t channels() const { return static_cast<std::size_t>(geometry_.output_channels); }

  WindowGeometry geometry_;
  std::vector<Storage> input_;
  std::vector<FilterOf<Storage>> filter_;
  std::vector<SumOf<Storage>> bias_;
  std::vector<float> scales_;
  kernels::ConvolutionQuantization quantization_{};
  std::vector<Storage> expected_;
};

}  // namespace dlpu

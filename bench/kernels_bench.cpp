/// Convolution kernels on every rung of this machine: multiply-accumulates per second, how many per cent of the peak of the
/// rung's instructions that is (`peak.hpp`), and the bytes that an inference of the layer moves (input, output, packed
/// weights). The names are operator / scheme / rung / shape. Compare rungs in builds for the baseline instruction set only.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "dlpu/isa/detect.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "peak.hpp"
#include "support/kernel_instances.hpp"

namespace {

struct Work {
  const char* name;
  dlpu::Shape input;
  std::int32_t output_channels, kernel;

  [[nodiscard]] dlpu::WindowGeometry geometry() const {
    return dlpu::window_geometry(input, output_channels, kernel, 1, 1, dlpu::Padding::same);
  }
};

const Work pointwise{"1x1_14x14_96_576", {1, 14, 14, 96}, 576, 1};
const Work wide{"1x1_112x112_16_96", {1, 112, 112, 16}, 96, 1};
const Work dense{"3x3_56x56_64_64", {1, 56, 56, 64}, 64, 3};
const Work depthwise{"3x3_56x56_96", {1, 56, 56, 96}, 96, 3};

/// Measured once.
double peak_of(dlpu::isa::Rung rung, bool is_float) {
  static std::map<std::pair<dlpu::isa::Rung, bool>, double> peaks;
  const auto [found, is_new] = peaks.try_emplace({rung, is_float});
  if (is_new) found->second = peak::of(rung, is_float);
  return found->second;
}

template <class T>
std::vector<T> random_values(std::size_t count) {
  std::mt19937 generator(1);
  std::uniform_int_distribution<int> byte(-100, 100);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(byte(generator));
  return values;
}

/// Runs a kernel object made by `make(packed bytes)`; `macs_per_output` multiply-accumulates for each output.
template <class Kernel, class Storage, class Make>
void measure(benchmark::State& state, const dlpu::WindowGeometry& g, std::size_t macs_per_output,
             dlpu::isa::Rung rung, Make make) {
  const dlpu::isa::ScopedRungLimit limit(rung);
  dlpu::AlignedBuffer packed(Kernel::packed_bytes(g)), scratch(Kernel::scratch_bytes(g));
  const Kernel kernel = make(packed.bytes());
  const auto input = random_values<Storage>(g.input_elements());
  std::vector<Storage> output(g.output_elements());
  for (auto _ : state) {
    kernel.run(input, output, scratch.bytes());
    benchmark::DoNotOptimize(output.data());
    benchmark::ClobberMemory();
  }
  state.SetLabel(std::string(kernel.rung()));
  const auto macs = static_cast<double>(g.output_elements() * macs_per_output);
  state.counters["MAC/s"] = benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
  if (const double peak = peak_of(rung, std::is_same_v<Storage, float>); peak > 0.0) {
    state.counters["% of peak"] =
        benchmark::Counter(100.0 * macs / peak, benchmark::Counter::kIsIterationInvariantRate);
  }
  state.counters["bytes"] =
      static_cast<double>((g.input_elements() + g.output_elements()) * sizeof(Storage) + packed.size());
}

template <template <class, class> class Operator, class Storage, class Policy>
void measure_operator(benchmark::State& state, const Work& work, std::size_t filter_elements,
                      std::size_t macs_per_output, dlpu::isa::Rung rung) {
  using Kernel = Operator<Storage, Policy>;
  const dlpu::WindowGeometry g = work.geometry();
  const auto channels = static_cast<std::size_t>(g.output_channels);
  const auto filter = random_values<Storage>(filter_elements);
  if constexpr (Policy::quantized) {
    const auto bias = random_values<std::int32_t>(channels);
    constexpr std::int32_t filter_zero_point = std::is_signed_v<Storage> ? 0 : 130;  // as in TensorFlow 1's files
    const std::vector<float> scales(Policy::per_channel ? channels : 1, 0.01f);
    const dlpu::kernels::ConvolutionQuantization q{
        {0.05f, 3}, {0.3f, 10}, scales, filter_zero_point, dlpu::Activation::relu6};
    measure<Kernel, Storage>(state, g, macs_per_output, rung,
                             [&](std::span<std::byte> packed) { return Kernel(g, filter, bias, q, packed); });
  } else {
    const auto bias = random_values<float>(channels);
    measure<Kernel, Storage>(state, g, macs_per_output, rung, [&](std::span<std::byte> packed) {
      return Kernel(g, filter, bias, dlpu::Activation::relu6, packed);
    });
  }
}

template <class Storage, class Policy>
void add(const std::string& scheme, dlpu::isa::Rung rung) {
  const std::string tail = "/" + scheme + "/" + std::string(dlpu::isa::rung_names[rung]) + "/";
  for (const Work* work : {&pointwise, &wide, &dense}) {
    const auto per_output = static_cast<std::size_t>(work->kernel * work->kernel * work->input.channels());
    benchmark::RegisterBenchmark(("conv2d" + tail + work->name).c_str(), [=](benchmark::State& state) {
      measure_operator<dlpu::kernels::Conv2d, Storage, Policy>(
          state, *work, per_output * static_cast<std::size_t>(work->output_channels), per_output, rung);
    });
  }
  const auto taps = static_cast<std::size_t>(depthwise.kernel * depthwise.kernel);
  benchmark::RegisterBenchmark(("depthwise_conv2d" + tail + depthwise.name).c_str(), [=](benchmark::State& state) {
    measure_operator<dlpu::kernels::DepthwiseConv2d, Storage, Policy>(
        state, depthwise, taps * static_cast<std::size_t>(depthwise.output_channels), taps, rung);
  });
}

}  // namespace

int main(int argc, char** argv) {
  for (dlpu::isa::Rung rung = 0; rung <= dlpu::isa::available_rung(); ++rung) {
    add<std::int8_t, dlpu::PerChannel>("per_channel", rung);
    add<std::int8_t, dlpu::BasicPerChannel<0, dlpu::rounding::Float>>("per_channel_float_rounding", rung);
    add<std::uint8_t, dlpu::BasicPerTensor<dlpu::rounding::Reference, std::uint8_t>>("per_tensor_uint8", rung);
    add<float, dlpu::Unquantized>("float32", rung);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

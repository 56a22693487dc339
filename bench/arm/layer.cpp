/// One int8 layer, run a number of times: what `bench/arm/instructions.py` counts the instructions of.
///
///     layer NAME RUNS        DLPU_ISA chooses the rung

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "dlpu/ops/add.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"

namespace {

using Storage = std::int8_t;

/// Without -128, which converters do not write as a weight.
std::vector<Storage> numbers(std::size_t count) {
  std::vector<Storage> values(count);
  std::uint32_t state = 1;
  for (Storage& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<Storage>(static_cast<int>(state >> 8) % 255 - 127);
  }
  return values;
}

void report(std::size_t products, const char* rung, const std::vector<Storage>& output) {
  std::uint32_t checksum = 0;
  for (const Storage value : output) checksum = checksum * 31 + static_cast<std::uint8_t>(value);
  std::printf("%zu products, rung %s, checksum %u\n", products, rung, checksum);
}

template <class Kernel>
void run_convolution(const dlpu::WindowGeometry& g, std::size_t depth, std::size_t filter_elements, long runs) {
  const auto channels = static_cast<std::size_t>(g.output_channels);
  const std::vector<Storage> input = numbers(g.input_elements()), filter = numbers(filter_elements);
  const std::vector<std::int32_t> bias(channels, 100);
  const std::vector<float> scales(channels, 0.002f);
  const dlpu::kernels::ConvolutionQuantization q{{1.0f, 3}, {1.0f, -128}, scales, 0, dlpu::Activation::relu};
  dlpu::AlignedBuffer packed(Kernel::packed_bytes(g)), scratch(Kernel::scratch_bytes(g));
  std::vector<Storage> output(g.output_elements());
  const Kernel kernel(g, filter, bias, q, packed.bytes());
  for (long i = 0; i < runs; ++i) kernel.run(input, output, scratch.bytes());
  report(g.output_elements() * depth, kernel.rung().data(), output);
}

void run_convolution(const dlpu::Shape& input, const dlpu::op::Conv2d& op, long runs) {
  using Kernel = dlpu::kernels::Conv2d<Storage, dlpu::PerChannel>;
  const dlpu::WindowGeometry g = op.geometry(input);
  const std::size_t depth = g.taps() * static_cast<std::size_t>(g.input_channels);
  run_convolution<Kernel>(g, depth, depth * static_cast<std::size_t>(g.output_channels), runs);
}

void run_depthwise(const dlpu::Shape& input, int stride, long runs) {
  using Kernel = dlpu::kernels::DepthwiseConv2d<Storage, dlpu::PerChannel>;
  const dlpu::WindowGeometry g = dlpu::window_geometry(input, input.channels(), 3, stride, 1, dlpu::Padding::same);
  run_convolution<Kernel>(g, g.taps(), g.taps() * static_cast<std::size_t>(g.output_channels), runs);
}

void run_add(int count, long runs) {
  const dlpu::Shape shape{1, count};
  const std::vector<Storage> first = numbers(static_cast<std::size_t>(count)), second(first.rbegin(), first.rend());
  std::vector<Storage> output(first.size());
  const dlpu::kernels::Add<Storage, dlpu::PerTensor> add({}, shape, shape, {{0.7f, 3}, {0.4f, -5}, {0.9f, 1}});
  for (long i = 0; i < runs; ++i) add.run(first, second, output);
  report(output.size(), dlpu::isa::rung_names[dlpu::isa::best_rung()].data(), output);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const long runs = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 1;
  if (name == "pointwise_7x7_96_96") {
    run_convolution({1, 7, 7, 96}, {.filters = 96, .kernel = 1}, runs);
  } else if (name == "pointwise_14x14_24_32") {
    run_convolution({1, 14, 14, 24}, {.filters = 32, .kernel = 1}, runs);
  } else if (name == "conv_3x3_8x8_16_32") {
    run_convolution({1, 8, 8, 16}, {.filters = 32, .kernel = 3}, runs);
  } else if (name == "image_3x3_stride_2_32x32_3_16") {
    run_convolution({1, 32, 32, 3}, {.filters = 16, .kernel = 3, .stride = 2}, runs);
  } else if (name == "depthwise_3x3_14x14_32") {
    run_depthwise({1, 14, 14, 32}, 1, runs);
  } else if (name == "depthwise_3x3_stride_2_14x14_32") {
    run_depthwise({1, 14, 14, 32}, 2, runs);
  } else if (name == "fully_connected_256_64") {
    run_convolution({1, 1, 1, 256}, {.filters = 64, .kernel = 1}, runs);
  } else if (name == "add_4096") {
    run_add(4096, runs);
  } else {
    std::fprintf(stderr, "layer: no layer is named %s\n", argc > 1 ? argv[1] : "(none)");
    return 1;
  }
}

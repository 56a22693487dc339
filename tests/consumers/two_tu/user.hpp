#pragma once

// What both translation units do: one convolution for each rung that the CPU has, on the same numbers.

#include <cstdint>
#include <dlpu/core/aligned.hpp>
#include <dlpu/ops/conv2d.hpp>
#include <vector>

namespace {

/// A checksum of every rung's output, first the scalar rung's.
inline std::vector<std::uint32_t> checksums() {
  constexpr dlpu::WindowGeometry geometry = dlpu::window_geometry({1, 9, 7, 19}, 33, 3, 2, 1, dlpu::Padding::same);
  using Conv = dlpu::kernels::Conv2d<std::int8_t, dlpu::PerChannel>;
  std::uint32_t state = 1;
  const auto next = [&] {
    state = state * 1664525u + 1013904223u;
    return static_cast<std::int8_t>(state >> 24);
  };
  std::vector<std::int8_t> input(geometry.input_elements()), filter(33 * 3 * 3 * 19),
      output(geometry.output_elements());
  for (auto& value : input) value = next();
  for (auto& value : filter) value = next();
  const std::vector<float> filter_scales(33, 0.01f);

  std::vector<std::uint32_t> sums;
  for (dlpu::isa::Rung rung = 0; rung <= dlpu::isa::available_rung(); ++rung) {
    const dlpu::isa::ScopedRungLimit limit(rung);
    dlpu::AlignedBuffer packed(Conv::packed_bytes(geometry)), scratch(Conv::scratch_bytes(geometry));
    const Conv conv{geometry,
                    filter,
                    {},
                    {.input = {0.1f, 3}, .output = {1.0f, -5}, .filter_scales = filter_scales},
                    packed.bytes()};
    conv.run(input, output, scratch.bytes());
    std::uint32_t sum = 0;
    for (const std::int8_t value : output) sum = sum * 31u + static_cast<std::uint8_t>(value);
    sums.push_back(sum);
  }
  return sums;
}

}  // namespace

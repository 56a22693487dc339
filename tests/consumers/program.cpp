// A program of a user who takes one operator: a 3x3 convolution of ones, whose results can be counted on fingers.

#ifdef DLPU_SINGLE_HEADER
#include "dlpu_single.hpp"
#else
#include <dlpu/core/aligned.hpp>
#include <dlpu/ops/conv2d.hpp>
#endif

#include <cstdio>
#include <vector>

int main() {
  constexpr dlpu::WindowGeometry geometry = dlpu::window_geometry({1, 3, 3, 2}, 4, 3, 1, 1, dlpu::Padding::same);
  using Conv = dlpu::kernels::Conv2d<std::int8_t, dlpu::PerChannel>;
  static dlpu::StaticBuffer<Conv::packed_bytes(geometry)> packed;
  static dlpu::StaticBuffer<Conv::scratch_bytes(geometry)> scratch;

  const std::vector<std::int8_t> input(geometry.input_elements(), 1), filter(4 * 3 * 3 * 2, 1);
  const std::vector<float> filter_scales(4, 1.0f);
  std::vector<std::int8_t> output(geometry.output_elements());
  const Conv conv{geometry,
                  filter,
                  {},
                  {.input = {1.0f, 0}, .output = {1.0f, 0}, .filter_scales = filter_scales},
                  packed.bytes()};
  conv.run(input, output, scratch.bytes());

  const int corner = output[0], edge = output[4], center = output[16];
  std::printf("dlpu %d.%d.%d: corner %d, edge %d, center %d\n", DLPU_VERSION_MAJOR, DLPU_VERSION_MINOR,
              DLPU_VERSION_PATCH, corner, edge, center);
  return corner == 8 && edge == 12 && center == 18 ? 0 : 1;
}

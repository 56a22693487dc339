/// Prints the rung of this CPU, and the one whose kernel a convolution runs.

#include <cstdio>

#include "dlpu/core/aligned.hpp"
#include "dlpu/ops/conv2d.hpp"

int main() {
  using Conv = dlpu::kernels::Conv2d<float, dlpu::Unquantized>;
  const dlpu::WindowGeometry g = dlpu::op::Conv2d{.filters = 1, .kernel = 1}.geometry({1, 1, 1, 1});
  dlpu::AlignedBuffer packed(Conv::packed_bytes(g));
  const float filter[1] = {1.0f};
  const Conv conv{g, filter, {}, dlpu::Activation::none, packed.bytes()};
  std::printf("rung %s, float convolution %s\n", dlpu::isa::rung_names[dlpu::isa::best_rung()].data(),
              conv.rung().data());
}

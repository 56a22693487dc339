// expect: Conv2D: the kernel size is missing or below 1; give .kernel
// expect: at_operator<1, \S*op::Conv2d, \S*shape<1, 96, 96, 3>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.relu(g.input({1, 96, 96, 3}));
#if DLPU_BAD
    return g.conv2d(x, {.filters = 6});
#else
    return g.conv2d(x, {.filters = 6, .kernel = 3});
#endif
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

// expect: Builder: weights are stored as the policy says, so their operator needs an input that is; quantize it first
// expect: at_operator<2, \S*op::Conv2d, \S*shape<1, 96, 96, 3>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.relu(g.input({1, 96, 96, 3}));
#if DLPU_BAD
    return g.conv2d(g.dequantize(x), {.filters = 6, .kernel = 3});
#else
    return g.conv2d(g.quantize(g.dequantize(x)), {.filters = 6, .kernel = 3});
#endif
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

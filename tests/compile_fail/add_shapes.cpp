// expect: Add: the shapes differ in a dimension that is 1 in neither of them
// expect: at_operator<2, \S*op::Add, \S*shape<1, 96, 96, 3>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.relu(g.input({1, 96, 96, 3}));
#if DLPU_BAD
    return g.add(x, g.conv2d(x, {.filters = 6, .kernel = 3}));
#else
    return g.add(x, g.conv2d(x, {.filters = 3, .kernel = 3}));
#endif
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

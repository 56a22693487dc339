// expect: FullyConnected: the number of units is missing or below 1; give .units
// expect: at_operator<1, \S*op::FullyConnected, \S*shape<1, 96, 96, 3>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.relu(g.input({1, 96, 96, 3}));
#if DLPU_BAD
    return g.fully_connected(x, {});
#else
    return g.fully_connected(x, {.units = 2});
#endif
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

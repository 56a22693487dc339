// expect: CV25's compiler quantizes the network itself, to fixed point; use PowerOfTwo or PowerOfTwo16, dlpu's stand-ins for it
// expect: at_operator<0, \S*op::Relu, \S*shape<1, 96, 96, 3>, \S*soc::Cv25, \S*PerTensor ?>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 96, 96, 3});
    x = g.relu(x);
    return g.conv2d(x, {.filters = 6, .kernel = 3});
  }
};
#if DLPU_BAD
// Allow<cpu> does not help: CV25 has no fallback.
using Net = dlpu::Network<Model, dlpu::soc::Cv25, dlpu::PerTensor, dlpu::Allow<dlpu::cpu>>;
#else
using Net = dlpu::Network<Model, dlpu::soc::Cv25, dlpu::PowerOfTwo>;
#endif
static_assert(Net::arena_bytes > 0);

// expect: ARTPEC-8 runs per-channel convolutions slowly; quantize per tensor, or write Allow<slow>
// expect: at_operator<1, \S*op::Conv2d, \S*shape<1, 96, 96, 3>, \S*soc::Artpec8, \S*PerChannel ?>
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
using Net = dlpu::Network<Model, dlpu::soc::Artpec8, dlpu::PerChannel>;
#else
using Net = dlpu::Network<Model, dlpu::soc::Artpec8, dlpu::PerChannel, dlpu::Allow<dlpu::slow>>;
#endif
static_assert(Net::arena_bytes > 0);

// expect: ARTPEC-8's documented operators do not include Mean; use an average pool of the image's size, or write Allow<cpu>
// expect: at_operator<2, \S*op::Mean, \S*shape<1, 96, 96, 6>, \S*soc::Artpec8, \S*PerTensor ?>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 96, 96, 3});
    x = g.relu(x);
    return g.mean(g.conv2d(x, {.filters = 6, .kernel = 3}));
  }
};
#if DLPU_BAD
using Net = dlpu::Network<Model, dlpu::soc::Artpec8, dlpu::PerTensor>;
#else
using Net = dlpu::Network<Model, dlpu::soc::Artpec8, dlpu::PerTensor, dlpu::Allow<dlpu::cpu>>;
#endif
static_assert(Net::arena_bytes > 0);

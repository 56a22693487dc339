// expect: ARTPEC-8 does not load a network of more than 16 partitions, those on the CPU counted; replace operators that run on the CPU
// expect: at_operator<-1, \S*Model, \S*soc::Artpec8, \S*PerTensor>
// errors: 1

#include "dlpu/dlpu.hpp"

/// Pairs of a convolution on the chip and a Pad on the CPU.
struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 8, 8, 3});
    for (int i = 0; i < (DLPU_BAD ? 9 : 8); ++i) {
      x = g.pad(g.conv2d(x, {.filters = 6, .kernel = 3}), {.before = {0, 1, 1}});
    }
    return x;
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Artpec8, dlpu::PerTensor, dlpu::Allow<dlpu::cpu>>;
static_assert(Net::arena_bytes > 0);

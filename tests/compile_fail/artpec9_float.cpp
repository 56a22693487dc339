// expect: ARTPEC-9 computes with int8 or uint8 only; quantize the network per channel or per tensor, or write Allow<cpu>
// expect: at_operator<0, \S*op::Relu, \S*shape<1, 96, 96, 3>, \S*soc::Artpec9, \S*Unquantized ?>
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
using Net = dlpu::Network<Model, dlpu::soc::Artpec9, dlpu::Unquantized>;
#else
using Net = dlpu::Network<Model, dlpu::soc::Artpec9, dlpu::PerChannel>;
#endif
static_assert(Net::arena_bytes > 0);

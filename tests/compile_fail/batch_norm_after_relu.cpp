// expect: Builder: batch_norm follows a convolution or a fully connected layer, whose weights take it in
// expect: at_operator<0, \S*op::Relu, \S*shape<1, 96, 96, 3>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.relu(g.input({1, 96, 96, 3}));
#if DLPU_BAD
    return g.conv2d(g.batch_norm(x), {.filters = 6, .kernel = 3});
#else
    return g.batch_norm(g.conv2d(x, {.filters = 6, .kernel = 3}));
#endif
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

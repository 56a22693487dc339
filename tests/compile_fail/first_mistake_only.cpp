// expect: Conv2D: the kernel size is missing or below 1; give .kernel
// expect: at_operator<1, \S*op::Conv2d, \S*shape<1, 96, 96, 3>
// errors: 1

#include "dlpu/dlpu.hpp"

/// Many mistakes, and a chip that could not run it: only the first is reported.
struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.relu(g.input({1, 96, 96, 3}));
#if DLPU_BAD
    return g.fully_connected(g.depthwise_conv2d(g.conv2d(x, {.filters = 6}), {}), {});
#else
    return g.fully_connected(g.conv2d(x, {.filters = 6, .kernel = 3}), {.units = 2});
#endif
  }
};
#if DLPU_BAD
using Net = dlpu::Network<Model, dlpu::soc::Artpec9, dlpu::Unquantized>;
using Other = dlpu::NetworkWeights<Model, dlpu::Unquantized>;
#else
using Net = dlpu::Network<Model, dlpu::soc::Artpec9, dlpu::PerTensor>;
#endif
static_assert(sizeof(Net::Input) > 0 && sizeof(Net::Output) > 0);
static Net::Arena arena;
Net make(const Net::Weights& weights, Net::Packed& packed);
Net make(const Net::Weights& weights, Net::Packed& packed) {
  return Net{weights, packed, arena};
}

// expect: no weighted operator of this network has this name
// expect: block_0.expnad|\(char\)98
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 96, 96, 3});
    x = g.relu(x);
    return dlpu::blocks::inverted_residual(g, x, {.filters = 8});
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
auto filter(const Net::Weights& weights);
auto filter(const Net::Weights& weights) {
#if DLPU_BAD
  return weights.layer<"block_0.expnad">().filter;
#else
  return weights.layer<"block_0.expand">().filter;
#endif
}

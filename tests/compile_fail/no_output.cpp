// expect: Builder: build\(\) must return the network's output, or a std::array of outputs
// expect: broken<\S*Model>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.relu(g.input({1, 96, 96, 3}));
    if (DLPU_BAD) x = {};
    return x;
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

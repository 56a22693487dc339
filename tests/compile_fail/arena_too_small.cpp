// expect: Network: this arena is too small; networks that share one use the largest of their arenas
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 96, 96, 3});
    x = g.relu(x);
    return g.conv2d(x, {.filters = 6, .kernel = 3});
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
using Arena = dlpu::StaticBuffer<Net::arena_bytes - (DLPU_BAD ? 64 : 0)>;
Net make(const Net::Weights& weights, Net::Packed& packed, Arena& arena);
Net make(const Net::Weights& weights, Net::Packed& packed, Arena& arena) {
  return Net{weights, packed, arena};
}

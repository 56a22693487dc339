// expect: Builder: an input of the network cannot be an output as well; the caller has it already
// expect: broken<\S*Model>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.input({1, 8, 8, 3});
    const auto y = g.conv2d(x, {.filters = 6, .kernel = 3});
#if DLPU_BAD
    return std::array{y, x};
#else
    return std::array{y, g.relu(y)};
#endif
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

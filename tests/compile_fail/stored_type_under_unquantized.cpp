// expect: Network: an operator makes int8 or uint8 under a policy that stores real numbers; leave the element type to the policy
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    const auto x = g.relu(g.input({1, 96, 96, 3}));
#if DLPU_BAD
    return g.quantize(x, {.element = dlpu::ElementType::int8});
#else
    return g.quantize(x);
#endif
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::Unquantized>;
static_assert(Net::arena_bytes > 0);

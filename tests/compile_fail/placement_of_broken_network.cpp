// expect: a question about a broken description compiles, and the answer is no
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) { return g.conv2d(g.input({1, 96, 96, 3}), {.filters = 6}); }
};
inline constexpr const auto& placed = dlpu::placement<Model, dlpu::soc::Cpu, dlpu::Unquantized>;
static_assert(placed.rule == &dlpu::op::Conv2d::NeedsKernel::rule);
static_assert((placed.verdict == dlpu::NetworkVerdict::does_not_load) != (DLPU_BAD != 0),
              "a question about a broken description compiles, and the answer is no");

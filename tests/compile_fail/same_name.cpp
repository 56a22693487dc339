// expect: Builder: this name is taken in its scope, and weights are found by name; choose another, or open a scope
// expect: at_operator<1, \S*op::Conv2d, \S*shape<1, 32, 32, 8> ?>
// errors: 1

#include "dlpu/dlpu.hpp"

struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 32, 32, 3});
    x = g.conv2d(x, {.filters = 8, .kernel = 3}, "stem");
    return g.conv2d(x, {.filters = 8, .kernel = 3}, DLPU_BAD ? "stem" : "body");
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

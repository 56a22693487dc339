// expect: a SoC's check\(\) returned a rule that is missing from its list `rules`
// expect: at_operator<1, \S*op::Conv2d, \S*shape<1, 96, 96, 3>, \S*MyChip, \S*PerTensor ?>
// errors: 1

#include "dlpu/dlpu.hpp"

DLPU_RULE(NoConvolution, "MyChip has no convolution; write Allow<cpu>", "");
struct MyChip : dlpu::soc::Cpu {
  using rules = dlpu::type_list<>;
  static constexpr dlpu::Check check(const dlpu::OperatorFacts& facts) {
    if (DLPU_BAD && facts.op().is<dlpu::op::Conv2d>()) return {dlpu::cpu, &NoConvolution::rule};
    return {};
  }
};
struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 96, 96, 3});
    x = g.relu(x);
    return g.conv2d(x, {.filters = 6, .kernel = 3});
  }
};
using Net = dlpu::Network<Model, MyChip, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

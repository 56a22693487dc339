// expect: (?s)run.*Unquantized
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
#if DLPU_BAD
using Image = dlpu::Tensor<float, dlpu::Extents<1, 96, 96, 3>, dlpu::Unquantized>;
#else
using Image = Net::InputTensor<>;
#endif
Net::Output run(Net& net, const Image& image);
Net::Output run(Net& net, const Image& image) {
  return net.run(image);
}

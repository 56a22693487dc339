// expect: (?s)run.*BasicPowerOfTwo
// errors: 1

#include "dlpu/dlpu.hpp"

// Both hold int8; the numbers mean something else.
struct Model {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 96, 96, 3});
    x = g.relu(x);
    return g.conv2d(x, {.filters = 6, .kernel = 3});
  }
};
using Net = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PerTensor>;
using Other = dlpu::Network<Model, dlpu::soc::Cpu, dlpu::PowerOfTwo>;
#if DLPU_BAD
using Image = Other::InputTensor<>;
#else
using Image = Net::InputTensor<>;
#endif
Net::Output run(Net& net, const Image& image);
Net::Output run(Net& net, const Image& image) {
  return net.run(image);
}

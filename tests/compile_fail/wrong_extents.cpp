// expect: (?s)run.*Extents<1, 96, 96, 1>
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
using Extents = dlpu::Extents<1, 96, 96, 1>;
#else
using Extents = dlpu::Extents<1, 96, 96, 3>;
#endif
using Image = dlpu::Tensor<std::int8_t, Extents, dlpu::PerTensor::Activation>;
Net::Output run(Net& net, const Image& image);
Net::Output run(Net& net, const Image& image) {
  return net.run(image);
}

// expect: zoo: the head takes a feature map that this backbone does not have; choose a backbone with maps at the strides
// errors: 1

#include "dlpu/dlpu.hpp"
#include "dlpu/zoo/ssd.hpp"

// A backbone that ends where the head begins.
constexpr dlpu::zoo::FeatureMaps backbone(dlpu::Builder& g, dlpu::Value image, const dlpu::zoo::BackboneOptions&) {
  dlpu::zoo::FeatureMaps maps;
  maps.stride8 = g.conv2d(image, {.filters = 8, .kernel = 8, .stride = 8});
#if !DLPU_BAD
  maps.stride16 = g.conv2d(maps.stride8, {.filters = 8, .kernel = 3, .stride = 2});
  maps.stride32 = g.conv2d(maps.stride16, {.filters = 8, .kernel = 3, .stride = 2});
#endif
  return maps;
}
using Detector = dlpu::zoo::SsdLite<backbone, dlpu::zoo::Options{.input = 96, .classes = 2}>;
using Net = dlpu::Network<Detector, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

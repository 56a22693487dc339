// expect: zoo: the option classes must be from 1 to 100000
// errors: 1

#include "dlpu/dlpu.hpp"

constexpr dlpu::zoo::Options options{.width_percent = 25, .input = 32, .classes = DLPU_BAD ? 0 : 2};
using Net = dlpu::Network<dlpu::zoo::MobileNetV1<options>, dlpu::soc::Cpu, dlpu::PerTensor>;
static_assert(Net::arena_bytes > 0);

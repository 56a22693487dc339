#pragma once

/// Conv2D on the AMX rung, for every rounding policy.

#include "dlpu/kernels/amx/conv2d_product.hpp"
#include "dlpu/kernels/avx512_vnni/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::amx, Storage, R>
    : avx512_vnni::Conv2dBy<amx::Conv2dProduct, Storage, R> {
  using isa_type = isa::amx;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

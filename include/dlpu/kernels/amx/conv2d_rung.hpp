#pragma once

/// Conv2D on the AMX rung, for every rounding policy.

#include "dlpu/kernels/amx/conv2d_product.hpp"
#include "dlpu/kernels/avx512_vnni/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::amx, Storage, R> : Conv2dRung<isa::avx512_vnni, Storage, R> {
  using isa_type = isa::amx;
  using Weaker = Conv2dRung<isa::avx512_vnni, Storage, R>;
  using typename Weaker::Arguments;

  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return avx_vnni::Image::scratch_bytes(g, {Weaker::signs}, amx::Conv2dProduct<isa_type>::row_multiple);
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    Weaker::template run_by<amx::Conv2dProduct<isa_type>>(g, arguments, packed, input, output, scratch);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

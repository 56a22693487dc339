#pragma once

/// Conv2D on the AVX-512 VNNI rung, for every rounding policy.

#include "dlpu/kernels/avx512_vnni/conv2d_product.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::avx512_vnni, Storage, R>
    : Conv2dRung<isa::avx_vnni, Storage, R> {
  using isa_type = isa::avx512_vnni;
  using Weaker = Conv2dRung<isa::avx_vnni, Storage, R>;
  using typename Weaker::Arguments;
  using Product = avx512_vnni::Conv2dProduct<isa_type>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) { return Product::packed_bytes(g); }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return avx_vnni::Image::scratch_bytes(g, {Weaker::signs}, Product::row_multiple);
  }
  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    Weaker::template pack_by<Product>(g, arguments, packed);
  }
  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    Weaker::template run_by<Product>(g, arguments, packed, input, output, scratch);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

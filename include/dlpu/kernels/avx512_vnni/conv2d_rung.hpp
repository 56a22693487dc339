#pragma once

/// Conv2D on the AVX-512 VNNI rung, for every rounding policy.

#include "dlpu/kernels/avx512_vnni/conv2d_product.hpp"
#include "dlpu/kernels/avx512_vnni/pack_requantization.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::avx512_vnni, Storage, R> {
  using isa_type = isa::avx512_vnni;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Product = avx512_vnni::Conv2dProduct<isa_type>;
  static constexpr avx512_vnni::Signs signs = avx512_vnni::Signs::of<Storage>();

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) { return Product::packed_bytes(g); }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return avx512_vnni::Image::scratch_bytes(g, signs, Product::row_multiple);
  }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    Product::pack(g, arguments.filter, arguments.bias, zero_points(arguments), packed);
    avx512_vnni::pack_requantization<Storage>(
        arguments.requantization, static_cast<std::size_t>(g.output_channels), Product::vectors(g),
        [&](std::size_t v, std::size_t lane) { return Product::channel_of(g, v, lane); },
        reinterpret_cast<avx512_vnni::ChannelConstants*>(packed), Product::reach(g, signs, zero_points(arguments)));
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    run_by<Product>(g, arguments, packed, input, output, scratch);
  }

 protected:
  /// `AnyProduct` reads filters as `Product` packs them.
  template <class AnyProduct>
  static void run_by(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                     const Storage* input, Storage* output, std::byte* scratch) {
    avx512_vnni::multiply_image<AnyProduct>(
        g, signs, zero_points(arguments), avx512_vnni::requantizer_of<Storage>(arguments.requantization), packed,
        reinterpret_cast<const std::uint8_t*>(input), reinterpret_cast<std::uint8_t*>(output), scratch);
  }

 private:
  static avx512_vnni::ZeroPoints zero_points(const Arguments& arguments) {
    return {arguments.input_zero_point, arguments.filter_zero_point};
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

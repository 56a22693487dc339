#pragma once

/// Conv2D on the AVX-VNNI rung, for every rounding policy.

#include "dlpu/isa/detect.hpp"
#include "dlpu/kernels/avx2/conv2d_rung.hpp"
#include "dlpu/kernels/avx2/pack_requantization.hpp"
#include "dlpu/kernels/avx_vnni/conv2d_product.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct Conv2dRung<isa::avx_vnni, Storage, R> {
  using isa_type = isa::avx_vnni;
  using Arguments = ConvolutionArguments<Storage, R>;
  static constexpr avx_vnni::Signs signs = avx_vnni::Signs::of<Storage>();

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) { return Frame::packed_bytes(g); }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return avx_vnni::Image::scratch_bytes(g, {signs}, Product<avx_vnni::Encoding::vex>::row_multiple);
  }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    pack_by<Frame>(g, arguments, packed);
  }
  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    if (isa::has_avx_vnni()) {
      run_by<Product<avx_vnni::Encoding::vex>>(g, arguments, packed, input, output, scratch);
    } else {  // on the CPU of a stronger rung
      run_by<Product<avx_vnni::Encoding::evex>>(g, arguments, packed, input, output, scratch);
    }
  }

 protected:
  template <class AnyFrame>
  static void pack_by(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    AnyFrame::pack(g, arguments.filter, arguments.bias, zero_points(arguments), packed);
    avx2::pack_requantization(
        arguments.requantization, static_cast<std::size_t>(g.output_channels), AnyFrame::groups(g),
        [&](std::size_t index, std::size_t lane) { return AnyFrame::channel_of(g, index, lane); },
        reinterpret_cast<avx2::ChannelConstants*>(packed), AnyFrame::reach(g, signs, zero_points(arguments)));
  }
  /// `AnyProduct` reads filters as its frame packs them.
  template <class AnyProduct>
  static void run_by(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                     const Storage* input, Storage* output, std::byte* scratch) {
    avx_vnni::multiply_image<AnyProduct>(
        g, signs, zero_points(arguments),
        typename AnyProduct::Requantizer(avx2::output_constants(arguments.requantization)), packed,
        reinterpret_cast<const std::uint8_t*>(input), reinterpret_cast<std::uint8_t*>(output), scratch);
  }

 private:
  template <avx_vnni::Encoding E>
  using Product = avx_vnni::Conv2dProduct<E>;
  using Frame = avx_vnni::Conv2dFrame<1, avx2::Requantizer>;

  static avx_vnni::ZeroPoints zero_points(const Arguments& arguments) {
    return {arguments.input_zero_point, arguments.filter_zero_point};
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

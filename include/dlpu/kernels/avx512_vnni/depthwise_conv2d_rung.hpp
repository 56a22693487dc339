#pragma once

/// DepthwiseConv2D on the AVX-512 VNNI rung, for every rounding policy. Packed: a header, then what `DepthwiseWindows`
/// packs, or, where that cannot run, the weaker rung.

#include <algorithm>

#include "dlpu/kernels/avx2/pack_requantization.hpp"
#include "dlpu/kernels/avx512_vnni/depthwise_windows.hpp"
#include "dlpu/kernels/reference/depthwise_conv2d_rung.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1) struct DepthwiseConv2dRung<isa::avx512_vnni, Storage, R> {
  using isa_type = isa::avx512_vnni;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Weaker = DepthwiseConv2dRung<isa_type::weaker, Storage, R>;
  using Windows = avx512_vnni::DepthwiseWindows<isa_type>;
  static constexpr avx_vnni::Signs signs = avx_vnni::Signs::of<Storage>();

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return sizeof(Header) + std::max(Windows::packed_bytes(g, signs), Weaker::packed_bytes(g));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Weaker::scratch_bytes(g); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    auto& header = *reinterpret_cast<Header*>(packed);
    packed += sizeof(Header);
    header.sets = Windows::sets_for(g, arguments.filter, arguments.filter_zero_point);
    if (header.sets > Windows::most_sets(signs)) return Weaker::pack(g, arguments, packed);
    Windows::pack(g, arguments.filter, arguments.bias, {arguments.input_zero_point, arguments.filter_zero_point},
                  packed);
    avx2::pack_requantization(
        arguments.requantization, static_cast<std::size_t>(g.output_channels), Windows::vectors(g),
        [&](std::size_t v, std::size_t lane) { return Windows::channel_of(g, v, lane); },
        reinterpret_cast<avx2::ChannelConstants*>(packed), Windows::reach(g));
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    const std::int32_t sets = reinterpret_cast<const Header*>(packed)->sets;
    packed += sizeof(Header);
    if (sets > Windows::most_sets(signs)) return Weaker::run(g, arguments, packed, input, output, scratch);
    Windows::run(g, signs, sets, arguments.input_zero_point,
                 avx512_vnni::Requantizer(avx2::output_constants(arguments.requantization)), packed,
                 reinterpret_cast<const std::uint8_t*>(input), reinterpret_cast<std::uint8_t*>(output));
  }

 private:
  struct alignas(64) Header {
    std::int32_t sets;
  };
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

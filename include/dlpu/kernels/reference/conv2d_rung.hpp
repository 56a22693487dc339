#pragma once

/// Conv2D on the scalar rung: the oracle over a copy of the filter.

#include <cstring>

#include "dlpu/kernels/convolution.hpp"
#include "dlpu/kernels/reference/conv2d.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Isa, class Storage, class R>
struct Conv2dRung : Conv2dRung<typename Isa::weaker, Storage, R> {};

template <class Storage, class R>
struct Conv2dRung<isa::scalar, Storage, R> {
  using isa_type = isa::scalar;
  using Arguments = ConvolutionArguments<Storage, R>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels) * g.taps() * static_cast<std::size_t>(g.input_channels) *
           sizeof(FilterOf<Storage>);
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry&) { return 0; }
  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    std::memcpy(packed, arguments.filter, packed_bytes(g));
  }
  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte*) {
    const auto* filter = reinterpret_cast<const FilterOf<Storage>*>(packed);
    if constexpr (std::is_void_v<R>) {
      reference::conv2d(g, input, filter, arguments.bias, arguments.range, output);
    } else {
      reference::conv2d(g, input, arguments.input_zero_point, filter, arguments.filter_zero_point, arguments.bias,
                        arguments.requantization, output);
    }
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

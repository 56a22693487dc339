#pragma once

/// Conv2D on the AVX-512 VNNI rung: in tiles of places and up to 64 output channels.

#include "dlpu/kernels/avx512_vnni/conv2d_tile.hpp"
#include "dlpu/kernels/avx512_vnni/window_sums.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// A template of its rung, so that only who runs it compiles it: every source that includes it would pay for a plain class.
template <class Isa>
class Conv2dProduct : public avx_vnni::Conv2dFrame<4, Requantizer, WindowSums> {
  using Frame = avx_vnni::Conv2dFrame<4, Requantizer, WindowSums>;

 public:
  /// `Image::row_places` that keep the product busy.
  static constexpr std::size_t row_multiple = 16;

  using Frame::Frame;

  /// Neighbouring places in tiles of 16 accumulators, as few as hide the latency of the products: what the core looks ahead
  /// must reach beyond the requantization of one tile into the products of the next.
  void multiply_row(const avx_vnni::Places& places, std::size_t count, std::uint8_t* output) const {
    for_each_panel(places, count, output, [](Tile& tile, std::size_t vectors, std::size_t left) {
      if (vectors == 4) return multiply_panel<4, 4>(tile, left);
      if (vectors == 2) return multiply_panel<8, 2>(tile, left);
      if (tile.channels > lanes / 2) return multiply_panel<16, 1>(tile, left);
      multiply_panel<16, 1, Sharing::pairs>(tile, left);
    });
  }

 private:
  template <std::size_t Most, std::size_t Vectors, Sharing S = Sharing::none>
  static void multiply_panel(Tile& tile, std::size_t places) {
    Frame::template in_tiles<Most>(places, [&](auto count, std::size_t tiles) {
      TileProduct<count, Vectors, count == 1 ? Sharing::none : S>::run(tile, tiles);
    });
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

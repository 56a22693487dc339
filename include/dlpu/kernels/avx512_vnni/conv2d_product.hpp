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
  // Accumulators and their operands fit the 32 registers: 6 places times 4 vectors, 12 times 2 or 1.
  static constexpr std::size_t most_places = 12, most_wide_places = 6;

 public:
  /// `Image::row_places` that keep the product busy.
  static constexpr std::size_t row_multiple = most_places;

  using Frame::Frame;

  /// Neighbouring places in tiles, the largest first.
  void multiply_row(const avx_vnni::Places& places, std::size_t count, std::uint8_t* output) const {
    for (std::size_t first = 0; first < count;) {
      const std::size_t taken = tile_of(count - first);
      multiply_tile(places, first * places.step, taken, output + first * channels_);
      first += taken;
    }
  }

 private:
  /// How many of the places left are computed together: few different numbers, as each is code of its own.
  [[nodiscard]] static constexpr std::size_t tile_of(std::size_t left) {
    if (left >= most_places) return most_places;
    if (left > 8) return 6;
    return left > 6 ? (left + 1) / 2 : left;
  }
  void multiply_tile(const avx_vnni::Places& places, std::size_t offset, std::size_t count,
                     std::uint8_t* output) const {
    switch (count) {
      case 1:
        return multiply_places<1>(places, offset, output);
      case 2:
        return multiply_places<2>(places, offset, output);
      case 3:
        return multiply_places<3>(places, offset, output);
      case 4:
        return multiply_places<4>(places, offset, output);
      case 5:
        return multiply_places<5>(places, offset, output);
      case 6:
        return multiply_places<6>(places, offset, output);
      default:
        return multiply_places<most_places>(places, offset, output);
    }
  }

  template <std::size_t Count>
  void multiply_places(const avx_vnni::Places& places, std::size_t offset, std::uint8_t* output) const {
    for_each_panel<Count>(places, offset, output,
                          [](Tile& tile, std::size_t vectors) { multiply_panel<Count>(tile, vectors); });
  }

  /// As many places at once as there are registers for.
  template <std::size_t Count>
  static void multiply_panel(Tile& tile, std::size_t vectors) {
    if constexpr (Count >= 4) {
      if (tile.channels <= lanes / 2) return TileProduct<Count, 1, Sharing::pairs>::run(tile);
    }
    if (vectors == 1) return TileProduct<Count, 1>::run(tile);
    if (vectors == 2) return TileProduct<Count, 2>::run(tile);
    constexpr std::size_t at_once = std::min(Count, most_wide_places);
    static_assert(Count % at_once == 0);
    for (std::size_t r = 0; r < Count; r += at_once) {
      TileProduct<at_once, 4>::run(tile);
      tile.offset += at_once * tile.places.step;
      tile.output += at_once * tile.output_step;
      if (tile.corrections != nullptr) tile.corrections += at_once;
    }
  }
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

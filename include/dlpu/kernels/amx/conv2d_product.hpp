#pragma once

/// Conv2D on the AMX rung: the product of the AVX-512 VNNI rung by tiles, where they are full enough.
///
/// Filters are packed as that rung packs them, because its [depth / 4][vectors][16][4] bytes are rows of tiles: which of the two
/// multiplies is decided anew for each row of places, and whatever is not a product is shared. Sums begin as the bias, go
/// through memory (tiles have no other way to vector registers) and are finished four places at a time.

#include "dlpu/isa/tags.hpp"
#include "dlpu/kernels/amx/tiles.hpp"
#include "dlpu/kernels/avx512_vnni/conv2d_product.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::amx {

/// How a row of places divides into tiles of one shape. The last tile begins early where places do not divide: some are
/// computed twice, to the same bits.
struct Tiling {
  std::size_t count;  ///< of tiles, one after another along the row
  std::size_t rows;   ///< places in a tile
  std::size_t depth;  ///< bytes of each place, the same in every step: a divisor of what each run has

  constexpr Tiling(const avx_vnni::Runs& runs, std::size_t places)
      : count((places + tile_rows - 1) / tile_rows), rows((places + count - 1) / count), depth(tile_bytes) {
    while (runs.stride % depth != 0) depth -= 4;
  }

  /// A product of full tiles takes 16 cycles and does the work of 128 cycles of VNNI; one of tiles a quarter full that of
  /// 32, and what it gains pays for loading them. Shallow layers (below 32 bytes) stay on VNNI because sums pass through
  /// memory once whatever their depth, and so do depths with no large divisor. Reckoned, not measured.
  [[nodiscard]] constexpr bool pays() const { return depth >= tile_bytes / 2 && rows * depth >= 4 * tile_bytes; }
};

/// A template for the reason that `Weaker` is one.
template <class Isa>
class Conv2dProduct : avx512_vnni::Conv2dProduct<isa::avx512_vnni> {
  using Weaker = avx512_vnni::Conv2dProduct<isa::avx512_vnni>;
  using Places = avx_vnni::Places;
  static constexpr std::size_t lanes = avx512_vnni::lanes;

 public:
  using typename Weaker::Requantizer;

  static constexpr std::size_t row_multiple = 2 * tile_rows;

  using Weaker::Weaker;

  Conv2dProduct(const Conv2dProduct&) = delete;
  Conv2dProduct& operator=(const Conv2dProduct&) = delete;
  ~Conv2dProduct() {
    if (configured_rows_ != 0) release();
  }

  DLPU_TARGET_AVX512_VNNI void multiply_row(const Places& places, std::size_t count, std::uint8_t* output) {
    const Tiling tiling(runs_, count);
    if (!tiling.pays()) return Weaker::multiply_row(places, count, output);
    configure(tiling);
    for (std::size_t t = 0; t < tiling.count; t += 2) {
      const std::size_t first[2] = {std::min(t * tiling.rows, count - tiling.rows),
                                    std::min((t + 1) * tiling.rows, count - tiling.rows)};
      if (t + 1 < tiling.count) {
        multiply_places<2>(places, tiling, first, output);
      } else {
        multiply_places<1>(places, tiling, first, output);
      }
    }
  }

 private:
  // Two tiles of inputs times two of weights in four of sums.
  static constexpr std::size_t inputs_tile = 4, weights_tile = 6;
  [[nodiscard]] static constexpr std::size_t sums_tile(std::size_t input, std::size_t vector) {
    return 2 * input + vector;
  }
  static constexpr std::size_t places_at_once = 4;  // what are finished together; no tile that pays has fewer

  /// Sums of 64 channels in memory.
  template <std::size_t Inputs>
  struct alignas(64) Sums {
    std::int32_t of[Inputs][4][tile_rows][lanes];
  };

  /// Vectors of 16 channels that are packed together.
  struct Panel {
    std::size_t first, vectors;
  };

  /// Tiles belong to the thread.
  DLPU_TARGET_AVX512_VNNI void configure(const Tiling& tiling) {
    if (tiling.rows == configured_rows_) return;  // the depth is the layer's
    configured_rows_ = tiling.rows;
    TileConfiguration configuration;
    for (std::size_t tile = 0; tile < 8; ++tile) {
      const bool is_inputs = tile / 2 == inputs_tile / 2, is_weights = tile / 2 == weights_tile / 2;
      configuration.rows[tile] = static_cast<std::uint8_t>(is_weights ? tiling.depth / 4 : tiling.rows);
      configuration.row_bytes[tile] = static_cast<std::uint16_t>(is_inputs ? tiling.depth : tile_bytes);
    }
    configure_tiles(configuration);
  }
  DLPU_TARGET_AVX512_VNNI static void release() { release_tiles(); }

  template <std::size_t Inputs>
  DLPU_TARGET_AVX512_VNNI void multiply_places(const Places& places, const Tiling& tiling,
                                               const std::size_t (&first)[2], std::uint8_t* output) const {
    std::int32_t corrections[Inputs][tile_rows] = {};
    for (std::size_t i = 0; zero_point_ != 0 && i < Inputs; ++i) {
      this->correct(places, first[i] * places.step, tiling.rows, corrections[i]);
    }
    Sums<Inputs> sums;
    for (std::size_t v = 0; v < groups_;) {
      const std::size_t size = panel_size(channels_, v);
      if (size == 1) multiply<Inputs, 1>(places, tiling.depth, first, {v, size}, 0, sums);
      for (std::size_t pair = 0; pair + 1 < size; pair += 2) {
        multiply<Inputs, 2>(places, tiling.depth, first, {v, size}, pair, sums);
      }
      for (std::size_t i = 0; i < Inputs; ++i) {
        const avx512_vnni::Tile panel = tile(places, 0, v, corrections[i], output + first[i] * channels_);
        if (size == 4) finish_tile<4>(sums.of[i], tiling.rows, panel);
        if (size == 2) finish_tile<2>(sums.of[i], tiling.rows, panel);
        if (size == 1) finish_tile<1>(sums.of[i], tiling.rows, panel);
      }
      v += size;
    }
  }

  /// Sums of `Inputs` tiles of places for `Vectors` times 16 channels of a panel, from its vector `pair` on. The weights of a
  /// panel's vectors lie by turns, so that rows of a weight tile are the whole panel apart.
  template <std::size_t Inputs, std::size_t Vectors>
  DLPU_TARGET_AVX512_VNNI void multiply(const Places& places, std::size_t depth, const std::size_t (&first)[2],
                                        Panel panel, std::size_t pair, Sums<Inputs>& sums) const {
    using avx512_vnni::unroll;
    const std::size_t panel_bytes = panel.vectors * tile_bytes, step = places.step, run_bytes = runs_.stride;
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      unroll<Inputs>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        load_tile<sums_tile(i, v)>(constants_[panel.first + pair + v].bias, 0);
      });
    });
    const std::int8_t* weights = weights_ + panel.first * runs_.depth() * lanes + pair * tile_bytes;
    for (std::size_t run = 0; run < runs_.count; ++run) {
      const std::uint8_t* const window = places.runs[run];
      for (std::size_t k = 0; k < run_bytes; k += depth, weights += depth / 4 * panel_bytes) {
        unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
          load_tile<weights_tile + v>(weights + v * tile_bytes, panel_bytes);
        });
        unroll<Inputs>([&](auto i) DLPU_INLINE_AVX512_VNNI {
          load_tile<inputs_tile + i>(window + first[i] * step + k, step);
          unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
            multiply_tiles<sums_tile(i, v), inputs_tile + i, weights_tile + v>();
          });
        });
      }
    }
    unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
      unroll<Inputs>([&](auto i)
                         DLPU_INLINE_AVX512_VNNI { store_tile<sums_tile(i, v)>(sums.of[i][pair + v], tile_bytes); });
    });
  }

  /// The outputs of one tile of places, the last four again where they do not divide.
  template <std::size_t Vectors>
  DLPU_TARGET_AVX512_VNNI static void finish_tile(const std::int32_t (&sums)[4][tile_rows][lanes], std::size_t rows,
                                                  const avx512_vnni::Tile& panel) {
    using avx512_vnni::unroll;
    for (std::size_t r = 0; r < rows; r += places_at_once) {
      const std::size_t row = std::min(r, rows - places_at_once);
      __m512i four[Vectors][places_at_once];
      unroll<Vectors>([&](auto v) DLPU_INLINE_AVX512_VNNI {
        unroll<places_at_once>([&](auto i)
                                   DLPU_INLINE_AVX512_VNNI { four[v][i] = _mm512_load_si512(sums[v][row + i]); });
      });
      avx512_vnni::Tile part = panel;
      part.advance(row);
      avx512_vnni::TileProduct<places_at_once, Vectors>::finish(part, four);
    }
  }

  std::size_t configured_rows_ = 0;
};

}  // namespace kernels::amx
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

#pragma once

/// Where a depthwise window's taps lie: one pointer for each tap of one output place, to a row of as many channels
/// as the output has.

#include <algorithm>
#include <cstddef>

#include "dlpu/kernels/portable/patch.hpp"
#include "dlpu/kernels/portable/simd.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// Taps point into the input itself where they can. Places outside the image point to a row of `outside`; taps come in
/// pairs, so that an odd window has one more of those. Rows are copied to scratch where an input channel serves several
/// output channels, or where a row is shorter than a vector, which must not read beyond the input.
template <class Storage>
class TapTable {
 public:
  /// Channels of one step of the kernel.
  static constexpr std::size_t lanes = 16 / sizeof(Storage);

  [[nodiscard]] static constexpr std::size_t taps(const WindowGeometry& g) { return round_up(g.taps(), 2); }
  /// Elements of a row that is not in the input.
  [[nodiscard]] static constexpr std::size_t row_elements(const WindowGeometry& g) {
    return round_up(static_cast<std::size_t>(g.output_channels), lanes);
  }
  [[nodiscard]] static constexpr bool copies(const WindowGeometry& g) {
    return g.output_channels != g.input_channels || static_cast<std::size_t>(g.input_channels) < lanes;
  }
  [[nodiscard]] static constexpr std::size_t bytes(const WindowGeometry& g) {
    return rows_offset(g) + row_elements(g) * sizeof(Storage) * (copies(g) ? 1 + taps(g) : 1);
  }

  TapTable(const WindowGeometry& g, const Storage* input, Storage outside, std::byte* scratch)
      : geometry_(g),
        input_(input),
        taps_(reinterpret_cast<const Storage**>(scratch)),
        outside_(reinterpret_cast<Storage*>(scratch + rows_offset(g))) {
    std::fill_n(outside_, row_elements(g) * (copies(g) ? 1 + taps(g) : 1), outside);
    std::fill_n(taps_, taps(g), outside_);
  }

  /// Points at the taps of the window that begins at `origin`.
  const Storage* const* at(WindowOrigin origin) {
    const WindowGeometry& g = geometry_;
    std::size_t tap = 0;
    for (std::int32_t ky = 0; ky < g.kernel.height; ++ky) {
      const std::int32_t y = origin.y + ky * g.dilation.height;
      const bool row_inside = y >= 0 && y < g.input_height;
      for (std::int32_t kx = 0; kx < g.kernel.width; ++kx, ++tap) {
        const std::int32_t x = origin.x + kx * g.dilation.width;
        const bool inside = row_inside && x >= 0 && x < g.input_width;
        taps_[tap] = inside ? row(input_place(g, input_, origin.batch, y, x), tap) : outside_;
      }
    }
    return taps_;
  }

 private:
  static constexpr std::size_t rows_offset(const WindowGeometry& g) {
    return align_up(taps(g) * sizeof(const Storage*));
  }

  const Storage* row(const Storage* place, std::size_t tap) {
    if (!copies(geometry_)) return place;
    Storage* copy = outside_ + (1 + tap) * row_elements(geometry_);
    const std::int32_t multiplier = geometry_.output_channels / geometry_.input_channels;
    if (multiplier == 1) {
      std::copy_n(place, geometry_.input_channels, copy);
    } else {
      for (std::int32_t c = 0; c < geometry_.input_channels; ++c) {
        std::fill_n(copy + std::ptrdiff_t{c} * multiplier, multiplier, place[c]);
      }
    }
    return copy;
  }

  const WindowGeometry& geometry_;
  const Storage* input_;
  const Storage** taps_;
  Storage* outside_;
};

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

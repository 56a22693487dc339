#pragma once

/// Inputs under a window, gathered into dense rows: what a convolution's micro-kernel reads.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dlpu/kernels/window.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// Where the window of one output place begins in the input; outside the image at borders.
struct WindowOrigin {
  std::int32_t batch, y, x;
};

/// The origin for an output place, counted in row-major order over [batch, output_height, output_width].
[[nodiscard]] inline WindowOrigin window_origin(const WindowGeometry& g, std::size_t place) {
  const auto width = static_cast<std::size_t>(g.output_width), height = static_cast<std::size_t>(g.output_height);
  const auto x = static_cast<std::int32_t>(place % width);
  const auto y = static_cast<std::int32_t>(place / width % height);
  return {static_cast<std::int32_t>(place / width / height), y * g.stride.height - g.pad_top,
          x * g.stride.width - g.pad_left};
}

/// To the next place of the output, without the divisions of `window_origin`.
inline void advance(const WindowGeometry& g, WindowOrigin& origin) {
  origin.x += g.stride.width;
  if (origin.x < g.output_width * g.stride.width - g.pad_left) return;
  origin.x = -g.pad_left;
  origin.y += g.stride.height;
  if (origin.y < g.output_height * g.stride.height - g.pad_top) return;
  origin.y = -g.pad_top;
  ++origin.batch;
}

/// The first channel of an input place; negative coordinates are the caller's to avoid.
template <class Storage>
[[nodiscard]] inline const Storage* input_place(const WindowGeometry& g, const Storage* input, std::int32_t batch,
                                                std::int32_t y, std::int32_t x) {
  return input + ((std::ptrdiff_t{batch} * g.input_height + y) * g.input_width + x) * g.input_channels;
}

/// Writes the window of one output place to `row` as [kernel_height, kernel_width, input_channels], places
/// outside the image as `outside`. `convert(from, count, to)` turns stored numbers into `Element`s.
template <class Storage, class Element, class Convert>
void gather_window(const WindowGeometry& g, const Storage* input, WindowOrigin origin, Element* row,
                   const Convert& convert, Element outside = Element{0}) {
  const auto channels = static_cast<std::size_t>(g.input_channels);
  const std::size_t row_elements = static_cast<std::size_t>(g.kernel.width) * channels;
  for (std::int32_t ky = 0; ky < g.kernel.height; ++ky, row += row_elements) {
    const std::int32_t y = origin.y + ky * g.dilation.height;
    if (y < 0 || y >= g.input_height) {
      std::fill_n(row, row_elements, outside);
    } else if (g.dilation.width == 1) {  // one run of neighbours, cut off at the borders
      const std::int32_t first = std::clamp(-origin.x, 0, g.kernel.width);
      const std::int32_t last = std::clamp(g.input_width - origin.x, first, g.kernel.width);
      const std::size_t before = static_cast<std::size_t>(first) * channels;
      const std::size_t inside = static_cast<std::size_t>(last - first) * channels;
      std::fill_n(row, before, outside);
      if (inside > 0) convert(input_place(g, input, origin.batch, y, origin.x + first), inside, row + before);
      std::fill_n(row + before + inside, row_elements - before - inside, outside);
    } else {
      Element* to = row;
      for (std::int32_t kx = 0; kx < g.kernel.width; ++kx, to += channels) {
        const std::int32_t x = origin.x + kx * g.dilation.width;
        if (x < 0 || x >= g.input_width) {
          std::fill_n(to, channels, outside);
        } else {
          convert(input_place(g, input, origin.batch, y, x), channels, to);
        }
      }
    }
  }
}

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

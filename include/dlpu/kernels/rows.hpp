#pragma once

/// Rows of images: computing some rows of an output alone is how threads share an operator and how fused operators hand
/// each other a band at a time.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dlpu/kernels/window.hpp"

namespace dlpu::inline DLPU_ABI {

/// The rows [first, end) of an image.
struct Rows {
  std::int32_t first = 0, end = 0;

  [[nodiscard]] constexpr std::int32_t count() const { return end - first; }
  friend constexpr bool operator==(Rows, Rows) = default;
};

/// The part-th of `parts` shares of `rows` rows, of nearly the same size.
[[nodiscard]] constexpr Rows share_of(std::int32_t rows, std::size_t part, std::size_t parts) {
  const auto at = [&](std::size_t i) {
    return static_cast<std::int32_t>(static_cast<std::size_t>(rows) * i / parts);
  };
  return {at(part), at(part + 1)};
}

/// The input rows that windows of the output rows `output` read; those outside the image are left out.
[[nodiscard]] constexpr Rows input_rows(const WindowGeometry& g, Rows output) {
  const std::int32_t first = output.first * g.stride.height - g.pad_top;
  const std::int32_t end =
      (output.end - 1) * g.stride.height - g.pad_top + (g.kernel.height - 1) * g.dilation.height + 1;
  const std::int32_t low = std::clamp(first, 0, g.input_height);
  return {low, std::clamp(end, low, g.input_height)};
}

/// At most how many input rows a band of `output_rows` reads.
[[nodiscard]] constexpr std::int32_t most_input_rows(const WindowGeometry& g, std::int32_t output_rows) {
  return std::min(g.input_height,
                  (output_rows - 1) * g.stride.height + (g.kernel.height - 1) * g.dilation.height + 1);
}

/// A band of output rows as a geometry of its own, over an image of only `input_rows(g, output)`. One image only: the
/// batch must be 1. Kernels pack weights by what a band leaves as it is: channels, kernel, stride and dilation.
[[nodiscard]] constexpr WindowGeometry band_of(const WindowGeometry& g, Rows output) {
  const Rows input = input_rows(g, output);
  WindowGeometry band = g;
  band.pad_top = input.first - (output.first * g.stride.height - g.pad_top);
  band.input_height = input.count();
  band.output_height = output.count();
  return band;
}

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Photographs.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dlpu/core/shape.hpp"

namespace dlpu::command {

/// Rows of pixels from the top, the channels of a pixel side by side.
struct Image {
  Size2D size;
  std::int32_t channels = 3;
  std::vector<std::uint8_t> pixels;

  [[nodiscard]] std::size_t row_bytes() const {
    return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels);
  }
};

/// A PNG, JPEG or BMP file in red, green and blue; transparency is left out.
[[nodiscard]] Image read_image(const std::string& path);
/// The same from the file's bytes; `path` begins the message of the failure.
[[nodiscard]] Image decode_image(std::span<const std::byte> file, const std::string& path);

/// Luma by ITU-R BT.601: (299 R + 587 G + 114 B) / 1000, to the nearest.
[[nodiscard]] Image to_grey(const Image& image);

/// Bilinear: pixels are squares whose centres lie at whole numbers plus a half. Where the image shrinks, the triangle of
/// weights is as much wider as the image becomes smaller, so that no pixel is left out (antialiasing). First along the
/// rows, then along the columns, and the other way round where the height shrinks by more than twice as many pixels as
/// the width, rounded to 8 bits in between: the same bits as `Image.BILINEAR` of Pillow 13.
[[nodiscard]] Image resize(const Image& image, Size2D size);

}  // namespace dlpu::command

#include "dlpu/image.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
// Zeros instead of what was there before: stb decodes by tables that a damaged JPEG file has not defined, and with zeros
// stays inside of them.
#define STBI_MALLOC(size) std::calloc(1, size)
#define STBI_REALLOC(pointer, size) std::realloc(pointer, size)
#define STBI_FREE(pointer) std::free(pointer)
#define STBI_MAX_DIMENSIONS 32768  // enough for any camera; bounds what a small file can ask for
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // a false alarm: what reads from memory has no callbacks
#include <stb/stb_image.h>
#pragma GCC diagnostic pop
#else
#include <stb/stb_image.h>
#endif

#include "dlpu/failure.hpp"
#include "dlpu/io/file.hpp"
#include "dlpu/jpeg.hpp"

namespace dlpu::command {
namespace {

/// Weights are whole numbers of 2^-22: the sum of 8-bit pixels stays within 31 bits.
constexpr int weight_bits = 22;

/// What one pixel of the result takes from a row or column of the source.
struct Taps {
  std::size_t first = 0;
  std::vector<std::int32_t> weights;
};

Taps taps_of(std::int32_t index, std::int32_t from, double scale) {
  const double reach = std::max(scale, 1.0);
  const double center = (index + 0.5) * scale;
  const int first = std::max(static_cast<int>(center - reach + 0.5), 0);
  const int last = std::min(static_cast<int>(center + reach + 0.5), from);
  std::vector<double> weights;
  double sum = 0.0;
  for (int i = first; i < last; ++i) {
    weights.push_back(std::max(1.0 - std::abs((i - center + 0.5) * (1.0 / reach)), 0.0));
    sum += weights.back();
  }
  Taps taps{static_cast<std::size_t>(first), {}};
  for (const double weight : weights) {
    taps.weights.push_back(static_cast<std::int32_t>(weight / sum * (1 << weight_bits) + 0.5));
  }
  return taps;
}

/// Resizes lines of `from` pixels to `to`. Neighbours on a line lie `step` bytes apart.
class LineResizer {
 public:
  LineResizer(std::int32_t from, std::int32_t to, std::size_t step) : step_(step) {
    const double scale = static_cast<double>(from) / to;
    for (std::int32_t i = 0; i < to; ++i) taps_.push_back(taps_of(i, from, scale));
  }

  void run(const std::uint8_t* source, std::uint8_t* target) const {
    for (std::size_t i = 0; i < taps_.size(); ++i) target[i * step_] = pixel(source, taps_[i]);
  }

 private:
  std::uint8_t pixel(const std::uint8_t* source, const Taps& taps) const {
    std::int32_t sum = 1 << (weight_bits - 1);
    for (std::size_t i = 0; i < taps.weights.size(); ++i) sum += taps.weights[i] * source[(taps.first + i) * step_];
    return static_cast<std::uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
  }

  std::size_t step_;
  std::vector<Taps> taps_;
};

Image with_size(Size2D size, std::int32_t channels) {
  Image image{size, channels, {}};
  image.pixels.resize(image.row_bytes() * static_cast<std::size_t>(size.height));
  return image;
}

Image resize_width(const Image& image, std::int32_t width) {
  Image result = with_size({image.size.height, width}, image.channels);
  const auto channels = static_cast<std::size_t>(image.channels);
  const LineResizer resizer(image.size.width, width, channels);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.size.height); ++y) {
    for (std::size_t c = 0; c < channels; ++c) {
      resizer.run(image.pixels.data() + y * image.row_bytes() + c, result.pixels.data() + y * result.row_bytes() + c);
    }
  }
  return result;
}

Image resize_height(const Image& image, std::int32_t height) {
  Image result = with_size({height, image.size.width}, image.channels);
  const LineResizer resizer(image.size.height, height, image.row_bytes());
  for (std::size_t x = 0; x < image.row_bytes(); ++x) resizer.run(image.pixels.data() + x, result.pixels.data() + x);
  return result;
}

struct FreePixels {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

}  // namespace

Image read_image(const std::string& path) {
  const AlignedBuffer file = value_of(io::read_file(path));
  return decode_image(file.bytes(), path);
}

Image decode_image(std::span<const std::byte> file, const std::string& path) {
  const auto fail = [&](const std::string& reason) {
    return Failure(path + ": it cannot be read as a PNG, JPEG or BMP image: " + reason);
  };
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) throw fail("it is too large");
  if (!huffman_tables_fit(file)) throw fail("bad Huffman table");
  int width = 0, height = 0, channels_in_file = 0;
  const std::unique_ptr<stbi_uc, FreePixels> pixels(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(file.data()), static_cast<int>(file.size()), &width,
                            &height, &channels_in_file, 3));
  if (!pixels) throw fail(stbi_failure_reason());
  if (width < 1 || height < 1) throw fail("it has no pixels");
  Image image = with_size({height, width}, 3);
  std::copy_n(pixels.get(), image.pixels.size(), image.pixels.begin());
  return image;
}

Image to_grey(const Image& image) {
  // In units of 2^-16: 299, 587 and 114 thousandths.
  constexpr std::uint32_t red = 19595, green = 38470, blue = 7471;
  Image result = with_size(image.size, 1);
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    const std::uint8_t* pixel = image.pixels.data() + 3 * i;
    result.pixels[i] =
        static_cast<std::uint8_t>((pixel[0] * red + pixel[1] * green + pixel[2] * blue + 0x8000) >> 16);
  }
  return result;
}

Image resize(const Image& image, Size2D size) {
  const std::int32_t fewer_rows = image.size.height - size.height, fewer_columns = image.size.width - size.width;
  const bool columns_first = fewer_rows > 0 && fewer_rows > 2 * fewer_columns;
  if (columns_first) return resize_width(resize_height(image, size.height), size.width);
  return resize_height(resize_width(image, size.width), size.height);
}

}  // namespace dlpu::command

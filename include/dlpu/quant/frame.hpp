#pragma once

/// From a camera's frame to a network's input in one call: layout, quantization and storage type.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "dlpu/core/result.hpp"
#include "dlpu/core/tensor.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// How the channels of a frame lie in memory.
enum class FrameLayout : std::int32_t {
  interleaved,  ///< pixel after pixel: RGBRGB...
  planar,       ///< channel after channel, each a whole image
};

/// An image of bytes, as a camera or a decoder delivers it. The number of channels is that of the tensor it goes to.
struct Frame {
  std::span<const std::uint8_t> pixels;
  int height = 0, width = 0;  ///< pixels
  int row_stride = 0;         ///< bytes from one row to the next, of a plane where planar; 0: rows lie side by side
  FrameLayout layout = FrameLayout::interleaved;
};

/// The real numbers that byte 0 and byte 255 stand for, e.g. {0, 1} or {-1, 1}.
struct PixelRange {
  float low = 0.0f, high = 1.0f;

  /// Computed in double and rounded once.
  [[nodiscard]] constexpr float real(std::uint8_t byte) const {
    return static_cast<float>(low + (static_cast<double>(high) - low) * byte / 255.0);
  }
};

namespace detail {

/// Empty, or why a frame does not fit an input [1, height, width, channels].
[[nodiscard]] inline std::string frame_problem(const Frame& frame, const Shape& input) {
  const auto size = [](int height, int width) { return std::to_string(height) + "x" + std::to_string(width); };
  if (input[0] != 1) {
    return "frame: the input takes a batch of " + std::to_string(input[0]) + " images; load needs a batch of 1";
  }
  if (frame.height != input[1] || frame.width != input[2]) {
    return "frame: the frame has " + size(frame.height, frame.width) + " pixels (height x width), the input " +
           size(input[1], input[2]) + "; resize the frame first";
  }
  const bool planar = frame.layout == FrameLayout::planar;
  const std::int64_t channels = input[3], row_bytes = frame.width * (planar ? 1 : channels);
  const std::int64_t stride = frame.row_stride == 0 ? row_bytes : frame.row_stride;
  if (stride < row_bytes) {
    return "frame: the row stride is " + std::to_string(stride) + " bytes, a row of the input has " +
           std::to_string(row_bytes);
  }
  const std::int64_t rows = frame.height * (planar ? channels : 1);
  const std::int64_t needed = rows == 0 ? 0 : (rows - 1) * stride + row_bytes;  // the last row may end early
  if (static_cast<std::int64_t>(frame.pixels.size()) < needed) {
    return "frame: the frame has " + std::to_string(frame.pixels.size()) + " bytes, " +
           size(frame.height, frame.width) + " pixels of " + std::to_string(channels) + " channels in rows of " +
           std::to_string(stride) + " bytes need " + std::to_string(needed);
  }
  return {};
}

}  // namespace detail

/// Fills `input`, NHWC with a batch of 1, from a frame of the same height and width. Each byte becomes the stored
/// form of its real number, exactly as the policy quantizes it. On an error the input is untouched.
///
///     dlpu::load({.pixels = bytes, .height = 96, .width = 96}, input.view(), {-1.0f, 1.0f});
template <class Storage, class Extents, class Policy>
Result<void> load(const Frame& frame, TensorView<Storage, Extents, Policy> input, PixelRange range) {
  static_assert(Extents::rank == 4, "load: the input must have four dimensions, NHWC");
  const Shape shape = input.extents().shape();
  if (std::string problem = detail::frame_problem(frame, shape); !problem.empty()) return Error{std::move(problem)};
  std::array<Storage, 256> stored{};
  for (std::size_t byte = 0; byte < stored.size(); ++byte) {
    stored[byte] = Policy::quantize(range.real(static_cast<std::uint8_t>(byte)), input.parameters());
  }
  const bool planar = frame.layout == FrameLayout::planar;
  const auto height = static_cast<std::size_t>(shape[1]), width = static_cast<std::size_t>(shape[2]);
  const auto channels = static_cast<std::size_t>(shape[3]);
  const std::size_t pixel_step = planar ? 1 : channels;
  const std::size_t row_step = frame.row_stride ? static_cast<std::size_t>(frame.row_stride) : width * pixel_step;
  const std::size_t channel_step = planar ? height * row_step : 1;
  Storage* out = input.data();
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) {
        *out++ = stored[frame.pixels[y * row_step + x * pixel_step + c * channel_step]];
      }
    }
  }
  return {};
}

}  // namespace dlpu::inline DLPU_ABI

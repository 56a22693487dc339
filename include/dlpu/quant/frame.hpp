#pragma once

/// From a camera's frame to a network's input in one call: layout, quantization and storage type.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "dlpu/core/result.hpp"
#include "dlpu/core/tensor.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// How the channels of a frame lie in memory.
enum class FrameLayout : std::int32_t {
  interleaved,  ///< pixel after pixel: RGBRGB...
  planar,       ///< channel after channel, each a whole image
};

/// How a target takes images.
struct InputLayout {
  FrameLayout order = FrameLayout::interleaved;  ///< NHWC, or NCHW: one plane per channel
  std::int32_t row_multiple = 1;                 ///< each row is padded to a multiple of so many elements
  friend constexpr bool operator==(const InputLayout&, const InputLayout&) = default;
};

/// Elements from one row to the next of an image [height, width, channels] in a layout.
[[nodiscard]] constexpr std::int32_t row_elements(const InputLayout& layout, std::int32_t width,
                                                  std::int32_t channels) {
  const std::int32_t dense = layout.order == FrameLayout::planar ? width : width * channels;
  return (dense + layout.row_multiple - 1) / layout.row_multiple * layout.row_multiple;
}

/// The shape of an NHWC image once it lies in a layout: [1, channels, height, padded width] where planar,
/// [1, height, padded row] where rows of interleaved pixels are padded.
[[nodiscard]] constexpr Shape shape_in(const InputLayout& layout, const Shape& nhwc) {
  if (nhwc.rank != 4) return nhwc;
  const std::int32_t row = row_elements(layout, nhwc[2], nhwc[3]);
  if (layout.order == FrameLayout::planar) return {nhwc[0], nhwc[3], nhwc[1], row};
  return row == nhwc[2] * nhwc[3] ? nhwc : Shape{nhwc[0], nhwc[1], row};
}

[[nodiscard]] constexpr std::string_view to_string(FrameLayout layout) {
  return layout == FrameLayout::planar ? "planar" : "interleaved";
}

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

/// Elements from one pixel, row and channel to the next.
struct Steps {
  std::size_t pixel = 0, row = 0, channel = 0;
};
[[nodiscard]] constexpr Steps steps_of(FrameLayout layout, std::size_t row, std::size_t height,
                                       std::size_t channels) {
  return layout == FrameLayout::planar ? Steps{1, row, height * row} : Steps{channels, row, 1};
}

/// Visits an image [height, width, channels] in NHWC order with its positions in two layouts.
template <class Visit>
constexpr void for_each_pixel(const Shape& nhwc, const Steps& from, const Steps& to, Visit visit) {
  const auto height = static_cast<std::size_t>(nhwc[1]), width = static_cast<std::size_t>(nhwc[2]);
  const auto channels = static_cast<std::size_t>(nhwc[3]);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) {
        visit(y * from.row + x * from.pixel + c * from.channel, y * to.row + x * to.pixel + c * to.channel);
      }
    }
  }
}

/// The steps of an NHWC image in a target's layout.
[[nodiscard]] constexpr Steps steps_in(const InputLayout& layout, const Shape& nhwc) {
  return steps_of(layout.order, static_cast<std::size_t>(row_elements(layout, nhwc[2], nhwc[3])),
                  static_cast<std::size_t>(nhwc[1]), static_cast<std::size_t>(nhwc[3]));
}

}  // namespace detail

/// Fills an image of shape `nhwc` (batch 1), lying at `input` in a target's layout, from a frame of the same height and
/// width. Each byte becomes the stored form of its real number, exactly as the policy quantizes it. On an error the
/// input is untouched; padding behind rows is never touched.
template <class Policy>
Result<void> load(const Frame& frame, const Shape& nhwc, const InputLayout& layout,
                  const typename Policy::Parameters& parameters, PixelRange range, typename Policy::Storage* input) {
  if (std::string problem = detail::frame_problem(frame, nhwc); !problem.empty()) return Error{std::move(problem)};
  std::array<typename Policy::Storage, 256> stored{};
  for (std::size_t byte = 0; byte < stored.size(); ++byte) {
    stored[byte] = Policy::quantize(range.real(static_cast<std::uint8_t>(byte)), parameters);
  }
  const auto row = static_cast<std::size_t>(frame.row_stride ? frame.row_stride
                                                             : row_elements({frame.layout, 1}, nhwc[2], nhwc[3]));
  const detail::Steps from =
      detail::steps_of(frame.layout, row, static_cast<std::size_t>(nhwc[1]), static_cast<std::size_t>(nhwc[3]));
  detail::for_each_pixel(nhwc, from, detail::steps_in(layout, nhwc), [&](std::size_t source, std::size_t target) {
    input[target] = stored[frame.pixels[source]];
  });
  return {};
}

/// The same for a dense NHWC view.
///
///     dlpu::load({.pixels = bytes, .height = 96, .width = 96}, input.view(), {-1.0f, 1.0f});
template <class Storage, class Extents, class Policy>
Result<void> load(const Frame& frame, TensorView<Storage, Extents, Policy> input, PixelRange range) {
  static_assert(Extents::rank == 4, "load: the input must have four dimensions, NHWC");
  return load<Policy>(frame, input.extents().shape(), {}, input.parameters(), range, input.data());
}

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Sliding windows over NHWC images: padding, output sizes, and the geometry that convolution and pooling
/// kernels share.

#include <cstdint>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {

/// How a window may stick out of the image. `same` and `valid` are TensorFlow's.
struct Padding {
  enum class Kind : std::int32_t { same, valid, explicit_sides };

  Kind kind = Kind::same;
  std::int32_t top = 0, bottom = 0, left = 0, right = 0;  ///< rows and columns; explicit padding only

  static const Padding same, valid;
  [[nodiscard]] static constexpr Padding sides(int top, int bottom, int left, int right) {
    return {Kind::explicit_sides, top, bottom, left, right};
  }
  friend constexpr bool operator==(const Padding&, const Padding&) = default;
};
inline constexpr Padding Padding::same{Kind::same};
inline constexpr Padding Padding::valid{Kind::valid};

/// A window sliding along one axis: how many places it takes, and how far the first one sticks out.
struct WindowAxis {
  std::int32_t output = 0, pad_before = 0;
};

/// `kernel` taps, `dilation` apart, moved by `stride` over `input` elements. The output is below 1 where the
/// window does not fit. TensorFlow's rules: SAME gives ceil(input / stride) places and puts the odd padding
/// element behind; VALID only places that lie inside.
[[nodiscard]] constexpr WindowAxis slide(std::int32_t input, std::int32_t kernel, std::int32_t stride,
                                         std::int32_t dilation, Padding::Kind kind, std::int32_t before,
                                         std::int32_t after) {
  const std::int64_t reach = std::int64_t{kernel - 1} * dilation + 1;
  if (kind == Padding::Kind::same) {
    const std::int32_t output = (input + stride - 1) / stride;
    const std::int64_t total = std::int64_t{output - 1} * stride + reach - input;
    return {output, static_cast<std::int32_t>(total > 0 ? total / 2 : 0)};
  }
  if (kind == Padding::Kind::valid) before = after = 0;
  const std::int64_t room = std::int64_t{input} + before + after - reach;
  return {room < 0 ? 0 : static_cast<std::int32_t>(room / stride + 1), before};
}

/// Everything that a window kernel must know about sizes. Images are NHWC, row-major and dense.
struct WindowGeometry {
  std::int32_t batch = 1;
  std::int32_t input_height = 0, input_width = 0, input_channels = 0;
  std::int32_t output_height = 0, output_width = 0, output_channels = 0;
  Size2D kernel = 1, stride = 1, dilation = 1;
  std::int32_t pad_top = 0, pad_left = 0;

  friend constexpr bool operator==(const WindowGeometry&, const WindowGeometry&) = default;

  [[nodiscard]] constexpr std::size_t input_elements() const {
    return static_cast<std::size_t>(batch) * static_cast<std::size_t>(input_height) *
           static_cast<std::size_t>(input_width) * static_cast<std::size_t>(input_channels);
  }
  [[nodiscard]] constexpr std::size_t output_places() const {
    return static_cast<std::size_t>(batch) * static_cast<std::size_t>(output_height) *
           static_cast<std::size_t>(output_width);
  }
  [[nodiscard]] constexpr std::size_t output_elements() const {
    return output_places() * static_cast<std::size_t>(output_channels);
  }
  [[nodiscard]] constexpr std::size_t taps() const {
    return static_cast<std::size_t>(kernel.height) * static_cast<std::size_t>(kernel.width);
  }
  /// Nine neighbouring places, for which depthwise layers have kernels that slide along rows.
  [[nodiscard]] constexpr bool is_3x3() const { return kernel == Size2D(3) && dilation == Size2D(1); }
  /// Every output position reads exactly the one input position with its own coordinates.
  [[nodiscard]] constexpr bool pointwise() const {
    return kernel == Size2D(1) && stride == Size2D(1) && pad_top == 0 && pad_left == 0 &&
           input_height == output_height && input_width == output_width;
  }
};

/// The geometry of a window over an NHWC image with `output_channels` results per place.
[[nodiscard]] constexpr WindowGeometry window_geometry(const Shape& input, std::int32_t output_channels,
                                                       Size2D kernel, Size2D stride, Size2D dilation,
                                                       const Padding& padding) {
  const WindowAxis rows =
      slide(input[1], kernel.height, stride.height, dilation.height, padding.kind, padding.top, padding.bottom);
  const WindowAxis columns =
      slide(input[2], kernel.width, stride.width, dilation.width, padding.kind, padding.left, padding.right);
  return {input[0],        input[1], input[2], input[3], rows.output,     columns.output,
          output_channels, kernel,   stride,   dilation, rows.pad_before, columns.pad_before};
}

}  // namespace dlpu::inline DLPU_ABI

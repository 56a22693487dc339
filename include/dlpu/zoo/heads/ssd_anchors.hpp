#pragma once

/// The anchors of SSD (Liu et al., 2015, https://arxiv.org/abs/1512.02325) as TensorFlow Object Detection places them
/// (research/object_detection/anchor_generators/multiple_grid_anchor_generator.py, `create_ssd_anchors`).

#include <array>
#include <cstdint>

#include "dlpu/core/math.hpp"
#include "dlpu/graph/graph.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// Where a detector looks: `levels` square feature maps, each half as large as the one before (rounded up).
struct SsdAnchors {
  std::int32_t side = 0;                   ///< of the first map
  std::int32_t levels = 6;                 ///< at least 1
  float smallest = 0.2f, largest = 0.95f;  ///< sides of square anchors on the first and last level, of the image's

  /// Anchors of one pixel: three on the first level (a small square, and two of areas twice as far), then six.
  [[nodiscard]] static constexpr std::int32_t per_pixel(std::int32_t level) { return level == 0 ? 3 : 6; }
  [[nodiscard]] static constexpr std::int32_t next_side(std::int32_t side) { return (side + 1) / 2; }

  [[nodiscard]] constexpr std::int32_t count() const {
    std::int32_t count = 0;
    for (std::int32_t level = 0, s = side; level < levels; ++level, s = next_side(s))
      count += s * s * per_pixel(level);
    return count;
  }
  /// The side of square anchors on a level; 1 behind the last.
  [[nodiscard]] constexpr float scale(std::int32_t level) const {
    if (level >= levels) return 1.0f;
    if (levels == 1) return smallest;
    return smallest + (largest - smallest) * static_cast<float>(level) / static_cast<float>(levels - 1);
  }
};

namespace detail {

struct AnchorSize {
  float height, width;
};
[[nodiscard]] inline AnchorSize anchor_size(float scale, float aspect_ratio) {
  const float root = math::sqrt(aspect_ratio);
  return {scale / root, scale * root};
}

/// The size of the `index`-th anchor of a pixel.
[[nodiscard]] inline AnchorSize anchor_size(const SsdAnchors& anchors, std::int32_t level, std::int32_t index) {
  const float scale = anchors.scale(level);
  if (level == 0) {
    if (index == 0) return {0.1f, 0.1f};
    return anchor_size(scale, index == 1 ? 2.0f : 0.5f);
  }
  constexpr std::array<float, 5> aspect_ratios{1.0f, 2.0f, 0.5f, 3.0f, 0.3333f};
  if (index < 5) return anchor_size(scale, aspect_ratios[static_cast<std::size_t>(index)]);
  const float between = math::sqrt(scale * anchors.scale(level + 1));
  return {between, between};
}

/// One of y, x, height, width of an anchor, relative to the image.
[[nodiscard]] inline float anchor_number(const SsdAnchors& anchors, std::int64_t index) {
  std::int64_t anchor = index / 4;
  std::int32_t level = 0, side = anchors.side;
  for (; level + 1 < anchors.levels; ++level, side = SsdAnchors::next_side(side)) {
    const std::int64_t here = std::int64_t{side} * side * SsdAnchors::per_pixel(level);
    if (anchor < here) break;
    anchor -= here;
  }
  const std::int32_t per_pixel = SsdAnchors::per_pixel(level);
  const std::int64_t pixel = anchor / per_pixel;
  const auto centre = [&](std::int64_t place) {
    return (static_cast<float>(place) + 0.5f) / static_cast<float>(side);
  };
  const AnchorSize size = anchor_size(anchors, level, static_cast<std::int32_t>(anchor % per_pixel));
  switch (index % 4) {
    case 0:
      return centre(pixel / side);
    case 1:
      return centre(pixel % side);
    case 2:
      return size.height;
    default:
      return size.width;
  }
}

}  // namespace detail

/// The anchors as the formula of a constant [count, 4].
[[nodiscard]] constexpr Formula formula(const SsdAnchors& anchors) {
  return {[](const Formula& formula, const Shape&, std::int64_t index) {
            const auto& p = formula.parameters;
            return detail::anchor_number(
                {static_cast<std::int32_t>(p[0]), static_cast<std::int32_t>(p[1]), p[2], p[3]}, index);
          },
          {static_cast<float>(anchors.side), static_cast<float>(anchors.levels), anchors.smallest, anchors.largest}};
}

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

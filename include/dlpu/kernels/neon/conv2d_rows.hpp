#pragma once

/// Inputs under neighbouring windows as dense rows of signed bytes: what the products of Conv2D read.

#include <algorithm>
#include <cstring>

#include "dlpu/core/fixed_point.hpp"
#include "dlpu/kernels/neon/vectors.hpp"
#include "dlpu/kernels/portable/patch.hpp"
#include "dlpu/kernels/portable/simd.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels::neon {

/// Rows have [kernel_height, kernel_width, input_channels] bytes and are padded to a multiple of 4. What the padding
/// holds does not matter: its weights are zero. Places outside the image hold the input's zero point.
template <class Storage>
class Rows {
 public:
  [[nodiscard]] static constexpr std::size_t depth(const WindowGeometry& g) {
    return g.taps() * static_cast<std::size_t>(g.input_channels);
  }
  [[nodiscard]] static constexpr std::size_t stride(const WindowGeometry& g) {
    return portable::round_up(depth(g), 4);
  }
  [[nodiscard]] static constexpr std::size_t places(const WindowGeometry& g) {
    return g.output_elements() / static_cast<std::size_t>(g.output_channels);
  }
  /// The rows lie in the input as they must be.
  [[nodiscard]] static constexpr bool direct(const WindowGeometry& g) {
    return std::is_signed_v<Storage> && g.pointwise() && depth(g) == stride(g);
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const WindowGeometry& g, std::size_t block) {
    return direct(g) ? 0 : std::min(places(g), block) * stride(g);
  }

  Rows(const WindowGeometry& g, const Storage* input, std::int32_t zero_point, std::byte* scratch)
      : geometry_(g),
        input_(input),
        zero_point_(static_cast<std::int8_t>(zero_point + signed_offset<Storage>)),
        scratch_(reinterpret_cast<std::int8_t*>(scratch)) {}

  /// The rows of `count` places from `first` on, valid until the next call.
  [[nodiscard]] const std::int8_t* at(std::size_t first, std::size_t count) {
    const std::size_t row_depth = depth(geometry_), row_stride = stride(geometry_);
    if (geometry_.pointwise()) {
      const Storage* rows = input_ + first * row_depth;
      if (direct(geometry_)) return reinterpret_cast<const std::int8_t*>(rows);
      for (std::size_t r = 0; r < count; ++r) copy(rows + r * row_depth, row_depth, scratch_ + r * row_stride);
      return scratch_;
    }
    portable::WindowOrigin origin = portable::window_origin(geometry_, first);
    for (std::size_t r = 0; r < count; ++r) {
      portable::gather_window(geometry_, input_, origin, scratch_ + r * row_stride, copy, zero_point_);
      portable::advance(geometry_, origin);
    }
    return scratch_;
  }

  /// The sum of a row, which a zero point of the filter is multiplied with.
  [[nodiscard]] DLPU_TARGET_NEON std::int32_t sum(const std::int8_t* row) const {
    std::size_t k = 0, count = depth(geometry_);
    int32x4_t sums = vdupq_n_s32(0);
    for (; k + 16 <= count; k += 16) sums = vpadalq_s16(sums, vpaddlq_s8(vld1q_s8(row + k)));
    std::int32_t numbers[lanes];
    vst1q_s32(numbers, sums);
    std::int32_t sum = wrapping_add(wrapping_add(numbers[0], numbers[1]), wrapping_add(numbers[2], numbers[3]));
    for (; k < count; ++k) sum = wrapping_add(sum, row[k]);
    return sum;
  }

 private:
  DLPU_TARGET_NEON static void copy(const Storage* from, std::size_t count, std::int8_t* to) {
    if constexpr (std::is_signed_v<Storage>) {
      std::memcpy(to, from, count);
    } else {
      std::size_t i = 0;
      for (; i + 16 <= count; i += 16) vst1q_s8(to + i, load_signed(from + i));
      for (; i < count; ++i) to[i] = static_cast<std::int8_t>(from[i] + signed_offset<Storage>);
    }
  }

  const WindowGeometry& geometry_;
  const Storage* input_;
  std::int8_t zero_point_;
  std::int8_t* scratch_;
};

}  // namespace kernels::neon
}  // namespace dlpu::inline DLPU_ABI

#endif

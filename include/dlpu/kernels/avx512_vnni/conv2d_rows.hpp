#pragma once

/// Inputs under neighbouring windows as dense rows of unsigned bytes: what the products of Conv2D read.

#include <algorithm>

#include "dlpu/kernels/avx512_vnni/vectors.hpp"
#include "dlpu/kernels/portable/patch.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// Places of the output that are computed at once. 7 rows x 3 vectors of accumulators and their operands fit the 32
/// registers, and 7 divides the image sizes that halvings of 224 give.
inline constexpr std::size_t block_rows = 7;

/// Rows have [kernel_height, kernel_width, input_channels] bytes and are padded to a multiple of 4, which is how many
/// products `vpdpbusd` adds up. What the padding holds does not matter: its weights are zero. Places outside the image
/// hold the input's zero point.
template <class Storage>
class Rows {
 public:
  [[nodiscard]] static constexpr std::size_t depth(const WindowGeometry& g) {
    return g.taps() * static_cast<std::size_t>(g.input_channels);
  }
  [[nodiscard]] static constexpr std::size_t stride(const WindowGeometry& g) { return round_up(depth(g), 4); }
  [[nodiscard]] static constexpr std::size_t places(const WindowGeometry& g) {
    return g.output_elements() / static_cast<std::size_t>(g.output_channels);
  }
  /// The rows lie in the input as they must be.
  [[nodiscard]] static constexpr bool direct(const WindowGeometry& g) {
    return std::is_unsigned_v<Storage> && g.pointwise() && depth(g) == stride(g);
  }
  /// Copies go in whole vectors, so that a row's end may write 64 bytes into the next one, which is written later.
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    if (direct(g)) return 0;
    const std::size_t rows = places(g) < block_rows ? places(g) : block_rows;
    return rows * stride(g) + 64;
  }

  Rows(const WindowGeometry& g, const Storage* input, std::int32_t zero_point, std::byte* scratch)
      : geometry_(g),
        input_(input),
        zero_point_(static_cast<std::uint8_t>(zero_point + unsigned_offset<Storage>)),
        scratch_(reinterpret_cast<std::uint8_t*>(scratch)),
        run_bytes_(static_cast<std::size_t>(g.kernel.width) * static_cast<std::size_t>(g.input_channels)) {}

  /// The rows of `count` places from `first` on, valid until the next call.
  [[nodiscard]] DLPU_TARGET_AVX512_VNNI const std::uint8_t* at(std::size_t first, std::size_t count) {
    const std::size_t row_depth = depth(geometry_), row_stride = stride(geometry_);
    if (geometry_.pointwise()) {
      const Storage* rows = input_ + first * row_depth;
      if (direct(geometry_)) return reinterpret_cast<const std::uint8_t*>(rows);
      if (row_depth == row_stride) {
        copy(rows, count * row_depth, scratch_);
      } else {
        for (std::size_t r = 0; r < count; ++r) copy(rows + r * row_depth, row_depth, scratch_ + r * row_stride);
      }
      return scratch_;
    }
    portable::WindowOrigin origin = portable::window_origin(geometry_, first);
    for (std::size_t r = 0; r < count; ++r) {
      gather(origin, scratch_ + r * row_stride);
      advance(origin);
    }
    return scratch_;
  }

 private:
  /// To the next place of the output.
  void advance(portable::WindowOrigin& origin) const {
    const WindowGeometry& g = geometry_;
    origin.x += g.stride.width;
    if (origin.x < g.output_width * g.stride.width - g.pad_left) return;
    origin.x = -g.pad_left;
    origin.y += g.stride.height;
    if (origin.y < g.output_height * g.stride.height - g.pad_top) return;
    origin.y = -g.pad_top;
    ++origin.batch;
  }

  DLPU_INLINE_AVX512_VNNI static void copy(const Storage* from, std::size_t count, std::uint8_t* to) {
    for (; count >= 64; count -= 64, from += 64, to += 64) {
      _mm512_storeu_si512(to, to_unsigned<Storage>(_mm512_loadu_si512(from)));
    }
    if (count > 0) _mm512_storeu_si512(to, to_unsigned<Storage>(load_bytes(from, count)));
  }
  DLPU_INLINE_AVX512_VNNI void fill(std::size_t count, std::uint8_t* to) const {
    const __m512i outside = _mm512_set1_epi8(static_cast<char>(zero_point_));
    for (std::size_t i = 0; i < count; i += 64) _mm512_storeu_si512(to + i, outside);
  }

  DLPU_INLINE_AVX512_VNNI void gather(portable::WindowOrigin origin, std::uint8_t* row) const {
    const WindowGeometry& g = geometry_;
    const auto channels = static_cast<std::size_t>(g.input_channels);
    const std::size_t row_bytes = run_bytes_;
    if (g.dilation == Size2D(1) && origin.x >= 0 && origin.x + g.kernel.width <= g.input_width && origin.y >= 0 &&
        origin.y + g.kernel.height <= g.input_height) {
      return gather_inside(portable::input_place(g, input_, origin.batch, origin.y, origin.x), row);
    }
    for (std::int32_t ky = 0; ky < g.kernel.height; ++ky, row += row_bytes) {
      const std::int32_t y = origin.y + ky * g.dilation.height;
      if (y < 0 || y >= g.input_height) {
        fill(row_bytes, row);
      } else if (g.dilation.width == 1) {  // one run of neighbours, cut off at the borders
        const std::int32_t begin = std::clamp(-origin.x, 0, g.kernel.width);
        const std::int32_t end = std::clamp(g.input_width - origin.x, begin, g.kernel.width);
        const std::size_t before = static_cast<std::size_t>(begin) * channels;
        const std::size_t inside = static_cast<std::size_t>(end - begin) * channels;
        if (before > 0) fill(before, row);
        if (inside > 0)
          copy(portable::input_place(g, input_, origin.batch, y, origin.x + begin), inside, row + before);
        if (before + inside < row_bytes) fill(row_bytes - before - inside, row + before + inside);
      } else {
        for (std::int32_t kx = 0; kx < g.kernel.width; ++kx) {
          const std::int32_t x = origin.x + kx * g.dilation.width;
          std::uint8_t* to = row + static_cast<std::size_t>(kx) * channels;
          if (x < 0 || x >= g.input_width) {
            fill(channels, to);
          } else {
            copy(portable::input_place(g, input_, origin.batch, y, x), channels, to);
          }
        }
      }
    }
  }

  /// A window all of which lies in the image: as many runs of neighbours as the kernel has rows.
  DLPU_INLINE_AVX512_VNNI void gather_inside(const Storage* from, std::uint8_t* row) const {
    const std::size_t pitch =
        static_cast<std::size_t>(geometry_.input_width) * static_cast<std::size_t>(geometry_.input_channels);
    const std::size_t rest = run_bytes_ % 64;
    const __mmask64 mask = (__mmask64{1} << rest) - 1;
    for (std::int32_t ky = 0; ky < geometry_.kernel.height; ++ky, from += pitch) {
      const Storage* run = from;
      for (std::size_t i = 0; i + 64 <= run_bytes_; i += 64, run += 64, row += 64) {
        _mm512_storeu_si512(row, to_unsigned<Storage>(_mm512_loadu_si512(run)));
      }
      if (rest > 0) _mm512_storeu_si512(row, to_unsigned<Storage>(_mm512_maskz_loadu_epi8(mask, run)));
      row += rest;
    }
  }

  const WindowGeometry& geometry_;
  const Storage* input_;
  std::uint8_t zero_point_;
  std::uint8_t* scratch_;
  std::size_t run_bytes_;  ///< of one row of the kernel
};

/// The sum of `count` unsigned bytes.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline std::int32_t sum_bytes(const std::uint8_t* from, std::size_t count) {
  __m512i sums = _mm512_setzero_si512();
  const __m512i ones = _mm512_set1_epi8(1);
  std::size_t i = 0;
  for (; i + 64 <= count; i += 64) sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(from + i), ones);
  if (i < count) sums = _mm512_dpbusd_epi32(sums, load_bytes(from + i, count - i), ones);
  return _mm512_reduce_add_epi32(sums);
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

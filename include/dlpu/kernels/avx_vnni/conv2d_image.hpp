#pragma once

/// What the products of Conv2D by `vpdpbusd` read, with 256 bits or 512: places of the input as unsigned bytes, with what lies outside the image.
///
/// The window of one place is a few runs of neighbouring bytes, one for each row of the kernel (or for each tap, where
/// columns are dilated). Padded copies of the image rows under the windows are kept in a ring, each made once, so that
/// windows overlap in memory as they do in the image.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/avx2/vectors.hpp"
#include "dlpu/kernels/avx_vnni/signs.hpp"
#include "dlpu/kernels/window.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx_vnni {

/// Copies bytes and flips bits of each. The last vector begins early: some bytes are copied twice.
DLPU_TARGET_AVX2 inline void copy_flipped(const std::uint8_t* from, std::size_t count, std::uint8_t flip,
                                          std::uint8_t* to) {
  constexpr std::size_t width = 32;
  const __m256i flips = _mm256_set1_epi8(static_cast<char>(flip));
  const auto copy = [&](std::size_t i)
                        DLPU_INLINE_AVX2 { avx2::store(to + i, _mm256_xor_si256(avx2::load(from + i), flips)); };
  if (count < width) {
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<std::uint8_t>(from[i] ^ flip);
    return;
  }
  for (std::size_t i = 0; i + width <= count; i += width) copy(i);
  copy(count - width);
}

/// How a window's bytes lie: `count` runs of `bytes` each. `vpdpbusd` takes four at a time, so that weights are packed
/// with each run padded to `stride`; what the input has there does not matter, as those weights are zero.
struct Runs {
  std::size_t count, bytes, stride;

  constexpr explicit Runs(const WindowGeometry& g)
      : count(static_cast<std::size_t>(dense(g) ? g.kernel.height : g.kernel.height * g.kernel.width)),
        bytes(static_cast<std::size_t>(g.input_channels) * static_cast<std::size_t>(dense(g) ? g.kernel.width : 1)),
        stride(round_up(bytes, 4)) {}

  /// Of all weights of one output channel.
  [[nodiscard]] constexpr std::size_t depth() const { return count * stride; }

 private:
  static constexpr bool dense(const WindowGeometry& g) { return g.dilation.width == 1; }
};

/// Places side by side whose windows lie at equal distances.
struct Places {
  const std::uint8_t* const* runs;  ///< the first place's
  std::size_t step;                 ///< from one place to the next, in bytes
};

class Image {
 public:
  /// Rows of a pointwise convolution need no more structure than a list of places, taken so many at a time.
  static constexpr std::size_t pointwise_bytes = 7680;

  /// The places that are handed out at once: rows of the output, or parts of the whole image where it is pointwise, about
  /// a multiple of `multiple`.
  [[nodiscard]] static constexpr std::size_t row_places(const WindowGeometry& g, Signs signs, std::size_t multiple) {
    const std::size_t places = output_places(g);
    if (!g.pointwise()) return static_cast<std::size_t>(g.output_width);
    if (direct(g, signs)) return places;
    const std::size_t most = std::max(pointwise_bytes / channels(g) / multiple * multiple, multiple);
    const std::size_t parts = (places + most - 1) / most;
    return (places + parts - 1) / parts;
  }
  [[nodiscard]] static constexpr std::size_t output_places(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.batch) * static_cast<std::size_t>(g.output_height) *
           static_cast<std::size_t>(g.output_width);
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const WindowGeometry& g, Signs signs,
                                                           std::size_t multiple) {
    if (direct(g, signs)) return 0;
    const std::size_t places = row_places(g, signs, multiple);
    return pointer_bytes(g) + (g.pointwise() ? padded(places * channels(g)) : ring_rows(g) * ring_row_bytes(g));
  }

  /// `zero_point` stands for places outside the image.
  Image(const WindowGeometry& g, Signs signs, const std::uint8_t* input, std::int32_t zero_point, std::byte* scratch)
      : geometry_(g),
        signs_(signs),
        input_(input),
        outside_(static_cast<std::uint8_t>(zero_point + signs.input_offset())) {
    if (direct(g, signs)) return;
    pointers_ = reinterpret_cast<const std::uint8_t**>(scratch);
    ring_ = reinterpret_cast<std::uint8_t*>(scratch + pointer_bytes(g));
  }

  /// `count` places from `first` on, counted through the whole output; they lie in one row where the convolution is not
  /// pointwise. Valid until the next call.
  [[nodiscard]] Places at(std::size_t first, std::size_t count) {
    if (geometry_.pointwise()) return pointwise_at(first, count);
    const auto width = static_cast<std::size_t>(geometry_.output_width);
    const auto row = static_cast<std::int32_t>(first / width);
    const std::int32_t batch = row / geometry_.output_height, y = row % geometry_.output_height;
    const std::size_t step = static_cast<std::size_t>(geometry_.stride.width) * channels(geometry_);
    if (batch != batch_) made_end_ = top(0);
    batch_ = batch;
    for (std::int32_t ky = 0; ky < geometry_.kernel.height; ++ky) {
      const std::int32_t image_row = top(y) + ky * geometry_.dilation.height;
      for (made_end_ = std::max(made_end_, top(y)); made_end_ <= image_row; ++made_end_) {
        make_row(batch, made_end_, ring_row(made_end_));
      }
      const std::uint8_t* const places = ring_row(image_row) + first % width * step;
      if (geometry_.dilation.width == 1) {
        pointers_[ky] = places;
        continue;
      }
      for (std::int32_t kx = 0; kx < geometry_.kernel.width; ++kx) {
        pointers_[ky * geometry_.kernel.width + kx] =
            places + static_cast<std::size_t>(kx * geometry_.dilation.width) * channels(geometry_);
      }
    }
    return {pointers_, step};
  }

 private:
  [[nodiscard]] static constexpr std::size_t channels(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.input_channels);
  }
  /// The input lies as it must: unsigned, and no window reads beyond its place.
  [[nodiscard]] static constexpr bool direct(const WindowGeometry& g, Signs signs) {
    return !signs.is_signed && g.pointwise() && channels(g) % 4 == 0;
  }
  [[nodiscard]] static constexpr std::int32_t window_rows(const WindowGeometry& g) {
    return (g.kernel.height - 1) * g.dilation.height + 1;
  }
  [[nodiscard]] static constexpr std::size_t ring_rows(const WindowGeometry& g) {
    return static_cast<std::size_t>(window_rows(g));
  }
  /// Columns that windows of a row reach.
  [[nodiscard]] static constexpr std::int32_t row_columns(const WindowGeometry& g) {
    return (g.output_width - 1) * g.stride.width + (g.kernel.width - 1) * g.dilation.width + 1;
  }
  /// With room for what windows read behind their last byte.
  [[nodiscard]] static constexpr std::size_t padded(std::size_t bytes) { return round_up(bytes + 4, 64); }
  [[nodiscard]] static constexpr std::size_t ring_row_bytes(const WindowGeometry& g) {
    return padded(static_cast<std::size_t>(row_columns(g)) * channels(g));
  }
  [[nodiscard]] static constexpr std::size_t pointer_bytes(const WindowGeometry& g) {
    return round_up(Runs(g).count * sizeof(const std::uint8_t*), 64);
  }

  /// The image row above the windows of an output row.
  [[nodiscard]] std::int32_t top(std::int32_t y) const { return y * geometry_.stride.height - geometry_.pad_top; }
  [[nodiscard]] std::uint8_t* ring_row(std::int32_t image_row) const {
    const std::int32_t size = window_rows(geometry_);
    const auto index = static_cast<std::size_t>((image_row - top(0)) % size);
    return ring_ + index * ring_row_bytes(geometry_);
  }

  void make_row(std::int32_t batch, std::int32_t y, std::uint8_t* to) const {
    const WindowGeometry& g = geometry_;
    const std::int32_t columns = row_columns(g);
    const bool inside = y >= 0 && y < g.input_height;
    const std::int32_t begin = inside ? std::clamp(g.pad_left, 0, columns) : columns;
    const std::int32_t end = inside ? std::clamp(g.input_width + g.pad_left, begin, columns) : columns;
    const auto bytes = [&](std::int32_t places) { return static_cast<std::size_t>(places) * channels(g); };
    std::memset(to, outside_, bytes(begin));
    if (end > begin) {
      const auto row =
          static_cast<std::size_t>(batch) * static_cast<std::size_t>(g.input_height) + static_cast<std::size_t>(y);
      const std::uint8_t* from = input_ + row * bytes(g.input_width) + bytes(begin - g.pad_left);
      copy_flipped(from, bytes(end - begin), signs_.input_flip(), to + bytes(begin));
    }
    std::memset(to + bytes(end), outside_, bytes(columns - end));
  }

  [[nodiscard]] Places pointwise_at(std::size_t first, std::size_t count) {
    const std::uint8_t* const places = input_ + first * channels(geometry_);
    if (direct(geometry_, signs_)) {
      direct_ = places;
      return {&direct_, channels(geometry_)};
    }
    copy_flipped(places, count * channels(geometry_), signs_.input_flip(), ring_);
    pointers_[0] = ring_;
    return {pointers_, channels(geometry_)};
  }

  const WindowGeometry& geometry_;
  Signs signs_;
  const std::uint8_t* input_;
  std::uint8_t outside_;  // the input's zero point
  std::uint8_t* ring_ = nullptr;
  const std::uint8_t** pointers_ = nullptr;
  const std::uint8_t* direct_ = nullptr;
  std::int32_t batch_ = -1, made_end_ = 0;  // the ring has the rows before `made_end_` that windows still need
};

}  // namespace kernels::avx_vnni
}  // namespace dlpu::inline DLPU_ABI

#endif

#pragma once

/// The windows of a convolution as few runs of neighbouring numbers, without gathering each window by itself.
///
/// The window of one place is one run for each row of the kernel (or for each tap, where columns are dilated). Padded copies
/// of the image rows under the windows are kept in a ring, each made once, so that windows overlap in memory as they do in
/// the image. A pointwise convolution reads the input itself, where it lies as the products need it.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dlpu/kernels/portable/simd.hpp"
#include "dlpu/kernels/window.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// How a window's numbers lie: `count` runs of `elements` each. Weights are packed with each run padded to `stride`, a
/// multiple of what one product takes; what the input has there does not matter, as those weights are zero.
struct WindowRuns {
  std::size_t count, elements, stride;

  constexpr WindowRuns(const WindowGeometry& g, std::size_t multiple)
      : count(static_cast<std::size_t>(dense(g) ? g.kernel.height : g.kernel.height * g.kernel.width)),
        elements(static_cast<std::size_t>(g.input_channels) *
                 static_cast<std::size_t>(dense(g) ? g.kernel.width : 1)),
        stride(round_up(elements, multiple)) {}

  /// Of all weights of one output channel.
  [[nodiscard]] constexpr std::size_t depth() const { return count * stride; }

 private:
  static constexpr bool dense(const WindowGeometry& g) { return g.dilation.width == 1; }
};

/// Places side by side whose windows lie at equal distances.
template <class Element>
struct WindowPlaces {
  const Element* const* runs;  ///< the first place's
  std::size_t step;            ///< from one place to the next, in elements
};

/// `Source` says what products read:
///
///     using Element = ...;
///     static constexpr std::size_t multiple;                 // of elements that one product takes
///     Element outside;                                       // stands for places outside the image
///     bool as_stored() const;                                // stored numbers need no conversion
///     void copy(const Element* from, std::size_t count, Element* to) const;  // and converts
template <class Source>
class WindowImage {
 public:
  using Element = typename Source::Element;
  using Places = WindowPlaces<Element>;

  /// Rows of a pointwise convolution need no more structure than a list of places, taken so many at a time.
  static constexpr std::size_t pointwise_elements = 7680;

  /// The places that are handed out at once: rows of the output, or parts of the whole image where it is pointwise, all but
  /// the last a multiple of `multiple`.
  [[nodiscard]] static constexpr std::size_t row_places(const WindowGeometry& g, const Source& source,
                                                        std::size_t multiple) {
    const std::size_t places = g.output_places();
    if (!g.pointwise()) return static_cast<std::size_t>(g.output_width);
    if (direct(g, source)) return places;
    const std::size_t most = std::max(pointwise_elements / channels(g) / multiple * multiple, multiple);
    const std::size_t parts = (places + most - 1) / most;
    return std::min(round_up((places + parts - 1) / parts, multiple), places);
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const WindowGeometry& g, const Source& source,
                                                           std::size_t multiple) {
    if (direct(g, source)) return 0;
    const std::size_t places = row_places(g, source, multiple);
    const std::size_t elements = g.pointwise() ? padded(places * channels(g)) : ring_rows(g) * ring_row_elements(g);
    return pointer_bytes(g) + elements * sizeof(Element);
  }

  WindowImage(const WindowGeometry& g, const Source& source, const Element* input, std::byte* scratch)
      : geometry_(g), source_(source), input_(input) {
    if (direct(g, source)) return;
    pointers_ = reinterpret_cast<const Element**>(scratch);
    ring_ = reinterpret_cast<Element*>(scratch + pointer_bytes(g));
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
    const std::int32_t below = top(y) + window_rows(geometry_);
    for (made_end_ = std::max(made_end_, top(y)); made_end_ < below; ++made_end_)
      make_row(batch, made_end_, ring_ + slot(made_end_) * ring_row_elements(geometry_));
    std::size_t row_slot = slot(top(y));
    for (std::int32_t ky = 0; ky < geometry_.kernel.height; ++ky) {
      const Element* const places = ring_ + row_slot * ring_row_elements(geometry_) + first % width * step;
      row_slot += static_cast<std::size_t>(geometry_.dilation.height);
      if (row_slot >= ring_rows(geometry_)) row_slot -= ring_rows(geometry_);
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
  /// The input lies as it must, and no window reads beyond its place.
  [[nodiscard]] static constexpr bool direct(const WindowGeometry& g, const Source& source) {
    return source.as_stored() && g.pointwise() && channels(g) % Source::multiple == 0;
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
  /// With room for what windows read behind their last element; whole cache lines.
  [[nodiscard]] static constexpr std::size_t padded(std::size_t elements) {
    return round_up(elements + Source::multiple, 64 / sizeof(Element));
  }
  [[nodiscard]] static constexpr std::size_t ring_row_elements(const WindowGeometry& g) {
    return padded(static_cast<std::size_t>(row_columns(g)) * channels(g));
  }
  [[nodiscard]] static constexpr std::size_t pointer_bytes(const WindowGeometry& g) {
    return round_up(WindowRuns(g, Source::multiple).count * sizeof(const Element*), 64);
  }

  /// The image row above the windows of an output row.
  [[nodiscard]] std::int32_t top(std::int32_t y) const { return y * geometry_.stride.height - geometry_.pad_top; }
  /// Where in the ring an image row lies.
  [[nodiscard]] std::size_t slot(std::int32_t image_row) const {
    return static_cast<std::size_t>((image_row - top(0)) % window_rows(geometry_));
  }

  void make_row(std::int32_t batch, std::int32_t y, Element* to) const {
    const WindowGeometry& g = geometry_;
    const std::int32_t columns = row_columns(g);
    const bool inside = y >= 0 && y < g.input_height;
    const std::int32_t begin = inside ? std::clamp(g.pad_left, 0, columns) : columns;
    const std::int32_t end = inside ? std::clamp(g.input_width + g.pad_left, begin, columns) : columns;
    const auto elements = [&](std::int32_t places) { return static_cast<std::size_t>(places) * channels(g); };
    std::fill_n(to, elements(begin), source_.outside);
    if (end > begin) {
      const auto row =
          static_cast<std::size_t>(batch) * static_cast<std::size_t>(g.input_height) + static_cast<std::size_t>(y);
      source_.copy(input_ + row * elements(g.input_width) + elements(begin - g.pad_left), elements(end - begin),
                   to + elements(begin));
    }
    std::fill_n(to + elements(end), elements(columns - end), source_.outside);
  }

  [[nodiscard]] Places pointwise_at(std::size_t first, std::size_t count) {
    const Element* const places = input_ + first * channels(geometry_);
    if (direct(geometry_, source_)) {
      direct_ = places;
      return {&direct_, channels(geometry_)};
    }
    source_.copy(places, count * channels(geometry_), ring_);
    pointers_[0] = ring_;
    return {pointers_, channels(geometry_)};
  }

  const WindowGeometry& geometry_;
  Source source_;
  const Element* input_;
  Element* ring_ = nullptr;
  const Element** pointers_ = nullptr;
  const Element* direct_ = nullptr;
  std::int32_t batch_ = -1, made_end_ = 0;  // the ring has the rows before `made_end_` that windows still need
};

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

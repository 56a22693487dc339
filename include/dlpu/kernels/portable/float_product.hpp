#pragma once

/// Conv2D in float32 as places times groups of channels: all but the innermost loops, which a rung brings along.
///
/// Packed: panels of `lanes` channels (`float_panels.hpp`), here called groups.

#include <algorithm>

#include "dlpu/kernels/convolution.hpp"
#include "dlpu/kernels/portable/float_panels.hpp"
#include "dlpu/kernels/portable/window_image.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// Numbers as they are stored.
struct FloatSource {
  using Element = float;
  static constexpr std::size_t multiple = 1;
  static constexpr float outside = 0.0f;

  [[nodiscard]] static constexpr bool as_stored() { return true; }
  static void copy(const float* from, std::size_t count, float* to) { std::copy_n(from, count, to); }
};

/// Some places times the channels of one group or of two neighbours; a single place times those of more.
struct FloatPanel {
  WindowPlaces<float> places;
  std::size_t first, count;  ///< places
  std::size_t run_count, run_elements;
  const float* weights;        ///< of the first group
  std::size_t group_elements;  ///< from one group's weights to the next group's
  const float* bias;           ///< of all lanes
  Range<float> range;
  float* output;            ///< of the first place
  std::size_t output_step;  ///< from one place to the next
  std::size_t channels;     ///< that are stored
};

/// `Product` has `lanes`, the channels of a vector; `alone`, how many of them keep it busy with a single place; and
/// `multiply(panel)`.
template <class Product>
class FloatConv2d {
 public:
  using Arguments = ConvolutionArguments<float, void>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) { return float_panels_bytes(g, lanes); }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) { return Image::scratch_bytes(g, {}, 1); }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    pack_float_panels(g, arguments, lanes, packed);
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const float* input,
                  float* output, std::byte* scratch) {
    const auto* bias = reinterpret_cast<const float*>(packed);
    const float* filter = bias + float_panels_channels(g, lanes);
    const auto channels = static_cast<std::size_t>(g.output_channels);
    const WindowRuns window(g, FloatSource::multiple);
    Image image(g, {}, input, scratch);
    const std::size_t places = g.output_places(), row = Image::row_places(g, {}, 1);
    const std::size_t block =
        std::max(block_elements / window.depth() / block_multiple, std::size_t{1}) * block_multiple;
    for (std::size_t first = 0; first < places; first += row) {
      const auto windows = image.at(first, row);
      for (std::size_t place = 0; place < row; place += block) {
        for (std::size_t o = 0, width; o < channels; o += width) {
          width = places == 1 && channels - o >= Product::alone * lanes ? Product::alone * lanes : 2 * lanes;
          Product::multiply({windows, place, std::min(block, row - place), window.count, window.elements,
                             filter + o * window.depth(), lanes * window.depth(), bias + o, arguments.range,
                             output + (first + place) * channels + o, channels, std::min(channels - o, width)});
        }
      }
    }
  }

 private:
  using Image = WindowImage<FloatSource>;
  static constexpr std::size_t lanes = Product::lanes;
  /// Inputs that meet one panel of weights after another: they stay in the second-level cache meanwhile.
  static constexpr std::size_t block_elements = 32 * 1024;
  /// Of places; images of most networks are multiples of seven or of eight wide.
  static constexpr std::size_t block_multiple = 56;
};

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

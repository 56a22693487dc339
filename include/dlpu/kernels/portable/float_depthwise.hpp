#pragma once

/// DepthwiseConv2D in float32, some places times one vector of channels at once: all but the innermost loops,
/// which a rung brings along.
///
/// Packed: for each group of `lanes` channels the bias [lanes] and the weights [taps][lanes].

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/convolution.hpp"
#include "dlpu/kernels/reference/depthwise_conv2d_rung.hpp"
#include "dlpu/kernels/rows.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels::portable {

/// Some rows of the output, of one vector of channels.
struct FloatDepthwiseRows {
  const float* input;               ///< column 0 of the image row under the windows' row `first_row`
  std::int32_t first_row, end_row;  ///< of the rows under the windows of all output rows, those inside the image
  std::ptrdiff_t input_row, input_column;  ///< from one of these rows to the next, and from a column to the next
  std::int32_t input_width;                ///< columns
  std::int32_t first_column;               ///< under the first tap of the first place; negative: outside
  std::int32_t stride, dilation;           ///< columns from one place to the next, and from one tap to the next
  std::int32_t tap_rows, tap_columns;      ///< of the window
  const float* bias;
  const float* weights;
  Range<float> range;
  float* output;
  std::int32_t output_rows, output_width;  ///< rows and places in each
  std::ptrdiff_t output_row, output_step;  ///< from one row to the next, and from one place to the next
  std::size_t channels;                    ///< of the vector that exist

  /// To a vector that begins `step` channels later.
  void advance(std::size_t step, std::size_t packed_step) {
    input += step;
    output += step;
    bias += packed_step;
    weights += packed_step;
  }

  /// Whether all taps of `count` places from `place` on lie between the left and the right border.
  [[nodiscard]] bool inside(std::int32_t place, std::int32_t count) const {
    const std::int32_t first = first_column + place * stride;
    return first >= 0 && first + (count - 1) * stride + (tap_columns - 1) * dilation < input_width;
  }
};

/// `Product` has `lanes`, the channels of a vector; `takes_part`, whether fewer will do (else a last vector begins earlier
/// and does some channels twice); `most_rows(g)`, how many rows of the output it takes at once; and `run(rows)`. What it
/// does not take runs on the rung `Weaker`.
template <class Product, class Weaker>
class FloatDepthwiseConv2d {
 public:
  using Arguments = ConvolutionArguments<float, void>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return takes(g) ? groups(g) * group_elements(g) * sizeof(float) : Weaker::packed_bytes(g);
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return takes(g) ? 0 : Weaker::scratch_bytes(g);
  }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    if (!takes(g)) return Weaker::pack(g, arguments, packed);
    std::memset(packed, 0, packed_bytes(g));
    auto* to = reinterpret_cast<float*>(packed);
    for (std::size_t group = 0; group < groups(g); ++group, to += group_elements(g)) {
      const std::size_t first = first_channel(g, group), count = std::min(channels(g) - first, lanes);
      if (arguments.bias) std::copy_n(arguments.bias + first, count, to);
      for (std::size_t tap = 0; tap < g.taps(); ++tap)
        std::copy_n(arguments.filter + tap * channels(g) + first, count, to + (1 + tap) * lanes);
    }
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const float* input,
                  float* output, std::byte* scratch) {
    if (!takes(g)) return Weaker::run(g, arguments, packed, input, output, scratch);
    const auto* constants = reinterpret_cast<const float*>(packed);
    for (std::int32_t image = 0; image < g.batch; ++image) {
      for (std::int32_t y = 0, count; y < g.output_height; y += count) {
        count = std::min(Product::most_rows(g), g.output_height - y);
        FloatDepthwiseRows rows = all_channels(g, arguments.range, constants, {y, y + count}, input, output);
        for (std::size_t group = 0; group < groups(g); ++group) {
          const std::size_t first = first_channel(g, group);
          if (group > 0) rows.advance(first - first_channel(g, group - 1), group_elements(g));
          rows.channels = std::min(channels(g) - first, lanes);
          Product::run(rows);
        }
      }
      input += g.input_elements() / static_cast<std::size_t>(g.batch);
      output += g.output_elements() / static_cast<std::size_t>(g.batch);
    }
  }

 private:
  static constexpr std::size_t lanes = Product::lanes;

  static constexpr std::size_t channels(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels);
  }
  static constexpr bool takes(const WindowGeometry& g) {
    return g.input_channels == g.output_channels && (Product::takes_part || channels(g) >= lanes);
  }
  static constexpr std::size_t groups(const WindowGeometry& g) { return (channels(g) + lanes - 1) / lanes; }
  static constexpr std::size_t group_elements(const WindowGeometry& g) { return (1 + g.taps()) * lanes; }
  static constexpr std::size_t first_channel(const WindowGeometry& g, std::size_t group) {
    return Product::takes_part ? group * lanes : std::min(group * lanes, channels(g) - lanes);
  }

  /// `output_rows` is one row, or some where the window is not dilated.
  static FloatDepthwiseRows all_channels(const WindowGeometry& g, Range<float> range, const float* constants,
                                         Rows output_rows, const float* input, float* output) {
    const std::int32_t dilation = g.dilation.height, count = output_rows.count();
    const std::int32_t top = output_rows.first * g.stride.height - g.pad_top;
    const std::int32_t under = (count - 1) * g.stride.height + g.kernel.height;  // rows under the windows
    const std::int32_t first = std::min(top < 0 ? (-top + dilation - 1) / dilation : 0, under);
    const std::int32_t below = g.input_height - top;  // rows that taps may be in
    const std::int32_t end = std::clamp(below > 0 ? (below + dilation - 1) / dilation : 0, first, under);
    const std::ptrdiff_t column = g.input_channels, image_row = g.input_width * column;
    return {.input = input + (first < end ? top + first * dilation : 0) * image_row,
            .first_row = first,
            .end_row = end,
            .input_row = dilation * image_row,
            .input_column = column,
            .input_width = g.input_width,
            .first_column = -g.pad_left,
            .stride = g.stride.width,
            .dilation = g.dilation.width,
            .tap_rows = g.kernel.height,
            .tap_columns = g.kernel.width,
            .bias = constants,
            .weights = constants + lanes,
            .range = range,
            .output = output + std::ptrdiff_t{output_rows.first} * g.output_width * column,
            .output_rows = count,
            .output_width = g.output_width,
            .output_row = g.output_width * column,
            .output_step = column,
            .channels = channels(g)};
  }
};

}  // namespace kernels::portable
}  // namespace dlpu::inline DLPU_ABI

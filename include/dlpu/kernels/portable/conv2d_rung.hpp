#pragma once

/// Conv2D on the portable rung: windows gathered into rows, times panels of eight or more output channels.
///
/// Packed filter: the bias, padded to whole panels, then for each panel the weights of its channels, innermost.
/// Quantized weights stay 8 bits wide in memory, in pairs of neighbouring k (k counts taps, then input channels),
/// because one 16-bit multiply-add takes two products per output channel. 16-bit activations have 64-bit sums, into which
/// 32-bit ones go before they could overflow.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/portable/float_panels.hpp"
#include "dlpu/kernels/portable/patch.hpp"
#include "dlpu/kernels/portable/requantize.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"

#if DLPU_HAS_PORTABLE_RUNG

namespace dlpu::inline DLPU_ABI {
namespace kernels {

namespace portable {

/// Rows that a micro-kernel multiplies at once: 4 rows x 2 vectors of accumulators leave room for the operands
/// in 16 registers.
inline constexpr std::size_t rows_at_once = 4;

/// Sizes of a convolution as a matrix product: places x depth times depth x channels.
struct ProductShape {
  std::size_t places, depth, channels;

  explicit constexpr ProductShape(const WindowGeometry& g)
      : places(g.output_places()),
        depth(g.taps() * static_cast<std::size_t>(g.input_channels)),
        channels(static_cast<std::size_t>(g.output_channels)) {}

  /// Rows of `row_bytes` that are gathered before they meet the panels: as many as share the first-level cache
  /// with a panel, and at least what one micro-kernel takes.
  [[nodiscard]] constexpr std::size_t block_rows(std::size_t row_bytes) const {
    const std::size_t fitting = 6144 / std::max<std::size_t>(row_bytes, 1) / rows_at_once * rows_at_once;
    return std::min(places, std::clamp<std::size_t>(fitting, rows_at_once, 16));
  }
};

/// Calls `f(integral_constant<Rows>)` with 1 to `rows_at_once` rows.
template <class F>
inline void with_rows(std::size_t rows, const F& f) {
  if (rows >= 4) return f(std::integral_constant<std::size_t, 4>{});
  if (rows == 3) return f(std::integral_constant<std::size_t, 3>{});
  if (rows == 2) return f(std::integral_constant<std::size_t, 2>{});
  f(std::integral_constant<std::size_t, 1>{});
}

/// Stored numbers minus the zero point, in 16 bits.
template <class Storage>
inline void widen_centered(const Storage* from, std::size_t count, std::int16_t zero_point, std::int16_t* to) {
  const auto zero = broadcast<Shorts>(zero_point);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const auto bytes = load<Bytes<Storage>>(from + i);
    store(widen_low<Storage>(bytes) - zero, to + i);
    store(widen_high<Storage>(bytes) - zero, to + i + 8);
  }
  for (; i < count; ++i) to[i] = static_cast<std::int16_t>(from[i] - zero_point);
}

/// The same of 16-bit numbers, whose zero point is 0.
inline void widen_centered(const std::int16_t* from, std::size_t count, std::int16_t, std::int16_t* to) {
  std::copy_n(from, count, to);
}

/// Sums of eight channels for each row.
template <std::size_t Rows>
struct PanelSums {
  Words low[Rows], high[Rows];

  /// Adds the products of `pairs` pairs, modulo 2^32.
  template <class Filter>
  void add(const std::int16_t* rows, std::size_t row_stride, const Filter* panel, std::size_t pairs,
           const Shorts& filter_zero_point) {
    for (std::size_t pair = 0; pair < pairs; ++pair, panel += 16) {
      const auto bytes = load<Bytes<Filter>>(panel);
      const Shorts first = widen_low<Filter>(bytes) - filter_zero_point;
      const Shorts second = widen_high<Filter>(bytes) - filter_zero_point;
      unroll<Rows>([&](auto r) {
        std::int32_t two_inputs;
        std::memcpy(&two_inputs, rows + r * row_stride + 2 * pair, sizeof two_inputs);
        const auto inputs = std::bit_cast<Shorts>(broadcast<Words>(two_inputs));
        low[r] = wrapping_sum(low[r], multiply_add_pairs(first, inputs));
        high[r] = wrapping_sum(high[r], multiply_add_pairs(second, inputs));
      });
    }
  }
};

/// `output = requantized(bias + rows * panel)` for eight channels from `channel` on, of which `count` exist. Sums wrap
/// modulo 2^32, as the oracle's do.
template <std::size_t Rows, class Storage, class R>
inline void multiply_panel(const std::int16_t* rows, std::size_t row_stride, const Storage* panel,
                           std::size_t depth_pairs, const Shorts& filter_zero_point, const std::int32_t* bias,
                           const Requantizer<Storage, R>& requantizer, std::size_t channel, std::size_t count,
                           Storage* output, std::size_t output_stride) {
  PanelSums<Rows> sums;
  unroll<Rows>([&](auto r) {
    sums.low[r] = load<Words>(bias);
    sums.high[r] = load<Words>(bias + 4);
  });
  sums.add(rows, row_stride, panel, depth_pairs, filter_zero_point);
  unroll<Rows>(
      [&](auto r) { requantizer.store(sums.low[r], sums.high[r], channel, count, output + r * output_stride); });
}

/// The same of 16-bit activations, with 64-bit sums.
template <std::size_t Rows, class R>
inline void multiply_panel(const std::int16_t* rows, std::size_t row_stride, const std::int8_t* panel,
                           std::size_t depth_pairs, const Shorts& filter_zero_point, const std::int64_t* bias,
                           const Requantization<R>& requantization, std::size_t channel, std::size_t count,
                           std::int16_t* output, std::size_t output_stride) {
  std::int64_t wide[Rows][8];
  for (auto& row : wide) std::copy_n(bias, 8, row);
  for (std::size_t pair = 0; pair < depth_pairs; pair += most_wide_pairs) {
    PanelSums<Rows> sums{};
    sums.add(rows + 2 * pair, row_stride, panel + 16 * pair, std::min(most_wide_pairs, depth_pairs - pair),
             filter_zero_point);
    for (std::size_t r = 0; r < Rows; ++r) add_words(sums.low[r], sums.high[r], wide[r]);
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    for (std::size_t c = 0; c < count; ++c)
      output[r * output_stride + c] = static_cast<std::int16_t>(requantization.apply(wide[r][c], channel + c));
  }
}

/// Float panels are two vectors wide. `output` rows are `output_stride` apart; `count` channels are stored.
inline constexpr std::size_t float_panel = 2 * float_lanes;

template <std::size_t Rows>
inline void multiply_panel(const float* rows, std::size_t row_stride, const float* panel, std::size_t depth,
                           const float* bias, Range<float> range, float* output, std::size_t output_stride,
                           std::size_t count) {
  Floats low[Rows], high[Rows];
  unroll<Rows>([&](auto r) { low[r] = high[r] = Floats{}; });
  for (std::size_t k = 0; k < depth; ++k, panel += float_panel) {
    const auto first = load<Floats>(panel), second = load<Floats>(panel + float_lanes);
    unroll<Rows>([&](auto r) {
      const auto input = broadcast<Floats>(rows[r * row_stride + k]);
      low[r] += first * input;
      high[r] += second * input;
    });
  }
  const std::size_t first_count = std::min(count, float_lanes);
  unroll<Rows>([&](auto r) {
    float* to = output + r * output_stride;
    store_clamped(low[r] + load<Floats>(bias), range, first_count, to);
    store_clamped(high[r] + load<Floats>(bias + float_lanes), range, count - first_count, to + first_count);
  });
}

}  // namespace portable

template <class Storage, class R>
requires(!std::is_void_v<R>) struct Conv2dRung<isa::portable, Storage, R> {
  using isa_type = isa::portable;
  using Arguments = ConvolutionArguments<Storage, R>;
  using Filter = FilterOf<Storage>;
  using Sum = SumOf<Storage>;
  static constexpr std::size_t panel = 8;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    const portable::ProductShape shape(g);
    return portable::round_up(shape.channels, panel) * (sizeof(Sum) + depth(shape));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    const portable::ProductShape shape(g);
    return shape.block_rows(row_bytes(shape)) * row_bytes(shape);
  }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    const portable::ProductShape shape(g);
    const std::size_t padded = portable::round_up(shape.channels, panel);
    std::memset(packed, 0, packed_bytes(g));
    if (arguments.bias) std::memcpy(packed, arguments.bias, shape.channels * sizeof(Sum));
    auto* filter = reinterpret_cast<Filter*>(packed + padded * sizeof(Sum));
    for (std::size_t o = 0; o < shape.channels; ++o) {
      Filter* to = filter + o / panel * panel * depth(shape) + o % panel * 2;
      for (std::size_t k = 0; k < shape.depth; ++k) {
        to[k / 2 * 2 * panel + k % 2] = arguments.filter[o * shape.depth + k];
      }
    }
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const Storage* input,
                  Storage* output, std::byte* scratch) {
    const portable::ProductShape shape(g);
    const std::size_t stride = depth(shape), block = shape.block_rows(row_bytes(shape));
    auto* rows = reinterpret_cast<std::int16_t*>(scratch);
    const auto zero_point = static_cast<std::int16_t>(arguments.input_zero_point);
    const auto convert = [&](const Storage* from, std::size_t count, std::int16_t* to) {
      portable::widen_centered(from, count, zero_point, to);
    };
    for (std::size_t place = 0; place < shape.places; place += block) {
      const std::size_t count = std::min(block, shape.places - place);
      for (std::size_t r = 0; r < count; ++r) {
        std::int16_t* row = rows + r * stride;
        row[stride - 1] = 0;  // where depth is odd
        portable::gather_window(g, input, portable::window_origin(g, place + r), row, convert);
      }
      multiply_rows(shape, arguments, packed, rows, count, output + place * shape.channels);
    }
  }

 private:
  using Requantizer = std::conditional_t<sizeof(Storage) == 1, portable::Requantizer<Storage, R>, Requantization<R>>;

  /// Products come in pairs: an odd depth is padded with a zero input.
  static constexpr std::size_t depth(const portable::ProductShape& shape) {
    return portable::round_up(shape.depth, 2);
  }
  static constexpr std::size_t row_bytes(const portable::ProductShape& shape) {
    return depth(shape) * sizeof(std::int16_t);
  }

  /// `count` gathered rows times all panels, to `count` places of the output.
  static void multiply_rows(const portable::ProductShape& shape, const Arguments& arguments, const std::byte* packed,
                            const std::int16_t* rows, std::size_t count, Storage* output) {
    const auto* bias = reinterpret_cast<const Sum*>(packed);
    const auto* filter = reinterpret_cast<const Filter*>(bias + portable::round_up(shape.channels, panel));
    const auto filter_zero_point =
        portable::broadcast<portable::Shorts>(static_cast<std::int16_t>(arguments.filter_zero_point));
    const Requantizer requantizer(arguments.requantization);
    for (std::size_t o = 0; o < shape.channels; o += panel) {
      for (std::size_t row = 0; row < count; row += portable::rows_at_once) {
        portable::with_rows(count - row, [&](auto tile) {
          portable::multiply_panel<tile>(rows + row * depth(shape), depth(shape), filter + o * depth(shape),
                                         depth(shape) / 2, filter_zero_point, bias + o, requantizer, o,
                                         std::min(panel, shape.channels - o), output + row * shape.channels + o,
                                         shape.channels);
        });
      }
    }
  }
};

template <>
struct Conv2dRung<isa::portable, float, void> {
  using isa_type = isa::portable;
  using Arguments = ConvolutionArguments<float, void>;
  static constexpr std::size_t panel = portable::float_panel;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return portable::float_panels_bytes(g, panel);
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    const portable::ProductShape shape(g);
    return g.pointwise() ? 0 : block_rows(shape) * shape.depth * sizeof(float);
  }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    portable::pack_float_panels(g, arguments, panel, packed);
  }

  static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed, const float* input,
                  float* output, std::byte* scratch) {
    const portable::ProductShape shape(g);
    const auto* bias = reinterpret_cast<const float*>(packed);
    const float* filter = bias + portable::float_panels_channels(g, panel);
    const std::size_t block = block_rows(shape);
    auto* gathered = reinterpret_cast<float*>(scratch);
    const auto copy = [](const float* from, std::size_t count, float* to) { std::copy_n(from, count, to); };
    for (std::size_t place = 0; place < shape.places; place += block) {
      const std::size_t count = std::min(block, shape.places - place);
      const float* rows = input + place * shape.depth;  // a pointwise convolution's rows are its input
      if (!g.pointwise()) {
        for (std::size_t r = 0; r < count; ++r) {
          portable::gather_window(g, input, portable::window_origin(g, place + r), gathered + r * shape.depth, copy);
        }
        rows = gathered;
      }
      for (std::size_t o = 0; o < shape.channels; o += panel) {
        for (std::size_t row = 0; row < count; row += portable::rows_at_once) {
          portable::with_rows(count - row, [&](auto tile) {
            portable::multiply_panel<tile>(rows + row * shape.depth, shape.depth, filter + o * shape.depth,
                                           shape.depth, bias + o, arguments.range,
                                           output + (place + row) * shape.channels + o, shape.channels,
                                           std::min(panel, shape.channels - o));
          });
        }
      }
    }
  }

 private:
  static constexpr std::size_t block_rows(const portable::ProductShape& shape) {
    return shape.block_rows(shape.depth * sizeof(float));
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

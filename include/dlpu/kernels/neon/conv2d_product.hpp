#pragma once

/// Conv2D as a product of rows and panels of packed weights, on both NEON rungs; which instructions multiply is theirs.
///
/// Packed: a header, the constants of each 4 channels, then panels of up to `most_vectors` times 4 channels, each
/// [depth / 4][vectors][4 channels x 4 weights of signed bytes]. The order within those 16 bytes is the kernel's. Zero
/// points are folded into the bias when packing, except for the filter's times the sum of a row, which is added where
/// there is such a zero point.

#include <algorithm>
#include <cstring>

#include "dlpu/kernels/neon/conv2d_rows.hpp"
#include "dlpu/kernels/neon/requantize.hpp"
#include "dlpu/kernels/reference/conv2d_rung.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels::neon {

/// Rows of one block and all that they are multiplied with.
template <class R>
struct ProductBlock {
  const std::int8_t* rows;
  std::size_t stride;               ///< of a row; and weights of a channel
  const std::int32_t* corrections;  ///< one for each row, or null
  const ChannelConstants<R>* constants;
  const std::int8_t* weights;
  std::size_t channels;  ///< of the output
};

/// Vectors of the next panel where `left` are left: `most`, or at the end halves of it.
[[nodiscard]] constexpr std::size_t panel_vectors(std::size_t most, std::size_t left) {
  while (most > left) most /= 2;
  return most;
}

/// `Kernel` has
///
///     static constexpr std::size_t block_rows;                       // that it multiplies at once
///     static constexpr std::size_t position(channel, k);             // of a weight among 16 bytes
///     static std::size_t most_vectors(const WindowGeometry&, const ConvolutionArguments<Storage, R>&);
///     template <std::size_t Rows> static void multiply_block(std::size_t most_vectors, const ProductBlock<R>&,
///                                                            const Requantizer&, Storage* output);
template <class Kernel, class Storage, class R>
struct Conv2dProduct {
  using Arguments = ConvolutionArguments<Storage, R>;
  using Requantizer = neon::Requantizer<Storage, R>;
  using Constants = ChannelConstants<R>;

  static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return sizeof(Header) + vectors(g) * (sizeof(Constants) + vector_bytes(g));
  }
  static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return Rows<Storage>::scratch_bytes(g, Kernel::block_rows);
  }

  static void pack(const WindowGeometry& g, const Arguments& arguments, std::byte* packed) {
    std::memset(packed, 0, packed_bytes(g));
    auto& header = *reinterpret_cast<Header*>(packed);
    header.handled = Requantizer::handles(arguments.requantization);
    header.most_vectors = Kernel::most_vectors(g, arguments);
    auto* constants = reinterpret_cast<Constants*>(packed + sizeof(Header));
    const auto channels = static_cast<std::size_t>(g.output_channels);
    for (std::size_t v = 0; v < vectors(g); ++v) {
      Requantizer::pack(arguments.requantization, header.handled, v * lanes, channels, constants[v]);
    }
    auto* weights = reinterpret_cast<std::int8_t*>(constants + vectors(g));
    std::size_t taken = 0;
    for (std::size_t first = 0; first < vectors(g); first += taken) {
      taken = panel_vectors(header.most_vectors, vectors(g) - first);
      for (std::size_t channel = first * lanes; channel < std::min((first + taken) * lanes, channels); ++channel) {
        const std::size_t v = channel / lanes, lane = channel % lanes;
        std::int8_t* to = weights + first * vector_bytes(g) + (v - first) * 16;
        constants[v].bias[lane] = pack_channel(g, arguments, channel, lane, taken * 16, to);
      }
    }
  }

  DLPU_TARGET_NEON static void run(const WindowGeometry& g, const Arguments& arguments, const std::byte* packed,
                                   const Storage* input, Storage* output, std::byte* scratch) {
    constexpr std::size_t block_rows = Kernel::block_rows;
    const auto& header = *reinterpret_cast<const Header*>(packed);
    const auto* constants = reinterpret_cast<const Constants*>(packed + sizeof(Header));
    const std::size_t places = Rows<Storage>::places(g), channels = static_cast<std::size_t>(g.output_channels);
    const std::int32_t zero_point = filter_zero_point(arguments);
    const Requantizer requantizer(arguments.requantization, header.handled);
    Rows<Storage> rows(g, input, arguments.input_zero_point, scratch);
    std::int32_t corrections[block_rows];
    ProductBlock<R> block{nullptr,   Rows<Storage>::stride(g), zero_point != 0 ? corrections : nullptr,
                          constants, weights(g, constants),    channels};
    for (std::size_t next = 0; next < places; next += block_rows) {
      // A last block of fewer rows begins earlier and does some of them twice.
      const std::size_t first = places >= block_rows ? std::min(next, places - block_rows) : 0;
      const std::size_t count = std::min(block_rows, places);
      block.rows = rows.at(first, count);
      if (zero_point != 0) {
        for (std::size_t r = 0; r < count; ++r) {
          corrections[r] = wrapping_multiply(-zero_point, rows.sum(block.rows + r * block.stride));
        }
      }
      Storage* to = output + first * channels;
      if (count == block_rows) {
        Kernel::template multiply_block<block_rows>(header.most_vectors, block, requantizer, to);
        continue;
      }
      for (std::size_t r = 0; r < count; ++r) {
        Kernel::template multiply_block<1>(header.most_vectors, block, requantizer, to + r * channels);
        block.rows += block.stride;
        if (block.corrections) ++block.corrections;
      }
    }
  }

 private:
  struct alignas(64) Header {
    bool handled;  ///< every multiplier has a vector form
    std::size_t most_vectors;
  };

  static constexpr std::size_t vectors(const WindowGeometry& g) {
    return portable::round_up(static_cast<std::size_t>(g.output_channels), lanes) / lanes;
  }
  static constexpr std::size_t vector_bytes(const WindowGeometry& g) { return Rows<Storage>::stride(g) * lanes; }
  static const std::int8_t* weights(const WindowGeometry& g, const Constants* constants) {
    return reinterpret_cast<const std::int8_t*>(constants + vectors(g));
  }
  /// Of the weights as they are packed.
  static std::int32_t filter_zero_point(const Arguments& arguments) {
    return arguments.filter_zero_point + signed_offset<Storage>;
  }

  /// Writes the weights of one channel, `step` bytes from one 4 to the next, and returns its folded bias.
  static std::int32_t pack_channel(const WindowGeometry& g, const Arguments& arguments, std::size_t channel,
                                   std::size_t lane, std::size_t step, std::int8_t* to) {
    const std::size_t depth = Rows<Storage>::depth(g);
    const Storage* filter = arguments.filter + channel * depth;
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < depth; ++k) {
      const std::int32_t weight = filter[k] + signed_offset<Storage>;
      to[k / 4 * step + Kernel::position(lane, k % 4)] = static_cast<std::int8_t>(weight);
      sum = wrapping_add(sum, weight - filter_zero_point(arguments));
    }
    const std::int32_t input_zero_point = arguments.input_zero_point + signed_offset<Storage>;
    return wrapping_add(arguments.bias ? arguments.bias[channel] : 0, wrapping_multiply(-input_zero_point, sum));
  }
};

}  // namespace kernels::neon
}  // namespace dlpu::inline DLPU_ABI

#endif

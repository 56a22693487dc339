#pragma once

/// What convolution-like kernels (Conv2D, depthwise, fully connected) share: their arguments, their packed
/// memory, and the object that packs once, keeps its rung and runs.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/isa/dispatch.hpp"
#include "dlpu/kernels/requantization.hpp"
#include "dlpu/kernels/rows.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels {

/// What a quantized convolution computes with, besides its geometry.
template <class Storage, class R>
struct ConvolutionArguments {
  const FilterOf<Storage>* filter = nullptr;  ///< as the operator states its layout; kernels read their packed copy
  const SumOf<Storage>* bias = nullptr;       ///< [output_channels], scale = input scale * filter scale; may be null
  std::int32_t input_zero_point = 0;
  std::int32_t filter_zero_point = 0;
  Requantization<R> requantization;
};

/// The same in float32.
template <>
struct ConvolutionArguments<float, void> {
  const float* filter = nullptr;
  const float* bias = nullptr;
  Range<float> range{};
};

namespace detail {
template <class Policy>
struct rounding_of {
  using type = void;
};
template <class Policy>
requires(Policy::quantized) struct rounding_of<Policy> {
  using type = typename Policy::Rounding;
};
}  // namespace detail

/// The rounding of a policy; `void` where nothing is rounded.
template <class Policy>
using RoundingOf = typename detail::rounding_of<Policy>::type;

/// How a quantized convolution's tensors are quantized.
struct ConvolutionQuantization {
  Quantization input, output;
  std::span<const float> filter_scales;  ///< one, or one for each output channel
  std::int32_t filter_zero_point = 0;    ///< uint8 filters of TensorFlow 1 have one
  Activation activation = Activation::none;
};

template <class Storage, class R>
[[nodiscard]] constexpr ConvolutionArguments<Storage, R> quantized_arguments(
    std::span<const FilterOf<Storage>> filter, std::span<const SumOf<Storage>> bias,
    const ConvolutionQuantization& q) {
  return {filter.data(),
          bias.empty() ? nullptr : bias.data(),
          q.input.zero_point,
          q.filter_zero_point,
          {{}, q.output.zero_point, activation_range<Storage>(q.activation, q.output)}};
}

/// The real multiplier of one output channel of a convolution. LiteRT computes it per channel, in double
/// precision, for int8 and int16 (even where the filter has one scale), and per tensor for uint8.
template <class Storage>
[[nodiscard]] constexpr double convolution_multiplier(const ConvolutionQuantization& q, std::size_t channel) {
  const float filter = q.filter_scales[channel];
  return std::is_same_v<Storage, std::uint8_t> ? tensor_multiplier(q.input.scale, filter, q.output.scale)
                                               : channel_multiplier(q.input.scale, filter, q.output.scale);
}

/// One rung's kernel of a convolution, and the name of its instruction set.
template <class Storage, class R>
struct RungKernel {
  using Run = void (*)(const WindowGeometry&, const ConvolutionArguments<Storage, R>&, const std::byte* packed,
                       const Storage* input, Storage* output, std::byte* scratch);
  Run run = nullptr;
  std::string_view rung;
};

/// Lets the best rung of the CPU pack the filter; the kernel that reads it. An instance compiles the kernels of all rungs,
/// so programs of many parts may name it `extern template` and make it once.
template <template <class, class, class> class RungOf, class Storage, class R>
RungKernel<Storage, R> pack_for_best_rung(const WindowGeometry& g, const ConvolutionArguments<Storage, R>& arguments,
                                          std::byte* packed) {
  RungKernel<Storage, R> kernel;
  isa::visit_rung(isa::best_rung(), [&](auto tag) {
    using Kernel = RungOf<decltype(tag), Storage, R>;
    Kernel::pack(g, arguments, packed);
    kernel = {&Kernel::run, Kernel::isa_type::name};
  });
  return kernel;
}

/// A convolution that has packed its weights for one rung. `RungOf<Isa, Storage, R>` is the operator's
/// kernel:
///
///     static constexpr std::size_t packed_bytes(const WindowGeometry&);   // its filter layout
///     static constexpr std::size_t scratch_bytes(const WindowGeometry&);
///     static void pack(const WindowGeometry&, const Arguments&, std::byte* packed);
///     static void run(const WindowGeometry&, const Arguments&, const std::byte* packed,
///                     const Storage* input, Storage* output, std::byte* scratch);
template <template <class, class, class> class RungOf, class Storage, class R>
class PackedConvolution {
 public:
  using Arguments = ConvolutionArguments<Storage, R>;
  static constexpr bool quantized = !std::is_void_v<R>;
  using Bias = SumOf<Storage>;

  /// Bytes of packed weights, for every CPU that the build may meet. The span must be aligned to 64 bytes.
  [[nodiscard]] static constexpr std::size_t packed_bytes(const WindowGeometry& g) {
    return filter_offset(g) + isa::max_over_ladder([&](auto tag) {
             return align_up(RungOf<decltype(tag), Storage, R>::packed_bytes(g));
           });
  }
  /// Bytes of scratch that `run` needs, for every CPU. The span must be aligned to 64 bytes.
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const WindowGeometry& g) {
    return isa::max_over_ladder(
        [&](auto tag) { return align_up(RungOf<decltype(tag), Storage, R>::scratch_bytes(g)); });
  }

  /// The name of the instruction set whose kernel runs.
  [[nodiscard]] std::string_view rung() const { return kernel_.rung; }
  [[nodiscard]] const WindowGeometry& geometry() const { return geometry_; }

  /// NHWC in, NHWC out. The spans must not overlap; `scratch` is at least `scratch_bytes(geometry)`.
  void run(std::span<const Storage> input, std::span<Storage> output, std::span<std::byte> scratch) const {
    DLPU_ASSERT(input.size() >= geometry_.input_elements() && output.size() >= geometry_.output_elements());
    DLPU_ASSERT(scratch.size() >= scratch_bytes(geometry_));
    DLPU_ASSERT(reinterpret_cast<std::uintptr_t>(scratch.data()) % alignment == 0);
    kernel_.run(geometry_, arguments_, packed_, input.data(), output.data(), scratch.data());
  }

  /// Computes the output rows `rows` only; the batch must be 1. `input` begins with the first of
  /// `input_rows(geometry(), rows)`, `output` with the first of `rows`.
  void run_rows(Rows rows, const Storage* input, Storage* output, std::span<std::byte> scratch) const {
    DLPU_ASSERT(geometry_.batch == 1 && rows.first >= 0 && rows.first < rows.end &&
                rows.end <= geometry_.output_height);
    DLPU_ASSERT(scratch.size() >= scratch_bytes(geometry_));
    DLPU_ASSERT(reinterpret_cast<std::uintptr_t>(scratch.data()) % alignment == 0);
    kernel_.run(band_of(geometry_, rows), arguments_, packed_, input, output, scratch.data());
  }

 protected:
  /// Copies the bias into `memory`, writes the multipliers of the real numbers `multiplier_of(0...count - 1)`
  /// behind it, then lets the best rung pack the filter.
  template <class MultiplierOf>
  PackedConvolution(const WindowGeometry& g, Arguments arguments, std::size_t count, MultiplierOf multiplier_of,
                    std::span<std::byte> memory)
      : geometry_(g), packed_(memory.data() + filter_offset(g)) {
    DLPU_ASSERT(memory.size() >= packed_bytes(g));
    DLPU_ASSERT(reinterpret_cast<std::uintptr_t>(memory.data()) % alignment == 0);
    DLPU_ASSERT(count == 0 || count == 1 || count == channels(g));
    if constexpr (quantized && sizeof(Storage) == 2)
      DLPU_ASSERT(arguments.input_zero_point == 0 && arguments.filter_zero_point == 0);
    if (arguments.bias) {
      std::memcpy(memory.data(), arguments.bias, channels(g) * sizeof(Bias));
      arguments.bias = reinterpret_cast<const Bias*>(memory.data());
    }
    if constexpr (quantized) {
      auto* multipliers = reinterpret_cast<typename R::Multiplier*>(memory.data() + bias_bytes(g));
      for (std::size_t i = 0; i < count; ++i) multipliers[i] = R::multiplier(multiplier_of(i));
      arguments.requantization.multipliers = {multipliers, count};
    }
    arguments_ = arguments;
    kernel_ = pack_for_best_rung<RungOf>(geometry_, arguments_, packed_);
    arguments_.filter = nullptr;  // the caller's filter may go: from here on the packed copy counts
  }

 private:
  static constexpr std::size_t channels(const WindowGeometry& g) {
    return static_cast<std::size_t>(g.output_channels);
  }
  static constexpr std::size_t bias_bytes(const WindowGeometry& g) { return align_up(channels(g) * sizeof(Bias)); }
  static constexpr std::size_t filter_offset(const WindowGeometry& g) {
    if constexpr (quantized) return bias_bytes(g) + align_up(channels(g) * sizeof(typename R::Multiplier));
    return bias_bytes(g);
  }

  WindowGeometry geometry_;
  Arguments arguments_;
  std::byte* packed_ = nullptr;
  RungKernel<Storage, R> kernel_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

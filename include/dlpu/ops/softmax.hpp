#pragma once

/// Softmax along the innermost dimension: parameters, shape rule, and the kernel for callers that bring their own
/// buffers.

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/reference/softmax.hpp"
#include "dlpu/ops/shape_rule.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// exp(beta * x) over its sum along the innermost dimension.
struct Softmax {
  static constexpr std::string_view name = "SOFTMAX";
  using elements = stored_elements;

  float beta = 1.0f;

  DLPU_RULE(NeedsDimension, "Softmax: the input must have at least one dimension", "");
  using rules = type_list<NeedsDimension>;

  /// The output's quantization, whatever the input's is: [0, 1) in steps of 1/256, or 1/32768 in 16 bits.
  template <QuantizedStorage Storage>
  [[nodiscard]] static constexpr Quantization fixed_output() {
    if constexpr (sizeof(Storage) == 2) return {1.0f / 32768.0f, 0};
    return {1.0f / 256.0f, std::numeric_limits<Storage>::min()};
  }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs[0].shape.rank < 1) return NeedsDimension::rule;
    return inputs[0];
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Softmax of one shape in int8, uint8 or int16; the output is quantized as `op::Softmax::fixed_output` says. No rounding
/// policy takes part: these are fixed-point algorithms
/// of their own.
///
///     dlpu::kernels::Softmax<std::int8_t> softmax{{}, {1, 1001}, {0.1f, 4}};
///     softmax.run(input, output);
template <class Storage>
class Softmax {
 public:
  constexpr Softmax(const op::Softmax& op, const Shape& shape, Quantization input)
      : depth_(shape.channels()),
        rows_(depth_ == 0 ? 0 : shape.elements() / depth_),
        functions_(functions(input.scale, op.beta)) {}

  /// Row-major; the spans may be the same.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(rows_ * depth_) && output.size() >= input.size());
    reference::softmax(rows_, depth_, functions_, input.data(), output.data());
  }

 private:
  static constexpr bool wide = sizeof(Storage) == 2;
  using Functions = std::conditional_t<wide, reference::WideSoftmax, std::array<std::int32_t, 256>>;
  static constexpr Functions functions(float scale, float beta) {
    if constexpr (wide)
      return reference::wide_softmax(scale, beta);
    else
      return reference::softmax_exponentials(scale, beta);
  }

  std::int64_t depth_, rows_;
  Functions functions_;
};

/// Softmax in float32.
template <>
class Softmax<float> {
 public:
  constexpr Softmax(const op::Softmax& op, const Shape& shape, NoQuantization = {})
      : depth_(shape.channels()), rows_(depth_ == 0 ? 0 : shape.elements() / depth_), beta_(op.beta) {}

  /// Row-major; the spans may be the same.
  void run(std::span<const float> input, std::span<float> output) const {
    DLPU_ASSERT(input.size() >= static_cast<std::size_t>(rows_ * depth_) && output.size() >= input.size());
    reference::softmax(rows_, depth_, beta_, input.data(), output.data());
  }

 private:
  std::int64_t depth_, rows_;
  float beta_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

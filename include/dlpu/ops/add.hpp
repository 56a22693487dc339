#pragma once

/// Add: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "dlpu/kernels/avx2/add_rung.hpp"
#include "dlpu/kernels/avx512_vnni/add_rung.hpp"
#include "dlpu/kernels/neon/add_rung.hpp"
#include "dlpu/kernels/portable/add_rung.hpp"
#include "dlpu/kernels/reference/add.hpp"
#include "dlpu/kernels/reference/add_rung.hpp"
#include "dlpu/ops/shape_rule.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// The sum of two tensors, element by element. Shapes are aligned at their last dimensions, and a dimension of size 1
/// repeats, as in numpy.
struct Add {
  static constexpr std::string_view name = "ADD";
  using elements = stored_elements;

  Activation activation = Activation::none;

  DLPU_RULE(NeedsTwoInputs, "Add: needs two inputs", "");
  DLPU_RULE(SameElement, "Add: both inputs must have the same element type; quantize or dequantize one of them", "");
  DLPU_RULE(ShapesMatch, "Add: the shapes differ in a dimension that is 1 in neither of them", "");
  using rules = type_list<NeedsTwoInputs, SameElement, ShapesMatch>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 2) return NeedsTwoInputs::rule;
    if (inputs[0].element != inputs[1].element) return SameElement::rule;
    const Shape &first = inputs[0].shape, &second = inputs[1].shape;
    TensorType output{first.rank < second.rank ? second : first, inputs[0].element};
    for (std::int32_t axis = 0; axis < output.shape.rank; ++axis) {
      const std::int32_t a = reference::aligned_dimension(first, output.shape.rank, axis);
      const std::int32_t b = reference::aligned_dimension(second, output.shape.rank, axis);
      if (a != b && a != 1 && b != 1) return ShapesMatch::rule;
      output.shape[axis] = a == 1 ? b : a;
    }
    return output;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// How the tensors of a quantized addition are quantized.
struct AddQuantization {
  Quantization first, second, output;
};

/// The real multipliers of LiteRT's addition (`add::Prepare`): both inputs to twice the larger scale, so that they are
/// at most one half, then from there to the output.
template <RoundingPolicy R, QuantizedStorage Storage>
[[nodiscard]] constexpr reference::AddArguments<R, reference::add_left_shift<Storage>> add_arguments(
    const AddQuantization& q, Activation activation) {
  constexpr auto unit = static_cast<double>(std::int32_t{1} << reference::add_left_shift<Storage>);
  const double twice = 2.0 * static_cast<double>(std::max(q.first.scale, q.second.scale));
  return {q.first.zero_point,
          q.second.zero_point,
          q.output.zero_point,
          R::multiplier(static_cast<double>(q.first.scale) / twice),
          R::multiplier(static_cast<double>(q.second.scale) / twice),
          R::multiplier(twice / (unit * static_cast<double>(q.output.scale))),
          activation_range<Storage>(activation, q.output)};
}

/// Adds `count` elements of tensors of the same shape.
template <class Storage, class R>
using AddRun = void (*)(std::size_t count, const Storage* first, const Storage* second, const AddWork<Storage, R>&,
                        Storage* output);

/// Lets the best rung of the CPU prepare an addition; the kernel that runs it. An instance compiles those of all rungs, so
/// programs of many parts may name it `extern template` and make it once.
template <class Storage, class R>
AddRun<Storage, R> prepare_best_add(const AddQuantization& q, AddWork<Storage, R>& work) {
  const auto in_output = [&](const Quantization& input) {
    return static_cast<double>(input.scale) / static_cast<double>(q.output.scale);
  };
  AddRun<Storage, R> run = nullptr;
  isa::visit_rung(isa::best_rung(), [&](auto tag) {
    using Kernel = AddRung<decltype(tag), Storage, R>;
    Kernel::prepare(in_output(q.first), in_output(q.second), work);
    run = &Kernel::run;
  });
  return run;
}

/// Add on two shapes. `Storage` is int8, uint8 or int16 (with zero points of 0); the policy chooses the rounding.
///
///     dlpu::kernels::Add<std::int8_t, dlpu::PerTensor> add{{}, {1, 7, 7, 16}, {1, 7, 7, 16}, {a_q, b_q, sum_q}};
///     add.run(a, b, sum);
template <class Storage, class Policy>
class Add {
  using R = typename Policy::Rounding;
  using Arguments = AddWork<Storage, R>;

 public:
  constexpr Add(const op::Add& op, const Shape& first, const Shape& second, const AddQuantization& q)
      : broadcast_(reference::broadcast(first, second)), arguments_{add_arguments<R, Storage>(q, op.activation), {}} {
    if (first == second && !std::is_constant_evaluated()) run_ = prepare_best_add(q, arguments_);
  }

  /// As many elements as the shapes have, row-major.
  constexpr void run(std::span<const Storage> first, std::span<const Storage> second,
                     std::span<Storage> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    if (run_) {
      run_(static_cast<std::size_t>(broadcast_.elements()), first.data(), second.data(), arguments_, output.data());
    } else {
      reference::add(broadcast_, first.data(), second.data(), arguments_, output.data());
    }
  }

  /// The first `count` elements of tensors of the same shape; each pointer may be any place of its tensor.
  void run_elements(std::size_t count, const Storage* first, const Storage* second, Storage* output) const {
    DLPU_ASSERT(run_ != nullptr);
    run_(count, first, second, arguments_, output);
  }

 private:
  reference::Broadcast broadcast_;
  Arguments arguments_;
  /// Of the best rung, for tensors of the same shape; null where a dimension repeats.
  AddRun<Storage, R> run_ = nullptr;
};

/// Add in float32.
template <>
class Add<float, Unquantized> {
 public:
  constexpr Add(const op::Add& op, const Shape& first, const Shape& second)
      : broadcast_(reference::broadcast(first, second)), range_(activation_range(op.activation)) {}

  constexpr void run(std::span<const float> first, std::span<const float> second, std::span<float> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    reference::add(broadcast_, first.data(), second.data(), range_, output.data());
  }

  /// The first `count` elements of tensors of the same shape; each pointer may be any place of its tensor.
  void run_elements(std::size_t count, const float* first, const float* second, float* output) const {
    for (std::size_t i = 0; i < count; ++i) output[i] = range_.clamp(first[i] + second[i]);
  }

 private:
  reference::Broadcast broadcast_;
  Range<float> range_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Functions of one number and of two, comparisons, logic, reductions, L2_NORMALIZATION, BATCH_MATMUL and CAST of
/// .tflite files.

#include <cmath>

#include "dlpu/io/tflite/elementwise.hpp"
#include "dlpu/io/tflite/reductions.hpp"
#include "dlpu/ops/arg_min_max.hpp"
#include "dlpu/ops/batch_matmul.hpp"
#include "dlpu/ops/binary.hpp"
#include "dlpu/ops/cast.hpp"
#include "dlpu/ops/comparison.hpp"
#include "dlpu/ops/l2_normalization.hpp"
#include "dlpu/ops/logical.hpp"
#include "dlpu/ops/prelu.hpp"
#include "dlpu/ops/reduce.hpp"
#include "dlpu/ops/scalar_functions.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

/// Any operator without options; `Op` is its operator here.
template <class Op>
void read_plain(OperatorReader& reader) {
  constexpr std::size_t inputs = ScalarFunctionOperator<Op> || std::is_same_v<Op, op::LogicalNot> ? 1 : 2;
  reader.take_numbers();
  if (!reader.expect(inputs, inputs)) return;
  if constexpr (std::is_same_v<Op, op::Logistic>) detail::require_fixed_output<Op>(reader);
  if constexpr (inputs == 1)
    reader.emit(Op{}, {reader.operand(0)});
  else
    reader.emit(Op{}, {reader.operand(0), reader.operand(1)});
}

inline void read_leaky_relu(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_LeakyReluOptions);
  if (!reader.expect(1, 1)) return;
  reader.require(std::isfinite(options.alpha()), "its alpha must be a finite number");
  reader.emit(op::LeakyRelu{options.alpha()}, {reader.operand(0)});
}

/// SUB, MUL and DIV; `accessor` is that of their options.
template <class Op, auto Accessor>
void read_arithmetic(OperatorReader& reader) {
  const auto& options = reader.options(Accessor);
  reader.take_numbers();
  if (!reader.expect(2, 2)) return;
  reader.emit(Op{reader.activation(options.fused_activation_function())}, {reader.operand(0), reader.operand(1)});
}

/// SUM, REDUCE_MAX and REDUCE_MIN.
template <class Op>
void read_reduce(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_ReducerOptions);
  reader.take_numbers();
  if (!reader.expect(2, 2)) return;
  if constexpr (Op::keeps_quantization) {
    detail::require_same_quantization(reader, reader.input(0), reader.output());
  }
  Op op{.keep_dimensions = options.keep_dims() ? 1 : 0};
  op.axes = detail::axes_from(reader, reader.integers(1, "its axes"), reader.input(0).shape.rank);
  reader.emit(op, {reader.operand(0)});
}

/// ARG_MAX and ARG_MIN; the element type of the indices is the output's.
template <class Op>
void read_arg_extreme(OperatorReader& reader) {
  reader.take_numbers();
  if (!reader.expect(2, 2)) return;
  const std::vector<std::int32_t> axis = reader.integers(1, "its axis");
  if (!reader.require(axis.size() == 1, "its axis must be one number")) return;
  const bool wide = reader.output().is(ElementType::int64);
  reader.emit(Op{axis[0], wide ? ElementType::int64 : ElementType::int32}, {reader.operand(0)});
}

inline void read_l2_normalization(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_L2NormOptions);
  if (!reader.expect(1, 1)) return;
  reader.require(options.fused_activation_function() == schema::FusedActivation::NONE,
                 "it has a fused activation, which LiteRT refuses as well");
  detail::require_fixed_output<op::L2Normalization>(reader);
  reader.emit(op::L2Normalization{}, {reader.operand(0)});
}

inline void read_batch_matmul(OperatorReader& reader) {
  const auto& options = reader.options(&schema::Operator::builtin_options_as_BatchMatMulOptions);
  if (!reader.expect(2, 2)) return;
  reader.emit(op::BatchMatMul{options.adj_x() ? 1 : 0, options.adj_y() ? 1 : 0},
              {reader.operand(0), reader.operand(1)});
}

/// The element types are those of the tensors. Stored numbers are cast as they are, so they need no scale.
inline void read_cast(OperatorReader& reader) {
  reader.take_numbers();
  reader.take_unscaled();
  if (!reader.expect(1, 1)) return;
  const auto element = reader.output().element();
  if (!reader.require(element.has_value(), op::Cast::KnownElement::rule.sentence)) return;
  reader.emit(op::Cast{*element}, {reader.operand(0)});
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

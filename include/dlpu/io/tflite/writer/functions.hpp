#pragma once

/// Functions of one number and of two, comparisons, logic and Cast into .tflite files.

#include <type_traits>

#include "dlpu/io/tflite/writer/elementwise.hpp"
#include "dlpu/ops/binary.hpp"
#include "dlpu/ops/cast.hpp"
#include "dlpu/ops/comparison.hpp"
#include "dlpu/ops/logical.hpp"
#include "dlpu/ops/prelu.hpp"
#include "dlpu/ops/scalar_functions.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {
namespace detail {

/// The operators of the format that have no options and the same version for all types but int8.
template <class Op>
inline constexpr schema::BuiltinOperator plain_code = [] {
  using enum schema::BuiltinOperator;
  if (std::is_same_v<Op, op::Abs>) return ABS;
  if (std::is_same_v<Op, op::Elu>) return ELU;
  if (std::is_same_v<Op, op::Equal>) return EQUAL;
  if (std::is_same_v<Op, op::Exp>) return EXP;
  if (std::is_same_v<Op, op::Greater>) return GREATER;
  if (std::is_same_v<Op, op::GreaterEqual>) return GREATER_EQUAL;
  if (std::is_same_v<Op, op::HardSwish>) return HARD_SWISH;
  if (std::is_same_v<Op, op::Less>) return LESS;
  if (std::is_same_v<Op, op::LessEqual>) return LESS_EQUAL;
  if (std::is_same_v<Op, op::Log>) return LOG;
  if (std::is_same_v<Op, op::LogicalAnd>) return LOGICAL_AND;
  if (std::is_same_v<Op, op::LogicalNot>) return LOGICAL_NOT;
  if (std::is_same_v<Op, op::LogicalOr>) return LOGICAL_OR;
  if (std::is_same_v<Op, op::Logistic>) return LOGISTIC;
  if (std::is_same_v<Op, op::Neg>) return NEG;
  if (std::is_same_v<Op, op::NotEqual>) return NOT_EQUAL;
  if (std::is_same_v<Op, op::PRelu>) return PRELU;
  if (std::is_same_v<Op, op::Rsqrt>) return RSQRT;
  if (std::is_same_v<Op, op::Sqrt>) return SQRT;
  if (std::is_same_v<Op, op::Square>) return SQUARE;
  if (std::is_same_v<Op, op::Tanh>) return TANH;
  return CUSTOM;
}();

/// Of these the int8 kernels came with a second version; the others had them from the first.
[[nodiscard]] constexpr bool has_second_version(schema::BuiltinOperator code) {
  using enum schema::BuiltinOperator;
  switch (code) {
    case ABS:
    case EQUAL:
    case EXP:
    case GREATER:
    case GREATER_EQUAL:
    case LESS:
    case LESS_EQUAL:
    case LOG:
    case LOGISTIC:
    case NOT_EQUAL:
    case RSQRT:
    case TANH:
      return true;
    default:
      return false;
  }
}

/// LiteRT's kernels of the same name do not take all element types that dlpu's do.
inline void require_element_of_litert(OperatorWriter& writer, schema::BuiltinOperator code) {
  using enum schema::BuiltinOperator;
  const bool only_int8 =
      code == ABS || code == ELU || code == EXP || code == LOG || code == NEG || code == RSQRT || code == SQRT;
  writer.require(!only_int8 || writer.input_element() != ElementType::uint8,
                 "LiteRT does not have this operator in uint8; store int8");
  writer.require(code != SQUARE || !is_quantized(writer.input_element()),
                 "LiteRT has this operator in float32 only; dequantize its input");
}

}  // namespace detail

/// Operators without parameters.
template <class Op>
void write_plain(OperatorWriter& writer, const Op&) {
  constexpr schema::BuiltinOperator code = detail::plain_code<Op>;
  static_assert(code != schema::BuiltinOperator::CUSTOM, "this operator needs a function of its own");
  detail::require_element_of_litert(writer, code);
  if constexpr (requires { Op::template fixed_output<std::int8_t>(); }) {
    detail::require_fixed_output<Op>(writer,
                                     "its output must have the scale 1/256 and the lowest number as zero point");
  }
  std::int32_t version = detail::has_second_version(code) ? writer.version() : 1;
  if (code == schema::BuiltinOperator::ABS && writer.input_element() == ElementType::uint8) version = 2;
  if (code == schema::BuiltinOperator::ABS && writer.input_element() == ElementType::int32) version = 5;
  writer.emit(code, version, writer.all_inputs(), writer.all_outputs());
}

inline void write_leaky_relu(OperatorWriter& writer, const op::LeakyRelu& op) {
  const auto options = schema::CreateLeakyReluOptions(writer.builder(), op.alpha);
  writer.emit(schema::BuiltinOperator::LEAKY_RELU, 1, writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::LeakyReluOptions, options.Union());
}

namespace detail {
/// More than four dimensions, and the inputs have different shapes.
[[nodiscard]] inline bool broadcasts_deeply(const OperatorWriter& writer) {
  return writer.input_shape(0) != writer.input_shape(1) && writer.output_shape().rank > 4;
}
}  // namespace detail

inline void write_sub(OperatorWriter& writer, const op::Sub& op) {
  const auto options =
      schema::CreateSubOptions(writer.builder(), static_cast<schema::FusedActivation>(op.activation));
  const std::int32_t version = writer.input_element() == ElementType::int64 ? 4
                               : detail::broadcasts_deeply(writer)          ? 3
                                                                            : writer.version();
  writer.emit(schema::BuiltinOperator::SUB, version, writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::SubOptions, options.Union());
}

inline void write_mul(OperatorWriter& writer, const op::Mul& op) {
  const auto options =
      schema::CreateMulOptions(writer.builder(), static_cast<schema::FusedActivation>(op.activation));
  const bool grows =
      is_quantized(writer.input_element()) &&
      writer.input_quantization(0).scale * writer.input_quantization(1).scale >= writer.output_quantization().scale;
  const std::int32_t version = writer.input_element() == ElementType::int64 ? 5 : grows ? 3 : writer.version();
  writer.emit(schema::BuiltinOperator::MUL, version, writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::MulOptions, options.Union());
}

inline void write_div(OperatorWriter& writer, const op::Div& op) {
  const auto options =
      schema::CreateDivOptions(writer.builder(), static_cast<schema::FusedActivation>(op.activation));
  writer.emit(schema::BuiltinOperator::DIV, detail::broadcasts_deeply(writer) ? 2 : 1, writer.all_inputs(),
              writer.all_outputs(), schema::BuiltinOptions::DivOptions, options.Union());
}

namespace detail {
inline void emit_extreme(OperatorWriter& writer, schema::BuiltinOperator code) {
  for (std::size_t i = 0; i < writer.inputs(); ++i) writer.require_same_quantization(i);
  writer.emit(code, broadcasts_deeply(writer) ? 3 : writer.version(), writer.all_inputs(), writer.all_outputs());
}
}  // namespace detail

inline void write_minimum(OperatorWriter& writer, const op::Minimum&) {
  detail::emit_extreme(writer, schema::BuiltinOperator::MINIMUM);
}
inline void write_maximum(OperatorWriter& writer, const op::Maximum&) {
  detail::emit_extreme(writer, schema::BuiltinOperator::MAXIMUM);
}

inline void write_cast(OperatorWriter& writer, const op::Cast&) {
  const ElementType from = writer.input_element(), to = writer.output_element();
  const auto options = schema::CreateCastOptions(writer.builder(), file_type(from), file_type(to));
  const std::int32_t version = from == ElementType::int8 || to == ElementType::int8 ? 3 : 1;
  writer.emit(schema::BuiltinOperator::CAST, version, writer.all_inputs(), writer.all_outputs(),
              schema::BuiltinOptions::CastOptions, options.Union());
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

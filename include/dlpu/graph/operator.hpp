#pragma once

/// All operators, and the value that holds any one of them.

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "dlpu/ops/add.hpp"
#include "dlpu/ops/arg_min_max.hpp"
#include "dlpu/ops/batch_matmul.hpp"
#include "dlpu/ops/binary.hpp"
#include "dlpu/ops/cast.hpp"
#include "dlpu/ops/comparison.hpp"
#include "dlpu/ops/concatenation.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "dlpu/ops/dequantize.hpp"
#include "dlpu/ops/detection_post_process.hpp"
#include "dlpu/ops/fully_connected.hpp"
#include "dlpu/ops/gather.hpp"
#include "dlpu/ops/l2_normalization.hpp"
#include "dlpu/ops/logical.hpp"
#include "dlpu/ops/mean.hpp"
#include "dlpu/ops/mirror_pad.hpp"
#include "dlpu/ops/pack.hpp"
#include "dlpu/ops/pad.hpp"
#include "dlpu/ops/pool2d.hpp"
#include "dlpu/ops/prelu.hpp"
#include "dlpu/ops/quantize.hpp"
#include "dlpu/ops/reduce.hpp"
#include "dlpu/ops/relu.hpp"
#include "dlpu/ops/reshape.hpp"
#include "dlpu/ops/resize.hpp"
#include "dlpu/ops/scalar_functions.hpp"
#include "dlpu/ops/slice.hpp"
#include "dlpu/ops/softmax.hpp"
#include "dlpu/ops/space_batch.hpp"
#include "dlpu/ops/space_depth.hpp"
#include "dlpu/ops/split.hpp"
#include "dlpu/ops/transpose.hpp"
#include "dlpu/ops/transpose_conv.hpp"

namespace dlpu::inline DLPU_ABI {

/// The operators that a graph may hold. A new operator is one more header above and one more name here.
using Operators =
    type_list<op::Conv2d, op::DepthwiseConv2d, op::FullyConnected, op::Add, op::Relu, op::Clamp, op::AveragePool2d,
              op::MaxPool2d, op::Mean, op::Concatenation, op::Pad, op::Reshape, op::Softmax, op::Quantize,
              op::Dequantize, op::TransposeConv, op::Slice, op::StridedSlice, op::Split, op::SplitV, op::Unpack,
              op::Pack, op::Transpose, op::Gather, op::SpaceToDepth, op::DepthToSpace, op::SpaceToBatchNd,
              op::BatchToSpaceNd, op::MirrorPad, op::ResizeNearestNeighbor, op::ResizeBilinear,
              op::DetectionPostProcess, op::Logistic, op::Tanh, op::HardSwish, op::LeakyRelu, op::PRelu, op::Elu,
              op::Exp, op::Log, op::Sqrt, op::Rsqrt, op::Square, op::Abs, op::Neg, op::Sub, op::Mul, op::Div,
              op::Minimum, op::Maximum, op::Sum, op::ReduceMax, op::ReduceMin, op::ArgMax, op::ArgMin,
              op::L2Normalization, op::BatchMatMul, op::Cast, op::Equal, op::NotEqual, op::Less, op::LessEqual,
              op::Greater, op::GreaterEqual, op::LogicalAnd, op::LogicalOr, op::LogicalNot>;

namespace detail {

template <std::int32_t Index, class Op>
struct IndexedOperator {};
template <class List, class Indices>
struct IndexedOperators;
template <class... Ops, std::size_t... I>
struct IndexedOperators<type_list<Ops...>, std::index_sequence<I...>>
    : IndexedOperator<static_cast<std::int32_t>(I), Ops>... {};
template <class Op, std::int32_t Index>
constexpr std::integral_constant<std::int32_t, Index> find_operator(const IndexedOperator<Index, Op>*);

/// An operator's position in `Operators`: the one base class that fits. Searching the list for each operator would
/// take a compiler time that grows with its square.
template <class Op>
inline constexpr std::int32_t operator_index = decltype(find_operator<Op>(
    static_cast<const IndexedOperators<Operators, std::make_index_sequence<Operators::size>>*>(nullptr)))::value;

template <std::int32_t Index, class Op>
constexpr std::type_identity<Op> operator_at(const IndexedOperator<Index, Op>*);

}  // namespace detail

/// The operator type of a number.
template <std::int32_t Index>
using OperatorAt = typename decltype(detail::operator_at<Index>(
    static_cast<const detail::IndexedOperators<Operators, std::make_index_sequence<Operators::size>>*>(
        nullptr)))::type;

/// Any operator with its parameters: the operator's number and its parameters as words. A `std::variant` of
/// all operators would cost some hundred steps of constant evaluation for each copy, this costs a few.
class Operator {
 public:
  static constexpr std::size_t words = 24;

  constexpr Operator() = default;
  template <class Op>
  requires requires { Op::name; }
  constexpr Operator(const Op& op)  // implicit: an operator goes wherever any operator is taken
      : kind_(detail::operator_index<Op>), words_(words_of(op)) {}

  template <class Op>
  [[nodiscard]] constexpr bool is() const {
    return kind_ == detail::operator_index<Op>;
  }
  /// The parameters; the operator must be an `Op`.
  template <class Op>
  [[nodiscard]] constexpr Op as() const {
    DLPU_ASSERT(is<Op>());
    if constexpr (std::is_empty_v<Op>)
      return Op{};
    else
      return std::bit_cast<Stored<Op>>(words_).op;
  }
  /// The operator's position in `Operators`.
  [[nodiscard]] constexpr std::int32_t kind() const { return kind_; }

  friend constexpr bool operator==(const Operator&, const Operator&) = default;

 private:
  using Words = std::array<std::int32_t, words>;

  template <class Op>
  struct Stored {
    static_assert(std::is_trivially_copyable_v<Op> && sizeof(Op) % sizeof(std::int32_t) == 0 &&
                      sizeof(Op) < sizeof(Words),
                  "an operator's parameters are plain 32-bit values, fewer than 24");
    Op op;
    std::array<std::int32_t, words - sizeof(Op) / sizeof(std::int32_t)> rest{};
  };

  template <class Op>
  static constexpr Words words_of(const Op& op) {
    if constexpr (std::is_empty_v<Op>)
      return {};
    else
      return std::bit_cast<Words>(Stored<Op>{op});
  }

  std::int32_t kind_ = 0;
  Words words_{};
};

namespace detail {
template <class Op, class F>
constexpr auto invoke_with(const Operator& any, F& f) {
  return f(any.template as<Op>());
}
template <class F, class First, class... Rest>
constexpr auto visit(const Operator& any, F& f, type_list<First, Rest...>) {
  using Call = decltype(&invoke_with<First, F>);
  constexpr Call calls[] = {&invoke_with<First, F>, &invoke_with<Rest, F>...};
  return calls[any.kind()](any, f);
}
}  // namespace detail

/// Calls `f` with the operator as its own type. `f` returns the same type for all.
template <class F>
constexpr auto visit(const Operator& any, F f) {
  return detail::visit(any, f, Operators{});
}

namespace detail {
template <class... Ops>
constexpr std::array<std::string_view, sizeof...(Ops)> operator_names(type_list<Ops...>) {
  return {Ops::name...};
}
}  // namespace detail

/// The operator's name in TensorFlow Lite, e.g. "CONV_2D".
[[nodiscard]] constexpr std::string_view name_of(const Operator& any) {
  return detail::operator_names(Operators{})[static_cast<std::size_t>(any.kind())];
}

}  // namespace dlpu::inline DLPU_ABI

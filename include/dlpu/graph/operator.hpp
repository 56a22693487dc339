#pragma once

/// All operators, and the value that holds any one of them.

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "dlpu/ops/add.hpp"
#include "dlpu/ops/concatenation.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "dlpu/ops/dequantize.hpp"
#include "dlpu/ops/fully_connected.hpp"
#include "dlpu/ops/mean.hpp"
#include "dlpu/ops/pad.hpp"
#include "dlpu/ops/pool2d.hpp"
#include "dlpu/ops/quantize.hpp"
#include "dlpu/ops/relu.hpp"
#include "dlpu/ops/reshape.hpp"
#include "dlpu/ops/softmax.hpp"

namespace dlpu::inline DLPU_ABI {

/// The operators that a graph may hold. A new operator is one more header above and one more name here.
using Operators = type_list<op::Conv2d, op::DepthwiseConv2d, op::FullyConnected, op::Add, op::Relu, op::Clamp,
                            op::AveragePool2d, op::MaxPool2d, op::Mean, op::Concatenation, op::Pad,
                            op::Reshape, op::Softmax, op::Quantize, op::Dequantize>;

namespace detail {
template <class T, class List>
struct index_in;
template <class T, class... Ts>
struct index_in<T, type_list<Ts...>> {
  static constexpr std::int32_t value = [] {
    std::int32_t index = 0;
    (void)((std::is_same_v<T, Ts> || (++index, false)) || ...);
    return index;
  }();
  static_assert(value < static_cast<std::int32_t>(sizeof...(Ts)),
                "this type is no operator; add it to dlpu::Operators");
};
}  // namespace detail

/// Any operator with its parameters: the operator's number and its parameters as words. A `std::variant` of
/// all operators would cost some hundred steps of constant evaluation for each copy, this costs a few.
class Operator {
 public:
  static constexpr std::size_t words = 24;

  constexpr Operator() = default;
  template <class Op>
  requires requires { Op::name; }
  constexpr Operator(const Op& op)  // implicit: an operator goes wherever any operator is taken
      : kind_(detail::index_in<Op, Operators>::value), words_(std::bit_cast<Words>(Stored<Op>{op})) {}

  template <class Op>
  [[nodiscard]] constexpr bool is() const {
    return kind_ == detail::index_in<Op, Operators>::value;
  }
  /// The parameters; the operator must be an `Op`.
  template <class Op>
  [[nodiscard]] constexpr Op as() const {
    DLPU_ASSERT(is<Op>());
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

/// The operator's name in TensorFlow Lite, e.g. "CONV_2D".
[[nodiscard]] constexpr std::string_view name_of(const Operator& any) {
  return visit(any, [](const auto& op) { return std::string_view(op.name); });
}

}  // namespace dlpu::inline DLPU_ABI

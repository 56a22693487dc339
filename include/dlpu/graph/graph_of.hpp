#pragma once

/// The graph of a network type.

#include <array>
#include <type_traits>
#include <utility>

#include "dlpu/graph/builder.hpp"

namespace dlpu::inline DLPU_ABI {

namespace detail {
constexpr Graph finish(Builder& builder, Value output) {
  return std::move(builder).finish({&output, 1});
}
template <std::size_t N>
constexpr Graph finish(Builder& builder, const std::array<Value, N>& outputs) {
  return std::move(builder).finish(outputs);
}
/// What `build` returned is no value: reported like any other broken rule.
template <class Other>
constexpr Graph finish(Builder& builder, const Other&) {
  return finish(builder, Value{});
}

template <class Model>
[[nodiscard]] constexpr Graph evaluate_graph() {
  Builder builder;
  if constexpr (std::is_void_v<decltype(Model::build(builder))>) {
    Model::build(builder);
    return finish(builder, Value{});
  } else {
    return finish(builder, Model::build(builder));
  }
}

template <class Model>
inline constexpr GraphSize graph_size_of = evaluate_graph<Model>().size();
}  // namespace detail

/// The graph of a network type as a constant.
template <class Model>
inline constexpr auto graph_of = StaticGraph<detail::graph_size_of<Model>>(detail::evaluate_graph<Model>());

/// The same graph as a value of its own. It is a copy of the constant, because only constant evaluation orders nested
/// calls such as `g.add(g.relu(x), g.relu(y))` from left to right in every compiler.
template <class Model>
[[nodiscard]] Graph build_graph() {
  return graph_of<Model>.graph();
}

}  // namespace dlpu::inline DLPU_ABI

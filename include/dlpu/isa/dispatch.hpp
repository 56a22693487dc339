#pragma once

/// From a rung to the code for it: called once, when a kernel object is constructed, never inside loops.
///
/// An operator's kernel is a class template on the instruction set:
///
///     template <class Isa, class Storage, class R> struct Conv2dRung : Conv2dRung<typename Isa::weaker,
///     Storage, R> {}; template <class Storage, class R> struct Conv2dRung<isa::scalar, Storage, R> { using
///     isa_type = isa::scalar; ... };
///
/// Only the scalar specialization is obligatory: a missing one inherits the weaker rung's, and `isa_type`
/// tells which one really runs. Every specialization of an operator is included from the operator's header,
/// because one seen in some translation units only would break the one-definition rule.

#include <algorithm>
#include <cstddef>

#include "dlpu/isa/detect.hpp"

namespace dlpu::inline DLPU_ABI {
namespace isa {

namespace detail {
template <class F, class... Tags>
constexpr void visit_rung(Rung rung, F& f, list<Tags...>) {
  Rung index = 0;
  (void)((index++ == rung && (f(Tags{}), true)) || ...);
}
template <class F, class... Tags>
constexpr std::size_t max_over(F& f, list<Tags...>) {
  return std::max({f(Tags{})...});
}
}  // namespace detail

/// Calls `f(tag)` with the tag of a rung.
template <class F>
constexpr void visit_rung(Rung rung, F f) {
  detail::visit_rung(rung, f, ladder{});
}

/// The largest `f(tag)` over all rungs of the build: sizes that hold whatever CPU the program meets are
/// constants.
template <class F>
[[nodiscard]] constexpr std::size_t max_over_ladder(F f) {
  return detail::max_over(f, ladder{});
}

}  // namespace isa
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Rules: one documented fact each, with its sentence and source. The same line feeds the compile error, the
/// report and the documentation.

#include <string_view>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {

/// A rule as data, for reports. Compared by address: each rule exists once.
struct Rule {
  std::string_view id;        ///< e.g. "Artpec9KernelSize"
  std::string_view sentence;  ///< what the rule says and how to obey it, in the user's words
  std::string_view source;    ///< where it is documented; empty for rules of dlpu itself
};

/// Never true; depends on `Where`, so that a `static_assert` fires only when a broken rule is reported.
template <class Where>
inline constexpr bool runs_at = false;

template <class... Ts>
struct type_list {
  static constexpr std::size_t size = sizeof...(Ts);
};

}  // namespace dlpu::inline DLPU_ABI

/// Defines the type `ID` of a rule. C++20 wants a literal in `static_assert`, so each rule carries its own:
/// the instantiation of `ID::broken<Where>` is one compile error with the sentence and the place.
#define DLPU_RULE(ID, SENTENCE, SOURCE)                        \
  struct ID {                                                  \
    static constexpr ::dlpu::Rule rule{#ID, SENTENCE, SOURCE}; \
    template <class Where>                                     \
    struct broken {                                            \
      static_assert(::dlpu::runs_at<Where>, SENTENCE);         \
    };                                                         \
  }

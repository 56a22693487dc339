#pragma once

/// An operator as C++ that calls the builder.

#include <string>
#include <string_view>

#include "dlpu/graph/operator.hpp"

namespace dlpu::command {

/// A call without its operands: `g.conv2d(` + operands + `, {.filters = 8, .kernel = 3})`.
struct OperatorText {
  std::string function;  ///< of the builder
  std::string options;   ///< in braces; empty where the function takes none
  bool takes_list = false;
};

[[nodiscard]] OperatorText text_of(const Operator& any);

[[nodiscard]] std::string text_of(const Shape& shape);
[[nodiscard]] std::string text_of(ElementType element);
/// A literal that reads back as the same bits; not for NaN.
[[nodiscard]] std::string text_of(float value);
/// A string literal with its quotes.
[[nodiscard]] std::string quoted_text(std::string_view text);

}  // namespace dlpu::command

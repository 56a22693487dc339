#pragma once

/// Names of operators and tensors, such as `block_2.expand`: a path of words and numbers, cheap in constant
/// expressions because nothing is concatenated before somebody reads it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {

/// One step of a path: "block" with index 2 reads `block_2`; without an index, `stem`.
struct NamePart {
  std::string_view text;
  std::int32_t index = -1;
  friend constexpr bool operator==(const NamePart&, const NamePart&) = default;
};

/// The words are not owned: literals in networks composed in code, the file's bytes in networks from files.
struct Name {
  static constexpr std::size_t max_depth = 5;

  std::array<NamePart, max_depth> parts{};
  std::size_t depth = 0;

  constexpr void push(NamePart part) {
    if (depth < max_depth) parts[depth++] = part;
  }
  constexpr void pop() {
    if (depth > 0) parts[--depth] = {};  // cleared, so that equal names have equal parts
  }
  friend constexpr bool operator==(const Name&, const Name&) = default;
};

[[nodiscard]] inline std::string to_string(const Name& name) {
  std::string text;
  for (std::size_t i = 0; i < name.depth; ++i) {
    if (i > 0) text += '.';
    text += name.parts[i].text;
    if (name.parts[i].index >= 0) text.append("_").append(std::to_string(name.parts[i].index));
  }
  return text;
}

namespace detail {
/// The part that reads as `text`: `conv2d_3` is `conv2d` with index 3, so that equal texts are equal parts.
constexpr NamePart name_part(std::string_view text) {
  const std::size_t last = text.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last == 0 || text[last] != '_') return {text};
  const std::string_view digits = text.substr(last + 1);
  if (digits.empty() || digits.size() > 9 || (digits[0] == '0' && digits.size() > 1)) return {text};
  std::int32_t index = 0;
  for (const char digit : digits) index = 10 * index + (digit - '0');
  return {text.substr(0, last), index};
}
/// Takes `prefix` off the front of `text`; false where it is not there.
constexpr bool consume(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}
constexpr bool consume_number(std::string_view& text, std::int32_t number) {
  std::int32_t divisor = 1;
  while (number / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) {
    const char digit = static_cast<char>('0' + number / divisor % 10);
    if (!consume(text, std::string_view(&digit, 1))) return false;
  }
  return true;
}
}  // namespace detail

/// Whether `text` is how the name reads.
[[nodiscard]] constexpr bool reads_as(const Name& name, std::string_view text) {
  for (std::size_t i = 0; i < name.depth; ++i) {
    if (i > 0 && !detail::consume(text, ".")) return false;
    if (!detail::consume(text, name.parts[i].text)) return false;
    const std::int32_t index = name.parts[i].index;
    if (index >= 0 && !(detail::consume(text, "_") && detail::consume_number(text, index))) return false;
  }
  return text.empty();
}

}  // namespace dlpu::inline DLPU_ABI

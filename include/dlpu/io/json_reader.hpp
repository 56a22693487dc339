#pragma once

/// The part of JSON (RFC 8259) that file headers use: objects, arrays, strings and non-negative integers. Nothing
/// recurses, so that no text is too deep.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "dlpu/io/text_cursor.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::detail {

/// A cursor over JSON text.
class JsonReader : public TextCursor {
 public:
  using TextCursor::TextCursor;

  /// Calls `member(key)` for each member of an object; it must read the value.
  template <class F>
  void object(F member) {
    list('{', '}', false, [&] {
      std::string key = string();
      expect(':');
      if (ok()) member(std::move(key));
    });
  }
  /// Calls `element()` for each element of an array; it must read it.
  template <class F>
  void array(F element) {
    list('[', ']', false, element);
  }

  std::string string() {
    std::string result;
    expect('"');
    while (ok()) {
      if (at_end()) fail("a string does not end");
      const char c = next();
      if (c == '"') return result;
      if (static_cast<unsigned char>(c) < 0x20) fail("a string holds a control character");
      if (c == '\\')
        escape(result);
      else
        result += c;
    }
    return {};
  }

 private:
  /// What follows a backslash.
  void escape(std::string& result) {
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char c = next();
    const std::size_t index = letters.find(c);
    if (c == 'u') {
      unicode_escape(result);
    } else if (index != std::string_view::npos) {
      result += meanings[index];
    } else {
      fail("a string holds an unknown escape sequence");
    }
  }

  /// Four hexadecimal digits, or a surrogate pair of two such escapes, as UTF-8.
  void unicode_escape(std::string& result) {
    std::uint32_t code = hexadecimal();
    if (code >= 0xD800 && code < 0xDC00 && next() == '\\' && next() == 'u') {
      const std::uint32_t low = hexadecimal();
      if (low >= 0xDC00 && low < 0xE000) code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code < 0xE000) return fail("a string holds half of a surrogate pair");
    const auto add = [&](std::uint32_t byte) { result += static_cast<char>(byte); };
    if (code < 0x80) return add(code);
    if (code >= 0x10000) {
      add(0xF0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3F));
    } else if (code >= 0x800) {
      add(0xE0 | code >> 12);
    }
    if (code >= 0x800)
      add(0x80 | (code >> 6 & 0x3F));
    else
      add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  }

  std::uint32_t hexadecimal() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = next();
      const std::uint32_t digit = c >= '0' && c <= '9'   ? static_cast<std::uint32_t>(c - '0')
                                  : c >= 'a' && c <= 'f' ? static_cast<std::uint32_t>(c - 'a' + 10)
                                  : c >= 'A' && c <= 'F' ? static_cast<std::uint32_t>(c - 'A' + 10)
                                                         : 16;
      if (digit == 16) {
        fail("\\u must be followed by four hexadecimal digits");
        return 0;
      }
      value = value << 4 | digit;
    }
    return value;
  }
};

}  // namespace io::detail
}  // namespace dlpu::inline DLPU_ABI

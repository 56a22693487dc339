#pragma once

/// The part of JSON (RFC 8259) that file headers use: objects, arrays, strings and non-negative integers. The text
/// is not trusted: nothing recurses, nothing is read past the end, and the first problem is kept.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

/// `name` between quotes and fit to print: control characters become '?', long names are cut.
[[nodiscard]] inline std::string quoted(std::string_view name) {
  constexpr std::size_t longest = 100;
  std::string text = "'";
  for (const char c : name.substr(0, longest)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return text + (name.size() > longest ? "...'" : "'");
}

/// A cursor over JSON text. After the first problem every read returns an empty value and moves no further, so
/// that callers test once, at the end.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool ok() const { return problem_.empty(); }
  /// The first problem, e.g. "at byte 17 of the header: a string was expected".
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// Keeps `reason`, unless there was a problem before.
  void fail(const std::string& reason) {
    if (ok()) problem_ = "at byte " + std::to_string(position_) + " of the header: " + reason;
  }

  /// Steps over `wanted` where it is the next character that is not white space.
  bool take(char wanted) {
    if (!ok() || peek() != wanted || position_ == text_.size()) return false;
    ++position_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) fail(std::string("'") + wanted + "' was expected");
  }
  void expect_end() {
    peek();
    if (position_ != text_.size()) fail("there is text behind the end of the header");
  }

  /// Calls `member(key)` for each member of an object; it must read the value.
  template <class F>
  void object(F member) {
    expect('{');
    if (take('}')) return;
    do {
      std::string key = string();
      expect(':');
      if (ok()) member(std::move(key));
    } while (take(','));
    expect('}');
  }
  /// Calls `element()` for each element of an array; it must read it.
  template <class F>
  void array(F element) {
    expect('[');
    if (take(']')) return;
    do {
      if (ok()) element();
    } while (take(','));
    expect(']');
  }

  std::uint64_t unsigned_integer() {
    const char first = peek();
    if (!ok() || first < '0' || first > '9') {
      fail("a number without sign and fraction was expected");
      return 0;
    }
    std::uint64_t value = 0;
    for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
      const auto digit = static_cast<std::uint64_t>(text_[position_] - '0');
      if (value > (UINT64_MAX - digit) / 10) {
        fail("the number does not fit into 64 bits");
        return 0;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  std::string string() {
    std::string result;
    expect('"');
    while (ok()) {
      if (position_ == text_.size()) {
        fail("a string does not end");
        break;
      }
      const char c = text_[position_++];
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
  /// The next character that is not white space; NUL at the end.
  char peek() {
    constexpr std::string_view white_space = " \t\n\r";
    while (position_ < text_.size() && white_space.find(text_[position_]) != std::string_view::npos) ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  /// What follows a backslash.
  void escape(std::string& result) {
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char c = position_ < text_.size() ? text_[position_++] : '\0';
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
    const bool high = code >= 0xD800 && code < 0xDC00;
    if (high && text_.substr(position_, 2) == "\\u") {
      position_ += 2;
      const std::uint32_t low = hexadecimal();
      code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xDC00;
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
      const char c = position_ < text_.size() ? text_[position_++] : '\0';
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

  std::string_view text_;
  std::size_t position_ = 0;
  std::string problem_;
};

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

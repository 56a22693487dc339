#pragma once

/// A cursor over the text of a file's header. The text is not trusted: nothing is read past the end, and the first
/// problem is kept.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::detail {

/// What readers of headers share. After the first problem every read returns an empty value and moves no further, so
/// that callers test once, at the end.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool ok() const { return problem_.empty(); }
  /// The first problem, e.g. "at byte 17 of the header: a string was expected".
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// Keeps `reason`, unless there was a problem before.
  void fail(const std::string& reason) {
    if (ok()) problem_ = "at byte " + std::to_string(position_) + " of the header: " + reason;
  }

  /// The next character that is not white space; NUL at the end and after a problem.
  char peek() {
    constexpr std::string_view white_space = " \t\n\r";
    while (ok() && !at_end() && white_space.find(text_[position_]) != std::string_view::npos) ++position_;
    return ok() && !at_end() ? text_[position_] : '\0';
  }
  /// The very next character; NUL at the end.
  char next() { return at_end() ? '\0' : text_[position_++]; }

  /// Steps over `wanted` where it comes next, white space apart.
  bool take(char wanted) {
    if (peek() != wanted || at_end()) return false;
    ++position_;
    return true;
  }
  bool take_word(std::string_view wanted) {
    peek();
    if (!ok() || text_.substr(position_, wanted.size()) != wanted) return false;
    position_ += wanted.size();
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) fail(std::string("'") + wanted + "' was expected");
  }
  void expect_end() {
    peek();
    if (!at_end()) fail("there is text behind the end of the header");
  }

  /// Calls `element()` for each element of a list between `open` and `close`; it must read the element. A comma may
  /// stand behind the last one where the format says so.
  template <class F>
  void list(char open, char close, bool trailing_comma, F element) {
    expect(open);
    if (!ok() || take(close)) return;
    do {
      if (trailing_comma && take(close)) return;
      element();
    } while (take(','));
    expect(close);
  }

  std::uint64_t unsigned_integer() {
    if (const char first = peek(); first < '0' || first > '9') {
      fail("a number without sign and fraction was expected");
      return 0;
    }
    std::uint64_t value = 0;
    for (; !at_end() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
      const auto digit = static_cast<std::uint64_t>(text_[position_] - '0');
      if (value > (UINT64_MAX - digit) / 10) {
        fail("the number does not fit into 64 bits");
        return 0;
      }
      value = value * 10 + digit;
    }
    return value;
  }

 protected:
  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  std::string problem_;
};

}  // namespace io::detail
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Errors that only run time can tell: a value or a sentence. No exception crosses the library.

#include <optional>
#include <string>
#include <utility>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {

/// Why something failed: one sentence that names the file, the operator or tensor, the reason and the fix.
struct Error {
  std::string message;
};

/// A `T` or an `Error`. Test it before use; `*result` without a value breaks a contract.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                // implicit: `return value;`
  Result(Error error) : message_(std::move(error.message)) {}  // implicit: `return Error{...};`

  [[nodiscard]] bool has_value() const { return value_.has_value(); }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] T& operator*() & {
    DLPU_ASSERT(has_value());
    return *value_;
  }
  [[nodiscard]] const T& operator*() const& {
    DLPU_ASSERT(has_value());
    return *value_;
  }
  [[nodiscard]] T&& operator*() && {
    DLPU_ASSERT(has_value());
    return std::move(*value_);
  }
  [[nodiscard]] T* operator->() { return &**this; }
  [[nodiscard]] const T* operator->() const { return &**this; }

  /// The sentence; empty where there is a value.
  [[nodiscard]] const std::string& error() const { return message_; }

 private:
  // Not a std::variant, which costs every user of the header several times as much to compile for each type.
  std::optional<T> value_;
  std::string message_;
};

/// Success without a value, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : message_(std::move(error.message)), failed_(true) {}

  [[nodiscard]] bool has_value() const { return !failed_; }
  explicit operator bool() const { return !failed_; }
  [[nodiscard]] const std::string& error() const { return message_; }

 private:
  std::string message_;
  bool failed_ = false;
};

}  // namespace dlpu::inline DLPU_ABI

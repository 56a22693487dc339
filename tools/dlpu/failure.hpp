#pragma once

/// How a command stops when something is wrong: an exception that `main` prints as one line. The library has none; its
/// `Result` becomes one here.

#include <stdexcept>
#include <string>
#include <utility>

#include "dlpu/core/result.hpp"

namespace dlpu::command {

/// The message names the file or option, the reason and the fix.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The value, or a `Failure` with its reason.
template <class T>
[[nodiscard]] T value_of(Result<T> result) {
  if (!result) throw Failure(result.error());
  return *std::move(result);
}
inline void require(const Result<void>& result) {
  if (!result) throw Failure(result.error());
}

}  // namespace dlpu::command

#pragma once

/// Who runs the parts of a network that can run at the same time. Whatever a caller has will do: a thread pool, a task
/// system, or `dlpu::ThreadPool` (core/thread_pool.hpp).

#include <concepts>
#include <cstddef>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {

namespace detail {
struct AnyPart {
  void operator()(std::size_t) const {}
};
}  // namespace detail

/// `size()` is how many parts can run at once; `for_each(n, f)` calls `f(0) ... f(n - 1)`, `n <= size()`, each once, in
/// any order and on any thread, and returns when all have returned.
template <class E>
concept Executor = requires(E& executor, const detail::AnyPart& part) {
  { executor.size() } -> std::convertible_to<std::size_t>;
  executor.for_each(std::size_t{1}, part);
};

/// Runs everything on the thread that asks.
struct SameThread {
  [[nodiscard]] static constexpr std::size_t size() { return 1; }
  template <class F>
  static constexpr void for_each(std::size_t count, const F& f) {
    for (std::size_t i = 0; i < count; ++i) f(i);
  }
};

}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Threads that wait for the parts of one operator after another. The steps of a network take microseconds, less than a
/// sleeping thread takes to wake, so workers look for work for a while before they sleep.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "dlpu/core/executor.hpp"

namespace dlpu::inline DLPU_ABI {

/// An `Executor` of `size` threads, the calling one included. One thread at a time may call `for_each`.
class ThreadPool {
 public:
  explicit ThreadPool(std::size_t size) {
    for (std::size_t part = 1; part < size; ++part) workers_.emplace_back([this, part] { work(part); });
  }
  ~ThreadPool() {
    start(nullptr, nullptr, 0);
    for (std::thread& worker : workers_) worker.join();
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] std::size_t size() const { return workers_.size() + 1; }

  /// Calls `f(0) ... f(count - 1)`, each on a thread of its own; `count` is at most `size()`.
  template <class F>
  void for_each(std::size_t count, const F& f) {
    if (count > 1) start([](const void* any, std::size_t part) { (*static_cast<const F*>(any))(part); }, &f, count);
    if (count > 0) f(0);
    if (count > 1) {
      for (int look = 0; running_.load(std::memory_order_acquire) != 0; ++look) pause(look);
    }
  }

 private:
  using Call = void (*)(const void*, std::size_t);

  void start(Call call, const void* context, std::size_t count) {
    call_ = call;
    context_ = context;
    count_ = count;
    running_.store(workers_.size(), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
  }

  void work(std::size_t part) {
    for (std::uint32_t done = 0;; ++done) {
      for (int look = 0; generation_.load(std::memory_order_acquire) == done; ++look) {
        if (look < looks_before_sleep)
          pause(look);
        else
          generation_.wait(done, std::memory_order_acquire);
      }
      if (call_ == nullptr) return;
      if (part < count_) call_(context_, part);
      running_.fetch_sub(1, std::memory_order_release);
    }
  }

  /// Waits for a moment; where there are fewer processors than threads, another one must get its turn at times.
  static void pause(int look) {
    if (look % 1024 == 1023) return std::this_thread::yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
  }

  static constexpr int looks_before_sleep = 20000;  // about a millisecond

  std::vector<std::thread> workers_;
  Call call_ = nullptr;
  const void* context_ = nullptr;
  std::size_t count_ = 0;
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<std::size_t> running_{0};
};

}  // namespace dlpu::inline DLPU_ABI

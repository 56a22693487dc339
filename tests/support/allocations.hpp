#pragma once

/// Counts every allocation of a test program. To be included by one source file: it replaces the global operators.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace dlpu::golden {

inline std::atomic<std::size_t> allocations{0};

/// How many allocations a function makes.
template <class F>
std::size_t allocations_in(F function) {
  const std::size_t before = allocations;
  function();
  return allocations - before;
}

inline void* count_and_allocate(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace dlpu::golden

// Not inlined: g++ 12 would take the visible `free` for a mismatch with the `new` that it does not see through.
#define DLPU_REPLACES [[gnu::noinline]]

DLPU_REPLACES void* operator new(std::size_t bytes) {
  return dlpu::golden::count_and_allocate(bytes, alignof(std::max_align_t));
}
DLPU_REPLACES void* operator new[](std::size_t bytes) {
  return dlpu::golden::count_and_allocate(bytes, alignof(std::max_align_t));
}
DLPU_REPLACES void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return dlpu::golden::count_and_allocate(bytes, static_cast<std::size_t>(alignment));
}
DLPU_REPLACES void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return dlpu::golden::count_and_allocate(bytes, static_cast<std::size_t>(alignment));
}
DLPU_REPLACES void operator delete(void* memory) noexcept {
  std::free(memory);
}
DLPU_REPLACES void operator delete[](void* memory) noexcept {
  std::free(memory);
}
DLPU_REPLACES void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
DLPU_REPLACES void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
DLPU_REPLACES void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
DLPU_REPLACES void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
DLPU_REPLACES void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
DLPU_REPLACES void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

#undef DLPU_REPLACES

#pragma once

/// Heap storage aligned to `dlpu::alignment` bytes.

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "dlpu/core/config.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace dlpu::inline DLPU_ABI {

/// An owned block of zeroed bytes on a 64-byte boundary; moves, does not copy. From 2 MB on it lies on huge pages where
/// Linux grants them: each run reads all weights of a network, and would look up one page after another.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes) : size_(bytes) {
    if (bytes == 0) return;
    data_ = static_cast<std::byte*>(::operator new(align_up(bytes), start(bytes)));
    ask_for_huge_pages();
    std::memset(data_, 0, bytes);
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  ~AlignedBuffer() { ::operator delete(data_, start(size_)); }

  [[nodiscard]] std::byte* data() { return data_; }
  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<std::byte> bytes() { return {data_, size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  static constexpr std::size_t huge_page = std::size_t{2} << 20;

  /// The boundary that a block of so many bytes begins on.
  static constexpr std::align_val_t start(std::size_t bytes) {
    return std::align_val_t{bytes < huge_page ? alignment : huge_page};
  }
  void ask_for_huge_pages() {
#if defined(MADV_HUGEPAGE)
    const std::size_t whole = size_ / huge_page * huge_page;
    if (whole > 0) ::madvise(data_, whole, MADV_HUGEPAGE);  // refused, ordinary pages do
#endif
  }

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A block of static size for arenas and packed weights: no heap, right alignment, never empty.
template <std::size_t Bytes>
struct alignas(alignment) StaticBuffer {
  static constexpr std::size_t size = Bytes;
  std::byte data[align_up(Bytes == 0 ? 1 : Bytes)];

  [[nodiscard]] std::span<std::byte> bytes() { return {data, Bytes}; }
};

}  // namespace dlpu::inline DLPU_ABI

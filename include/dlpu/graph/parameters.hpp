#pragma once

/// The numbers of a network: weights, scales and zero points, apart from its structure.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "dlpu/graph/graph.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {

/// What is known of one tensor besides its type. Nothing is owned.
struct TensorData {
  Quantization quantization;        ///< of activations; a filter's zero point
  std::span<const float> scales;    ///< of a filter: one, or one per output channel
  std::span<const std::byte> data;  ///< of weights and constants, in the layout that the operator states

  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    DLPU_ASSERT(reinterpret_cast<std::uintptr_t>(data.data()) % alignof(T) == 0);
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
};

/// One entry per tensor of a graph, and the memory behind them. Moves, does not copy.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(std::size_t tensors) : tensors_(tensors) {}

  [[nodiscard]] std::span<const TensorData> tensors() const { return tensors_; }
  /// One entry per tensor, for those who learn their number late.
  void set_tensors(std::vector<TensorData> tensors) { tensors_ = std::move(tensors); }
  [[nodiscard]] TensorData& operator[](std::int32_t tensor) { return tensors_[static_cast<std::size_t>(tensor)]; }
  [[nodiscard]] const TensorData& operator[](std::int32_t tensor) const {
    return tensors_[static_cast<std::size_t>(tensor)];
  }

  /// The same numbers in memory that stays here: this object must outlive the result.
  [[nodiscard]] Parameters borrowed() const {
    Parameters result;
    result.tensors_ = tensors_;
    return result;
  }

  /// Room for `count` elements that lives as long as the parameters, on a 64-byte boundary.
  template <class T>
  [[nodiscard]] std::span<T> allocate(std::size_t count) {
    storage_.emplace_back(count * sizeof(T));
    owned_bytes_ += count * sizeof(T);
    return {reinterpret_cast<T*>(storage_.back().data()), count};
  }
  /// A copy of `values` that lives as long as the parameters.
  template <class T>
  [[nodiscard]] std::span<const T> keep(std::span<const T> values) {
    const std::span<T> copy = allocate<T>(values.size());
    if (!values.empty()) std::memcpy(copy.data(), values.data(), values.size_bytes());
    return copy;
  }

  /// Bytes of the memory that lives as long as the parameters.
  [[nodiscard]] std::size_t owned_bytes() const { return owned_bytes_; }

 private:
  std::vector<TensorData> tensors_;
  std::vector<AlignedBuffer> storage_;
  std::size_t owned_bytes_ = 0;
};

}  // namespace dlpu::inline DLPU_ABI

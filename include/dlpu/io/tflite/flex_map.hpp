#pragma once

/// The options of custom operators: a flexbuffer that is a map from names to numbers. Every read is checked, for
/// nothing from a file is trusted; whatever does not fit makes the map invalid or the number missing.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

class FlexMap {
 public:
  /// The bytes must outlive the map. They end with the root: its value, its type and the value's width.
  explicit FlexMap(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
    if (bytes.size() < 3) return;
    const std::size_t width = bytes[bytes.size() - 1], end = bytes.size() - 2;
    const std::uint8_t type = bytes[end];
    if (type >> 2 != map_type || !is_width(width) || width > end) return;
    const auto start = target(end - width, width);
    width_ = std::size_t{1} << (type & 3);
    if (!start || *start < 3 * width_) return;
    values_ = *start;
    const auto size = read(values_ - width_, width_), key_width = read(values_ - 2 * width_, width_);
    const auto keys = target(values_ - 3 * width_, width_);
    // Each value has `width_` bytes and one for its type, each key an offset.
    if (!size || !key_width || !keys || !is_width(*key_width) || *size > bytes.size() / (width_ + 1)) return;
    if (*size * (width_ + 1) > bytes.size() - values_ || *size * *key_width > bytes.size() - *keys) return;
    keys_ = *keys;
    key_width_ = static_cast<std::size_t>(*key_width);
    size_ = static_cast<std::size_t>(*size);
    valid_ = true;
  }

  [[nodiscard]] bool valid() const { return valid_; }
  /// The number of that name, true as 1; nothing where there is none.
  [[nodiscard]] std::optional<double> number(std::string_view name) const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (!is_key(i, name)) continue;
      const std::uint8_t type = bytes_[values_ + size_ * width_ + i];
      const std::size_t place = values_ + i * width_;
      constexpr std::uint8_t integer = 1, indirect_integer = 6, boolean = 26;
      const std::uint8_t kind = type >> 2;
      if (kind == boolean) return scalar(place, width_, integer + 1);
      if (kind < indirect_integer) return scalar(place, width_, kind);
      const auto elsewhere = target(place, width_);  // integer, unsigned or real, with a width of its own
      if (!elsewhere || kind > indirect_integer + 2) return {};
      return scalar(*elsewhere, std::size_t{1} << (type & 3), kind - indirect_integer + integer);
    }
    return {};
  }

 private:
  static constexpr std::uint8_t map_type = 9;

  static bool is_width(std::uint64_t width) { return width == 1 || width == 2 || width == 4 || width == 8; }
  /// An unsigned little-endian number.
  [[nodiscard]] std::optional<std::uint64_t> read(std::size_t place, std::size_t width) const {
    if (place > bytes_.size() || width > bytes_.size() - place) return {};
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | bytes_[place + i];
    return value;
  }
  /// Where an offset, which counts backwards from its own place, leads.
  [[nodiscard]] std::optional<std::size_t> target(std::size_t place, std::size_t width) const {
    const auto offset = read(place, width);
    if (!offset || *offset > place) return {};
    return place - static_cast<std::size_t>(*offset);
  }
  /// `kind` 1: integer, 2: unsigned, 3: real.
  [[nodiscard]] std::optional<double> scalar(std::size_t place, std::size_t width, int kind) const {
    const auto bits = read(place, width);
    if (!bits || kind < 1 || kind > 3) return {};
    if (kind == 2) return static_cast<double>(*bits);
    if (kind == 1) {
      const auto unused = static_cast<int>(64 - 8 * width);
      return static_cast<double>(static_cast<std::int64_t>(*bits << unused) >> unused);
    }
    if (width == 8) return std::bit_cast<double>(*bits);
    if (width == 4) return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*bits)));
    return {};
  }
  [[nodiscard]] bool is_key(std::size_t i, std::string_view name) const {
    const auto place = target(keys_ + i * key_width_, key_width_);
    if (!place || bytes_.size() - *place <= name.size()) return false;
    return std::memcmp(bytes_.data() + *place, name.data(), name.size()) == 0 && bytes_[*place + name.size()] == 0;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t values_ = 0, width_ = 1, keys_ = 0, key_width_ = 1, size_ = 0;
  bool valid_ = false;
};

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

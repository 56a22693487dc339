#pragma once

/// Arrays as files store them: row-major bytes with an element type and a shape, and typed access that checks both.

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dlpu/core/element.hpp"
#include "dlpu/core/result.hpp"
#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

static_assert(std::endian::native == std::endian::little, "dlpu/io: files are little endian, and so must the CPU be");

/// A C++ type that an array in a file can hold.
template <class T>
concept StoredElement = (element_type_of<T> != ElementType::activation);

/// Bytes of a row-major array; nothing where a dimension is negative, or where the number, or the number of elements with
/// empty dimensions counted as one, does not fit into 63 bits. `type` has a size: it is not `activation`.
[[nodiscard]] constexpr std::optional<std::uint64_t> stored_bytes(const Shape& shape, ElementType type) {
  DLPU_ASSERT(element_bytes(type) != 0);
  const std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / element_bytes(type);
  bool empty = false;
  std::uint64_t elements = 1;
  for (int i = 0; i < shape.rank; ++i) {
    if (shape[i] < 0) return std::nullopt;
    const auto dim = static_cast<std::uint64_t>(shape[i]);
    empty = empty || dim == 0;
    if (dim > 1 && elements > limit / dim) return std::nullopt;
    elements *= std::max<std::uint64_t>(dim, 1);
  }
  return empty ? 0 : elements * element_bytes(type);
}

/// Where the first NaN or infinity stands; nothing where all numbers are finite. It looks at the bits, so that it
/// also works under -ffast-math.
[[nodiscard]] constexpr std::optional<std::size_t> first_not_finite(std::span<const float> values) {
  constexpr std::uint32_t exponent = 0x7F800000u;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if ((std::bit_cast<std::uint32_t>(values[i]) & exponent) == exponent) return i;
  }
  return std::nullopt;
}

/// A view of an array's bytes. What it looks at must outlive it.
struct StoredArray {
  ElementType type = ElementType::float32;
  Shape shape;
  std::span<const std::byte> data;  ///< row-major, little endian

  /// The elements, without a copy, where the type is `T`. `subject` begins the message of the error, for example
  /// "weights.safetensors: tensor 'stem.filter'".
  template <StoredElement T>
  [[nodiscard]] Result<std::span<const T>> values(std::string_view subject) const {
    const auto fail = [&](const std::string& reason) { return Error{std::string(subject) + " " + reason}; };
    if (type != element_type_of<T>) {
      return fail("holds " + std::string(to_string(type)) + ", expected " +
                  std::string(to_string(element_type_of<T>)) + "; convert it before it is written");
    }
    if (reinterpret_cast<std::uintptr_t>(data.data()) % alignof(T) != 0) {
      return fail("is not aligned to its element of " + std::to_string(sizeof(T)) +
                  " bytes; load the file into aligned memory (dlpu::io::read_file does), or rewrite it with padding");
    }
    if constexpr (std::same_as<std::remove_cv_t<T>, bool>) {
      for (const std::byte value : data) {
        if (value > std::byte{1}) return fail("holds a bool that is neither 0 nor 1");
      }
    }
    return std::span<const T>{reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }

  /// The same, and the shape must be `expected`.
  template <StoredElement T>
  [[nodiscard]] Result<std::span<const T>> values(std::string_view subject, const Shape& expected) const {
    if (shape != expected) {
      return Error{std::string(subject) + " has the shape " + to_string(shape) + ", expected " + to_string(expected) +
                   "; activations are NHWC, filters OHWI"};
    }
    return values<T>(subject);
  }
};

/// `result` where all its numbers are finite.
[[nodiscard]] inline Result<std::span<const float>> require_finite(Result<std::span<const float>> result,
                                                                   std::string_view subject) {
  if (!result) return result;
  if (const auto index = first_not_finite(*result)) {
    return Error{std::string(subject) + " holds a NaN or an infinity at element " + std::to_string(*index) +
                 "; export finite numbers"};
  }
  return result;
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Element types of tensors.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {

/// What a tensor holds. `activation` stands for "what the quantization policy stores": float under
/// `Unquantized`, int8 or uint8 under the quantized policies. It is resolved when a network gets its policy.
enum class ElementType : std::int32_t { activation, float32, float16, int8, uint8, int16, int32, int64, boolean };

/// Bytes of one element; 0 for `activation`, which has no size before a policy is chosen.
[[nodiscard]] constexpr std::size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::float32:
    case ElementType::int32:
      return 4;
    case ElementType::int64:
      return 8;
    case ElementType::float16:
    case ElementType::int16:
      return 2;
    case ElementType::int8:
    case ElementType::uint8:
    case ElementType::boolean:
      return 1;
    case ElementType::activation:
      break;
  }
  return 0;
}

[[nodiscard]] constexpr std::string_view to_string(ElementType type) {
  switch (type) {
    case ElementType::activation:
      return "activation";
    case ElementType::float32:
      return "float32";
    case ElementType::float16:
      return "float16";
    case ElementType::int8:
      return "int8";
    case ElementType::uint8:
      return "uint8";
    case ElementType::int16:
      return "int16";
    case ElementType::int32:
      return "int32";
    case ElementType::int64:
      return "int64";
    case ElementType::boolean:
      return "bool";
  }
  return "unknown";
}

/// The enumerator of a C++ type, e.g. `element_type_of<float> == ElementType::float32`.
template <class T>
inline constexpr ElementType element_type_of = [] {
  using U = std::remove_cv_t<T>;
  if constexpr (std::same_as<U, float>) return ElementType::float32;
  if constexpr (std::same_as<U, std::int8_t>) return ElementType::int8;
  if constexpr (std::same_as<U, std::uint8_t>) return ElementType::uint8;
  if constexpr (std::same_as<U, std::int16_t>) return ElementType::int16;
  if constexpr (std::same_as<U, std::int32_t>) return ElementType::int32;
  if constexpr (std::same_as<U, std::int64_t>) return ElementType::int64;
  if constexpr (std::same_as<U, bool>) return ElementType::boolean;
  return ElementType::activation;
}();

/// The storage of quantized activations and filters.
template <class T>
concept QuantizedStorage =
    std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t> || std::same_as<T, std::int16_t>;

}  // namespace dlpu::inline DLPU_ABI

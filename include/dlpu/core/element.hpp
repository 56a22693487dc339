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

/// The same where types are data.
[[nodiscard]] constexpr bool is_quantized(ElementType type) {
  return type == ElementType::int8 || type == ElementType::uint8 || type == ElementType::int16;
}

/// Calls `use(T{})` with the C++ type of a quantized element type.
template <class Use>
constexpr decltype(auto) visit_quantized(ElementType type, Use&& use) {
  if (type == ElementType::uint8) return use(std::uint8_t{});
  if (type == ElementType::int16) return use(std::int16_t{});
  return use(std::int8_t{});
}

/// What lies beside activations of a type: filters, and biases, which are summed up with the products. 16-bit activations
/// go with 8-bit filters and 64-bit sums (TensorFlow Lite's 16x8 quantization,
/// https://ai.google.dev/edge/litert/models/post_training_integer_quant_16x8).
template <class Activation>
struct stored_beside {
  using Filter = Activation;
  using Sum = std::int32_t;
};
template <>
struct stored_beside<std::int16_t> {
  using Filter = std::int8_t;
  using Sum = std::int64_t;
};
template <>
struct stored_beside<float> {
  using Filter = float;
  using Sum = float;
};
template <class Activation>
using FilterOf = typename stored_beside<Activation>::Filter;
template <class Activation>
using SumOf = typename stored_beside<Activation>::Sum;

/// The same where types are data.
[[nodiscard]] constexpr ElementType filter_element(ElementType activation) {
  return activation == ElementType::int16 ? ElementType::int8 : activation;
}
[[nodiscard]] constexpr ElementType sum_element(ElementType activation) {
  if (activation == ElementType::float32) return ElementType::float32;
  return activation == ElementType::int16 ? ElementType::int64 : ElementType::int32;
}

}  // namespace dlpu::inline DLPU_ABI

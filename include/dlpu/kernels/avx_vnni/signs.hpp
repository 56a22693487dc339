#pragma once

/// What kernels with `vpdpbusd` share, of 256 bits or 512.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "dlpu/core/config.hpp"
#include "dlpu/kernels/portable/simd.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx_vnni {

using portable::round_up;

/// How stored bytes meet `vpdpbusd`, which multiplies unsigned bytes of the input by signed ones of the filter. Flipping a
/// byte's top bit turns one kind into the other and moves its value by 128. As data rather than a template parameter, so
/// that kernels are compiled once for int8 and uint8.
struct Signs {
  bool is_signed;

  template <class Storage>
  [[nodiscard]] static constexpr Signs of() {
    return {std::is_signed_v<Storage>};
  }
  /// What turns stored inputs into unsigned bytes, and what that adds to their values.
  [[nodiscard]] constexpr std::uint8_t input_flip() const { return is_signed ? 0x80 : 0; }
  [[nodiscard]] constexpr std::int32_t input_offset() const { return is_signed ? 128 : 0; }
  /// What makes stored weights signed numbers.
  [[nodiscard]] constexpr std::int32_t signed_offset() const { return is_signed ? 0 : -128; }
};

/// Zero points as the operator states them.
struct ZeroPoints {
  std::int32_t input, filter;
};

}  // namespace kernels::avx_vnni
}  // namespace dlpu::inline DLPU_ABI

#endif

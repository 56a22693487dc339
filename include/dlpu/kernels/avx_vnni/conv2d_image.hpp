#pragma once

/// What the products of Conv2D by `vpdpbusd` read, with 256 bits or 512: windows of unsigned bytes.

#include "dlpu/kernels/avx2/vectors.hpp"
#include "dlpu/kernels/avx_vnni/signs.hpp"
#include "dlpu/kernels/portable/window_image.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx_vnni {

/// Copies bytes and flips bits of each. The last vector begins early: some bytes are copied twice.
DLPU_TARGET_AVX2 inline void copy_flipped(const std::uint8_t* from, std::size_t count, std::uint8_t flip,
                                          std::uint8_t* to) {
  constexpr std::size_t width = 32;
  const __m256i flips = _mm256_set1_epi8(static_cast<char>(flip));
  const auto copy = [&](std::size_t i)
                        DLPU_INLINE_AVX2 { avx2::store(to + i, _mm256_xor_si256(avx2::load(from + i), flips)); };
  if (count < width) {
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<std::uint8_t>(from[i] ^ flip);
    return;
  }
  std::size_t i = 0;
  for (constexpr std::size_t at_once = 4; i + at_once * width <= count; i += at_once * width) {
    avx2::unroll<at_once>([&](auto n) DLPU_INLINE_AVX2 { copy(i + n * width); });
  }
  for (; i + width <= count; i += width) copy(i);
  copy(count - width);
}

/// Stored bytes, made unsigned.
struct UnsignedBytes {
  using Element = std::uint8_t;
  static constexpr std::size_t multiple = 4;  ///< bytes in one lane of `vpdpbusd`

  Signs signs;
  std::uint8_t outside = 0;

  [[nodiscard]] constexpr bool as_stored() const { return !signs.is_signed; }
  void copy(const std::uint8_t* from, std::size_t count, std::uint8_t* to) const {
    copy_flipped(from, count, signs.input_flip(), to);
  }
};

using Image = portable::WindowImage<UnsignedBytes>;
using Places = Image::Places;
struct Runs : portable::WindowRuns {
  constexpr explicit Runs(const WindowGeometry& g) : WindowRuns(g, UnsignedBytes::multiple) {}
};

}  // namespace kernels::avx_vnni
}  // namespace dlpu::inline DLPU_ABI

#endif

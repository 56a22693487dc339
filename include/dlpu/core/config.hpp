#pragma once

/// Build configuration: the ABI namespace and the contract macro. Every other header includes this one.
///
/// Two translation units compiled with different instruction-set flags share weak symbols, and the linker
/// keeps one of them: without a distinct namespace, code compiled for AVX-512 could be run by a baseline
/// caller. The inline namespace, named from the baseline macros, makes the symbols differ, so that a dlpu
/// type passed between such units fails to link instead.

#include <cassert>
#include <cstddef>
#include <cstdint>

#if defined(__AVX512VNNI__)
#define DLPU_ABI base_avx512_vnni
#elif defined(__AVX512F__)
#define DLPU_ABI base_avx512
#elif defined(__AVX2__)
#define DLPU_ABI base_avx2
#elif defined(__x86_64__)
#define DLPU_ABI base_x86_64
#elif defined(__ARM_FEATURE_DOTPROD)
#define DLPU_ABI base_neon_dot
#elif defined(__aarch64__)
#define DLPU_ABI base_aarch64
#elif defined(__ARM_NEON)
#define DLPU_ABI base_armv7_neon
#else
#define DLPU_ABI base_generic
#endif

/// A contract of a kernel or a view: checked in debug builds only; a release build trusts its caller.
#define DLPU_ASSERT(...) assert((__VA_ARGS__))

#define DLPU_VERSION_MAJOR 0
#define DLPU_VERSION_MINOR 1
#define DLPU_VERSION_PATCH 0

namespace dlpu::inline DLPU_ABI {

/// Alignment, in bytes, of every buffer that dlpu allocates or plans: one cache line, one AVX-512 register.
inline constexpr std::size_t alignment = 64;

/// `bytes` rounded up to a multiple of `alignment`.
[[nodiscard]] constexpr std::size_t align_up(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace dlpu::inline DLPU_ABI

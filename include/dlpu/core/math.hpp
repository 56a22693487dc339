#pragma once

/// The functions of real numbers that kernels need. They are those of `<cmath>`, which would bring the special functions
/// along: 0.07 s of every unit. A builtin calls the same library.

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace math {

[[nodiscard]] inline float exp(float x) {
  return __builtin_expf(x);
}
[[nodiscard]] inline double exp(double x) {
  return __builtin_exp(x);
}
[[nodiscard]] inline float expm1(float x) {
  return __builtin_expm1f(x);
}
[[nodiscard]] inline float log(float x) {
  return __builtin_logf(x);
}
[[nodiscard]] inline float sqrt(float x) {
  return __builtin_sqrtf(x);
}
[[nodiscard]] inline float tanh(float x) {
  return __builtin_tanhf(x);
}
[[nodiscard]] inline float abs(float x) {
  return __builtin_fabsf(x);
}
/// Halves away from zero.
[[nodiscard]] inline float round(float x) {
  return __builtin_roundf(x);
}
[[nodiscard]] inline double round(double x) {
  return __builtin_round(x);
}

/// Whether `x` is 2^n for a whole number n.
[[nodiscard]] inline bool is_power_of_two(float x) {
  int exponent = 0;
  return __builtin_frexpf(x, &exponent) == 0.5f;
}

}  // namespace math
}  // namespace dlpu::inline DLPU_ABI

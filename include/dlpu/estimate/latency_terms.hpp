#pragma once

/// The latency model: what a network's time on a device is the sum of.
///
///     T(device, network) = speed(device) * [ fixed + convolution * GMAC + depthwise * GMAC + body * MB + tail * MB
///                                            + operators * N ]  +  post_process * PP(network)
///
/// All coefficients are positive and belong to a SoC; they are sought as logarithms. The last term runs on the camera's
/// CPU, so the speed of the accelerator does not scale it. Coefficients of accelerators trade off against each other:
/// none of them is a figure of the hardware.

#include <array>
#include <cstddef>
#include <string_view>

#include "dlpu/estimate/work.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

enum class Term : std::size_t { fixed, convolution, depthwise, body, tail, operators, post_process };
inline constexpr std::size_t term_count = 7;

/// What is believed of a coefficient before any row is seen: a log-normal distribution of the mean of all SoCs, and one
/// of a SoC around that mean. Spreads are standard deviations of logarithms.
struct TermPrior {
  std::string_view name, unit;
  double centre, shared_spread, soc_spread;
};
inline constexpr std::array<TermPrior, term_count> term_priors{{
    {"fixed", "ms", 1.0, 1.0, 0.3},
    {"convolution", "ms/GMAC", 0.7, 1.0, 0.3},
    {"depthwise", "ms/GMAC", 20.0, 1.5, 0.3},
    {"body", "ms/MB", 0.05, 1.2, 0.3},
    {"tail", "ms/MB", 0.4, 1.2, 0.3},
    {"operators", "ms", 0.01, 1.2, 0.3},
    {"post-processing", "", 29.0, 0.7, 0.25},
}};

/// A SoC is faster or slower than the mean in all terms of its accelerator alike, by this spread.
inline constexpr double soc_speed_spread = 0.7;
/// SoCs of another maker differ this many times more from the mean than ARTPECs from each other.
inline constexpr double stranger_factor = 2.0;
/// A device's accelerator against the mean of its SoC's devices.
inline constexpr double device_speed_spread = 0.4;
/// A published row against the model. Rows drift by 1.5 % on average from one release of the camera's software to the
/// next, one by 11 %; the rest is what the model leaves out.
inline constexpr double row_spread = 0.07;

[[nodiscard]] constexpr bool on_accelerator(std::size_t term) {
  return term != static_cast<std::size_t>(Term::post_process);
}

/// What each coefficient multiplies.
[[nodiscard]] constexpr std::array<double, term_count> quantities(const Work& work) {
  return {1.0,          work.convolution_gmac, work.depthwise_gmac, work.body_mb,
          work.tail_mb, work.operators,        work.post_process_ms};
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI

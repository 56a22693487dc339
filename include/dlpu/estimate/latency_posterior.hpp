#pragma once

/// What is known of latencies once rows were seen: a normal distribution over the logarithms of all coefficients and
/// device speeds, and predictions from it.

#include <Eigen/Dense>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/estimate/latency_terms.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// One measurement: a network on a device.
struct LatencyRow {
  std::string soc, device;  ///< "ARTPEC-8", "Q1656-LE"
  std::string network;      ///< rows of the same network have the same name, whatever the SoC
  Work work;
  double latency_ms = 0;
};

/// A time with its 90 % interval.
struct Latency {
  double ms = 0, low_ms = 0, high_ms = 0;
  std::array<double, term_count> parts_ms{};  ///< by term; of a posterior's prediction they sum up to `ms`

  /// high / ms, which is ms / low; 1 where no time is predicted
  [[nodiscard]] double half_width() const { return ms > 0 ? high_ms / ms : 1.0; }
};

/// 90 % of a normal distribution lie within so many standard deviations.
inline constexpr double deviations_of_90_percent = 1.6448536;

/// Which parameter stands where: `term_count` per SoC, then one speed per device.
class LatencyLayout {
 public:
  struct Device {
    std::string name;
    std::size_t soc = 0;
  };
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);

  std::vector<std::string> socs;
  std::vector<std::size_t> rows_of_soc;  ///< how many rows each SoC's coefficients have seen
  std::vector<Device> devices;

  [[nodiscard]] std::size_t parameters() const { return socs.size() * term_count + devices.size(); }
  [[nodiscard]] std::size_t term(std::size_t soc, std::size_t term) const { return soc * term_count + term; }
  [[nodiscard]] std::size_t speed(std::size_t device) const { return socs.size() * term_count + device; }

  [[nodiscard]] std::size_t find_soc(std::string_view name) const {
    const auto found = std::find(socs.begin(), socs.end(), name);
    return found == socs.end() ? absent : static_cast<std::size_t>(found - socs.begin());
  }
  [[nodiscard]] std::size_t find_device(std::size_t soc, std::string_view name) const {
    for (std::size_t d = 0; d < devices.size(); ++d) {
      if (devices[d].soc == soc && devices[d].name == name) return d;
    }
    return absent;
  }
};

/// The logarithm of a predicted time, and how it changes with each parameter.
struct LogTime {
  double value = 0;
  Eigen::VectorXd gradient;
  std::array<double, term_count> parts_ms{};
};

/// `device` may be absent: a device of the SoC without rows, at the speed of the mean.
[[nodiscard]] inline LogTime log_time(const LatencyLayout& layout, const Eigen::VectorXd& parameters, std::size_t soc,
                                      std::size_t device, const Work& work) {
  LogTime result;
  result.gradient = Eigen::VectorXd::Zero(parameters.size());
  const bool known = device != LatencyLayout::absent;
  const auto index = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
  const double speed = known ? std::exp(parameters[index(layout.speed(device))]) : 1.0;
  const auto amounts = quantities(work);
  double time = 0, accelerated = 0;
  for (std::size_t t = 0; t < term_count; ++t) {
    double& part = result.parts_ms[t];
    part = std::exp(parameters[index(layout.term(soc, t))]) * amounts[t] * (on_accelerator(t) ? speed : 1.0);
    time += part;
    if (on_accelerator(t)) accelerated += part;
  }
  for (std::size_t t = 0; t < term_count; ++t) {
    result.gradient[index(layout.term(soc, t))] = result.parts_ms[t] / time;
  }
  if (known) result.gradient[index(layout.speed(device))] = accelerated / time;
  result.value = std::log(time);
  return result;
}

struct LatencyPosterior {
  LatencyLayout layout;
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;

  /// The predictive distribution of a measurement. `soc` must be one of `layout.socs`; `extra_variance`, of the
  /// logarithm, is added.
  [[nodiscard]] Latency predict(std::size_t soc, std::string_view device, const Work& work,
                                double extra_variance = 0) const {
    const std::size_t found = layout.find_device(soc, device);
    const LogTime time = log_time(layout, mean, soc, found, work);
    double variance = time.gradient.dot(covariance * time.gradient) + row_spread * row_spread + extra_variance;
    if (found == LatencyLayout::absent) {
      const double accelerated =
          1.0 -
          time.gradient[static_cast<Eigen::Index>(layout.term(soc, static_cast<std::size_t>(Term::post_process)))];
      variance += device_speed_spread * device_speed_spread * accelerated * accelerated;
    }
    const double ms = std::exp(time.value), factor = std::exp(deviations_of_90_percent * std::sqrt(variance));
    return {ms, ms / factor, ms * factor, time.parts_ms};
  }

  /// Coefficients of fewer than two rows are mostly prior.
  [[nodiscard]] bool calibrated(std::size_t soc) const { return layout.rows_of_soc[soc] >= 2; }
};

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The latency model fitted to the rows of Axis' model zoo, so that estimates need no file.

#include <iterator>
#include <string>

#include "dlpu/estimate/latency_posterior.hpp"
#include "dlpu/estimate/published_latency_data.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// That posterior; its SoCs are those of `published::socs`, `another_soc` the last.
[[nodiscard]] inline LatencyPosterior published_latency() {
  namespace data = published;
  LatencyPosterior posterior;
  for (const auto& soc : data::socs) {
    posterior.layout.socs.emplace_back(soc.name);
    posterior.layout.rows_of_soc.push_back(soc.rows);
  }
  for (const auto& device : data::devices) posterior.layout.devices.push_back({std::string(device.name), device.soc});
  constexpr auto size = static_cast<Eigen::Index>(std::size(data::mean));
  posterior.mean = Eigen::Map<const Eigen::VectorXd>(data::mean, size);
  posterior.covariance.resize(size, size);
  const double* next = data::covariance;
  for (Eigen::Index row = 0; row < size; ++row) {
    for (Eigen::Index column = 0; column <= row; ++column) {
      posterior.covariance(row, column) = posterior.covariance(column, row) = *next++;
    }
  }
  return posterior;
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI

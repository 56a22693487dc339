#pragma once

/// Fits the latency model to rows: the most probable parameters, and the curvature there as their covariance (Laplace's
/// approximation). Twenty rows take a few milliseconds; the time grows with the cube of the number of SoCs and devices.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "dlpu/core/result.hpp"
#include "dlpu/estimate/latency_posterior.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// The name of a SoC without rows, which every fit includes: what the others tell about one more ARTPEC.
inline constexpr std::string_view another_soc{};

/// Axis' own SoCs resemble each other.
[[nodiscard]] inline bool is_relative(std::string_view soc) {
  return soc == another_soc || soc.starts_with("ARTPEC");
}

namespace detail {

inline constexpr double stranger_variances = stranger_factor * stranger_factor;

/// Adds how far a SoC's coefficients may lie from the mean of all SoCs: `variances` times what is believed of an ARTPEC.
inline void add_soc_spread(const LatencyLayout& layout, std::size_t soc, double variances,
                           Eigen::MatrixXd& covariance) {
  const auto at = [&](std::size_t t) { return static_cast<Eigen::Index>(layout.term(soc, t)); };
  for (std::size_t t = 0; t < term_count; ++t) {
    covariance(at(t), at(t)) += variances * std::pow(term_priors[t].soc_spread, 2);
    for (std::size_t u = 0; u < term_count; ++u) {
      if (on_accelerator(t) && on_accelerator(u))
        covariance(at(t), at(u)) += variances * std::pow(soc_speed_spread, 2);
    }
  }
}

/// The prior over all parameters. The shared means and the SoCs' speeds are integrated out: they appear as covariances.
inline void set_prior(const LatencyLayout& layout, Eigen::VectorXd& mean, Eigen::MatrixXd& covariance) {
  const auto size = static_cast<Eigen::Index>(layout.parameters());
  mean = Eigen::VectorXd::Zero(size);
  covariance = Eigen::MatrixXd::Zero(size, size);
  const auto at = [&](std::size_t s, std::size_t t) { return static_cast<Eigen::Index>(layout.term(s, t)); };
  for (std::size_t s = 0; s < layout.socs.size(); ++s) {
    for (std::size_t t = 0; t < term_count; ++t) {
      mean[at(s, t)] = std::log(term_priors[t].centre);
      for (std::size_t other = 0; other < layout.socs.size(); ++other) {
        covariance(at(s, t), at(other, t)) += std::pow(term_priors[t].shared_spread, 2);
      }
    }
    add_soc_spread(layout, s, is_relative(layout.socs[s]) ? 1.0 : stranger_variances, covariance);
  }
  for (std::size_t d = 0; d < layout.devices.size(); ++d) {
    const auto i = static_cast<Eigen::Index>(layout.speed(d));
    covariance(i, i) = device_speed_spread * device_speed_spread;
  }
}

/// The layout with the rows' devices, and their SoCs, which must be there.
inline void add_devices(LatencyLayout& layout, std::span<const LatencyRow> rows) {
  for (const LatencyRow& row : rows) {
    const std::size_t soc = layout.find_soc(row.soc);
    ++layout.rows_of_soc[soc];
    if (layout.find_device(soc, row.device) == LatencyLayout::absent) layout.devices.push_back({row.device, soc});
  }
}

/// The distance of parameters from prior and rows, its gradient and its curvature without second derivatives.
struct Objective {
  double value = 0;
  Eigen::VectorXd gradient;
  Eigen::MatrixXd curvature;
};

[[nodiscard]] inline Objective objective_at(const LatencyLayout& layout, std::span<const LatencyRow> rows,
                                            const Eigen::VectorXd& prior_mean, const Eigen::MatrixXd& precision,
                                            const Eigen::VectorXd& parameters) {
  const Eigen::VectorXd from_prior = precision * (parameters - prior_mean);
  Objective objective{0.5 * (parameters - prior_mean).dot(from_prior), from_prior, precision};
  constexpr double weight = 1.0 / (row_spread * row_spread);
  for (const LatencyRow& row : rows) {
    const std::size_t soc = layout.find_soc(row.soc), device = layout.find_device(soc, row.device);
    const LogTime time = log_time(layout, parameters, soc, device, row.work);
    const double residual = time.value - std::log(row.latency_ms);
    objective.value += 0.5 * weight * residual * residual;
    objective.gradient += weight * residual * time.gradient;
    objective.curvature += weight * time.gradient * time.gradient.transpose();
  }
  return objective;
}

/// Levenberg's and Marquardt's method from the prior's mean.
[[nodiscard]] inline LatencyPosterior maximize(LatencyLayout layout, const Eigen::VectorXd& prior_mean,
                                               const Eigen::MatrixXd& prior_covariance,
                                               std::span<const LatencyRow> rows) {
  const auto size = static_cast<Eigen::Index>(layout.parameters());
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(size, size);
  const Eigen::MatrixXd precision = prior_covariance.llt().solve(identity);
  Eigen::VectorXd parameters = prior_mean;
  Objective here = objective_at(layout, rows, prior_mean, precision, parameters);
  double damping = 1e-3;
  for (int step = 0; step < 500 && damping < 1e12; ++step) {
    Eigen::MatrixXd damped = here.curvature;
    damped.diagonal() *= 1.0 + damping;
    const Eigen::VectorXd move = damped.llt().solve(here.gradient);
    const Eigen::VectorXd next = parameters - move;
    const Objective there = objective_at(layout, rows, prior_mean, precision, next);
    if (!(there.value <= here.value)) {
      damping *= 10;
      continue;
    }
    parameters = next;
    here = there;
    damping = std::max(damping * 0.1, 1e-12);
    if (move.norm() < 1e-10) break;
  }
  return {std::move(layout), parameters, here.curvature.llt().solve(identity)};
}

}  // namespace detail

/// The posterior of all coefficients after `rows`, from the priors of `term_priors`. Latencies must be positive.
[[nodiscard]] inline LatencyPosterior fit_latency(std::span<const LatencyRow> rows) {
  LatencyLayout layout;
  const auto add_soc = [&](std::string_view name) {
    if (layout.find_soc(name) != LatencyLayout::absent) return;
    layout.socs.emplace_back(name);
    layout.rows_of_soc.push_back(0);
  };
  for (const LatencyRow& row : rows) add_soc(row.soc);
  add_soc(another_soc);
  detail::add_devices(layout, rows);
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
  detail::set_prior(layout, mean, covariance);
  return detail::maximize(std::move(layout), mean, covariance, rows);
}

/// A posterior after more rows: of its own devices, of new devices of its SoCs, or of one SoC that it does not know,
/// which takes the place of `another_soc`. Latencies must be positive. An error where there are rows of a second such
/// SoC.
[[nodiscard]] inline Result<LatencyPosterior> update_latency(const LatencyPosterior& known,
                                                             std::span<const LatencyRow> rows) {
  LatencyLayout layout = known.layout;
  Eigen::MatrixXd covariance_of_known = known.covariance;
  for (const LatencyRow& row : rows) {
    if (layout.find_soc(row.soc) != LatencyLayout::absent) continue;
    const std::size_t free = layout.find_soc(another_soc);
    if (free == LatencyLayout::absent) {
      return Error{"the rows are of more than one SoC that the published rows lack, the last one '" + row.soc +
                   "'; fit them together with the published rows"};
    }
    layout.socs[free] = row.soc;
    // No row has told anything of the place's own distance from the mean, so a stranger's may just be widened.
    if (!is_relative(row.soc))
      detail::add_soc_spread(layout, free, detail::stranger_variances - 1, covariance_of_known);
  }
  detail::add_devices(layout, rows);
  const auto old_size = known.mean.size(), size = static_cast<Eigen::Index>(layout.parameters());
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(size);
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(size, size);
  mean.head(old_size) = known.mean;  // new devices' speeds stand at the end
  covariance.topLeftCorner(old_size, old_size) = covariance_of_known;
  for (Eigen::Index i = old_size; i < size; ++i) covariance(i, i) = device_speed_spread * device_speed_spread;
  return detail::maximize(std::move(layout), mean, covariance, rows);
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI

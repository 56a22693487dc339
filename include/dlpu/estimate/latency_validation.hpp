#pragma once

/// How wrong the latency model is on rows that it has not seen, beside two simpler models.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/estimate/latency_fit.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// A row and what was predicted for it without it.
struct HeldOut {
  const LatencyRow* row = nullptr;
  Latency predicted;
  /// predicted / measured - 1
  [[nodiscard]] double error() const { return predicted.ms / row->latency_ms - 1.0; }
  [[nodiscard]] bool covered() const {
    return predicted.low_ms <= row->latency_ms && row->latency_ms <= predicted.high_ms;
  }
};

/// Errors of predictions, |predicted / measured - 1|, as fractions.
struct Errors {
  std::size_t rows = 0;
  double mape = 0, within_10 = 0, within_20 = 0, coverage_90 = 0;
  double worst = 0;
  double median_half_width = 0, largest_half_width = 0;  ///< of the 90 % intervals, as factors
};

[[nodiscard]] inline Errors errors_of(std::span<const HeldOut> predictions) {
  Errors errors{.rows = predictions.size()};
  if (predictions.empty()) return errors;
  std::vector<double> widths;
  const double share = 1.0 / static_cast<double>(predictions.size());
  for (const HeldOut& p : predictions) {
    const double error = std::abs(p.error());
    errors.mape += share * error;
    errors.within_10 += error <= 0.10 ? share : 0;
    errors.within_20 += error <= 0.20 ? share : 0;
    errors.coverage_90 += p.covered() ? share : 0;
    errors.worst = std::max(errors.worst, error);
    widths.push_back(p.predicted.half_width());
  }
  std::sort(widths.begin(), widths.end());
  errors.median_half_width = 0.5 * (widths[(widths.size() - 1) / 2] + widths[widths.size() / 2]);
  errors.largest_half_width = widths.back();
  return errors;
}

/// The kind of network, by what its time consists of.
[[nodiscard]] inline std::string_view family_of(const Work& work) {
  if (work.post_process_ms > 0) return "SSD";
  return work.tail_mb > 0.1 ? "YOLO" : "classification";
}

/// A way to predict one row from others.
using Predictor = std::function<Latency(std::span<const LatencyRow> known, const LatencyRow& asked)>;

namespace detail {

/// Predicts every row of `rows` from those that have another key, of which there may be none.
template <class Key>
std::vector<HeldOut> leave_out(std::span<const LatencyRow> rows, Key key, const Predictor& predict) {
  std::vector<HeldOut> result;
  for (const LatencyRow& asked : rows) {
    std::vector<LatencyRow> known;
    for (const LatencyRow& row : rows) {
      if (key(row) != key(asked)) known.push_back(row);
    }
    result.push_back({&asked, predict(known, asked)});
  }
  return result;
}

/// c in T = c * amount, with the least squared error of logarithms; 0 where no row has an amount.
[[nodiscard]] inline double scale_of(std::span<const LatencyRow> rows,
                                     const std::function<double(const Work&)>& amount) {
  double sum = 0, count = 0;
  for (const LatencyRow& row : rows) {
    const double of_row = amount(row.work);
    if (of_row <= 0) continue;
    sum += std::log(row.latency_ms / of_row);
    ++count;
  }
  return count > 0 ? std::exp(sum / count) : 0;
}

/// The rows of the same device; where there are none, of the same SoC; else all.
[[nodiscard]] inline std::vector<LatencyRow> nearest_rows(std::span<const LatencyRow> known,
                                                          const LatencyRow& asked) {
  std::vector<LatencyRow> device, soc;
  for (const LatencyRow& row : known) {
    if (row.soc != asked.soc) continue;
    soc.push_back(row);
    if (row.device == asked.device) device.push_back(row);
  }
  if (!device.empty()) return device;
  return soc.empty() ? std::vector<LatencyRow>(known.begin(), known.end()) : soc;
}

[[nodiscard]] inline double gmac_of(const Work& work) {
  return work.convolution_gmac + work.depthwise_gmac;
}
[[nodiscard]] inline double mb_of(const Work& work) {
  return work.body_mb + work.tail_mb + work.weight_mb;
}

}  // namespace detail

/// The model of this library.
[[nodiscard]] inline Latency model_prediction(std::span<const LatencyRow> known, const LatencyRow& asked) {
  const LatencyPosterior posterior = fit_latency(known);
  const std::size_t soc = posterior.layout.find_soc(asked.soc);
  const bool found = soc != LatencyLayout::absent;
  return posterior.predict(found ? soc : posterior.layout.find_soc(another_soc), asked.device, asked.work);
}

/// Baseline: multiply-accumulates times a constant of the device; 0 where nothing tells the constant.
[[nodiscard]] inline Latency macs_prediction(std::span<const LatencyRow> known, const LatencyRow& asked) {
  const auto rows = detail::nearest_rows(known, asked);
  const double ms = detail::scale_of(rows, detail::gmac_of) * detail::gmac_of(asked.work);
  return {ms, ms, ms, {}};
}

/// Baseline: a roofline, the larger of multiply-accumulates over a rate and bytes over a bandwidth, both of the device.
[[nodiscard]] inline Latency roofline_prediction(std::span<const LatencyRow> known, const LatencyRow& asked) {
  const auto rows = detail::nearest_rows(known, asked);
  // The shape of the roof is its ridge, in GMAC per MB, sought around a usual one; its height follows from the rows.
  constexpr double usual_ridge = 0.1;
  double best = std::numeric_limits<double>::infinity(), ms = 0;
  for (double ridge = -6; ridge <= 6; ridge += 0.1) {
    const auto roof = [&](const Work& work) {
      return std::max(detail::gmac_of(work), usual_ridge * std::exp(ridge) * detail::mb_of(work));
    };
    const double scale = detail::scale_of(rows, roof);
    double error = 0;
    for (const LatencyRow& row : rows) error += std::pow(std::log(scale * roof(row.work) / row.latency_ms), 2);
    if (error < best) {
      best = error;
      ms = scale * roof(asked.work);
    }
  }
  return {ms, ms, ms, {}};
}

/// Each network predicted from the others, on all devices at once.
[[nodiscard]] inline std::vector<HeldOut> leave_network_out(std::span<const LatencyRow> rows,
                                                            const Predictor& predict = model_prediction) {
  return detail::leave_out(
      rows, [](const LatencyRow& row) { return row.network; }, predict);
}

/// Each family predicted from the others.
[[nodiscard]] inline std::vector<HeldOut> leave_family_out(std::span<const LatencyRow> rows,
                                                           const Predictor& predict = model_prediction) {
  return detail::leave_out(
      rows, [](const LatencyRow& row) { return family_of(row.work); }, predict);
}

/// Each device of a SoC with several predicted from the others and one of its own rows, each in turn.
[[nodiscard]] inline std::vector<HeldOut> new_device_with_one_row(std::span<const LatencyRow> rows) {
  std::vector<HeldOut> result;
  for (const LatencyRow& given : rows) {
    std::vector<LatencyRow> known{given};
    bool has_relative = false;
    for (const LatencyRow& row : rows) {
      if (row.soc == given.soc && row.device == given.device) continue;
      known.push_back(row);
      has_relative = has_relative || row.soc == given.soc;
    }
    if (!has_relative) continue;
    for (const LatencyRow& asked : rows) {
      const bool is_asked = asked.soc == given.soc && asked.device == given.device && asked.network != given.network;
      if (is_asked) result.push_back({&asked, model_prediction(known, asked)});
    }
  }
  return result;
}

/// Those predictions whose network `rows` have of another device with the same SoC, or the others.
[[nodiscard]] inline std::vector<HeldOut> measured_on_relative(std::span<const HeldOut> predictions,
                                                               std::span<const LatencyRow> rows, bool wanted) {
  std::vector<HeldOut> chosen;
  std::ranges::copy_if(predictions, std::back_inserter(chosen), [&](const HeldOut& p) {
    const bool measured = std::ranges::any_of(rows, [&](const LatencyRow& row) {
      return row.soc == p.row->soc && row.device != p.row->device && row.network == p.row->network;
    });
    return measured == wanted;
  });
  return chosen;
}

/// Each SoC predicted from the others and `given` of its own rows, the first ones.
[[nodiscard]] inline std::vector<HeldOut> new_soc(std::span<const LatencyRow> rows, std::size_t given) {
  std::vector<HeldOut> result;
  std::set<std::string> done;
  for (const LatencyRow& first : rows) {
    if (!done.insert(first.soc).second) continue;
    std::vector<LatencyRow> known;
    std::vector<const LatencyRow*> asked;
    std::size_t own = 0;
    for (const LatencyRow& row : rows) {
      if (row.soc != first.soc || own++ < given) {
        known.push_back(row);
      } else {
        asked.push_back(&row);
      }
    }
    for (const LatencyRow* row : asked) result.push_back({row, model_prediction(known, *row)});
  }
  return result;
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Which range of an activation its 8-bit numbers should cover: all of it, or less of it where outliers cost more than they
/// are worth. Two passes over the samples: the extremes, then histograms between them.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "dlpu/quantize/observe.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

enum class RangeMethod {
  extremes,       ///< smallest and largest value
  percentile,     ///< without the outermost 0.01 % on either side
  squared_error,  ///< the range whose 8-bit numbers have the smallest mean squared error
  entropy,  ///< the range whose distribution has the smallest Kullback-Leibler divergence (TensorRT's calibration)
};
inline constexpr std::size_t range_method_count = 4;
inline constexpr std::string_view range_method_names[range_method_count] = {"minmax", "percentile", "mse", "entropy"};

/// What a tensor's values were: extremes of the whole and of each channel (its last dimension).
struct Extremes {
  Range<float> whole{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  std::vector<Range<float>> channels;
};

/// How often values fell into equal parts of a range.
struct Histogram {
  static constexpr std::size_t bins = 2048;
  Range<float> range{0.0f, 0.0f};
  std::array<std::uint64_t, bins> counts{};

  [[nodiscard]] double width() const { return (static_cast<double>(range.high) - range.low) / bins; }
  [[nodiscard]] double centre(std::size_t bin) const {
    return range.low + (static_cast<double>(bin) + 0.5) * width();
  }
};

namespace detail {

struct ExtremesVisitor {
  const Graph* graph;
  std::vector<Extremes> tensors;

  void operator()(std::size_t, std::int32_t tensor, std::span<const float> values) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const Shape& shape = graph->tensors[static_cast<std::size_t>(tensor)].type.shape;
    const auto channels = static_cast<std::size_t>(shape.rank ? shape[shape.rank - 1] : 1);
    Extremes& seen = tensors[static_cast<std::size_t>(tensor)];
    seen.channels.resize(channels, {infinity, -infinity});
    for (std::size_t first = 0; first < values.size(); first += channels) {
      for (std::size_t c = 0; c < channels; ++c) {
        Range<float>& range = seen.channels[c];
        const float value = values[first + c];
        range.low = value < range.low ? value : range.low;
        range.high = value > range.high ? value : range.high;
        if (!(value - value == 0.0f)) range = {-infinity, infinity};  // NaN or infinity is never forgotten
      }
    }
  }
};

struct HistogramVisitor {
  std::vector<Histogram> tensors;

  void operator()(std::size_t, std::int32_t tensor, std::span<const float> values) {
    Histogram& histogram = tensors[static_cast<std::size_t>(tensor)];
    const float low = histogram.range.low;
    const auto width = static_cast<float>(histogram.width());
    if (!(width > 0.0f)) return;
    const float factor = 1.0f / width;
    for (const float value : values) {
      const float bin = std::clamp((value - low) * factor, 0.0f, static_cast<float>(Histogram::bins - 1));
      ++histogram.counts[static_cast<std::size_t>(bin)];
    }
  }
};

/// Mean squared error (times the number of values) of 256 numbers over `range`: rounding inside, clipping outside.
[[nodiscard]] inline double squared_error(const Histogram& histogram, Range<double> range) {
  const double step = (range.high - range.low) / 255.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < Histogram::bins; ++i) {
    if (histogram.counts[i] == 0) continue;
    const double value = histogram.centre(i);
    const double beyond = value < range.low ? range.low - value : value > range.high ? value - range.high : 0.0;
    sum += static_cast<double>(histogram.counts[i]) * (beyond * beyond + step * step / 12.0);
  }
  return sum;
}

/// Kullback-Leibler divergence of the clipped distribution from its copy in 256 levels.
[[nodiscard]] inline double divergence(const Histogram& histogram, Range<double> range) {
  constexpr std::size_t levels = 256;
  std::array<double, levels> mass{}, used{};
  std::vector<double> clipped(Histogram::bins);
  double total = 0.0;
  for (std::size_t i = 0; i < Histogram::bins; ++i) {
    const double value = std::clamp(histogram.centre(i), range.low, range.high);
    const double place = (value - histogram.range.low) / histogram.width();
    const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(Histogram::bins - 1)));
    clipped[bin] += static_cast<double>(histogram.counts[i]);
    total += static_cast<double>(histogram.counts[i]);
  }
  const auto level = [&](std::size_t bin) {
    const double place = (histogram.centre(bin) - range.low) / (range.high - range.low) * levels;
    return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(levels - 1)));
  };
  for (std::size_t i = 0; i < Histogram::bins; ++i) {
    const double inside = histogram.centre(i) >= range.low && histogram.centre(i) <= range.high
                              ? static_cast<double>(histogram.counts[i])
                              : 0.0;  // the copy is made of what was not clipped
    mass[level(i)] += inside;
    used[level(i)] += clipped[i] > 0.0 ? 1.0 : 0.0;
  }
  double sum = 0.0, kept = 0.0;
  for (const double one : mass) kept += one;
  for (std::size_t i = 0; i < Histogram::bins; ++i) {
    if (!(clipped[i] > 0.0)) continue;
    const double p = clipped[i] / total, q = std::max(mass[level(i)] / used[level(i)] / kept, 1e-12);
    sum += p * std::log(p / q);
  }
  return sum;
}

/// The range that keeps all but `fraction` of the values at either end.
[[nodiscard]] inline Range<float> percentile(const Histogram& histogram, double fraction) {
  double total = 0.0;
  for (const std::uint64_t count : histogram.counts) total += static_cast<double>(count);
  const double spare = total * fraction;
  std::size_t low = 0, high = Histogram::bins - 1;
  for (double sum = static_cast<double>(histogram.counts[low]); sum <= spare && low < high;
       sum += static_cast<double>(histogram.counts[low]))
    ++low;
  for (double sum = static_cast<double>(histogram.counts[high]); sum <= spare && low < high;
       sum += static_cast<double>(histogram.counts[high]))
    --high;
  const double width = histogram.width();
  return {static_cast<float>(histogram.range.low + static_cast<double>(low) * width),
          static_cast<float>(histogram.range.low + static_cast<double>(high + 1) * width)};
}

/// The part of the whole range, shrunk at both ends towards zero in hundredths, with the smallest cost.
template <class Cost>
[[nodiscard]] Range<float> best_part(const Histogram& histogram, Cost cost) {
  Range<double> best{std::min(0.0, double{histogram.range.low}), std::max(0.0, double{histogram.range.high})};
  const Range<double> whole = best;
  double least = cost(best);
  for (int side = 0; side < 2; ++side) {
    const Range<double> start = best;
    for (int percent = 20; percent < 100; ++percent) {
      Range<double> part = start;
      (side == 0 ? part.high : part.low) = (side == 0 ? whole.high : whole.low) * percent / 100.0;
      if (!(part.high > part.low)) continue;
      if (const double found = cost(part); found < least) least = found, best = part;
    }
  }
  return {static_cast<float>(best.low), static_cast<float>(best.high)};
}

}  // namespace detail

/// The extremes of every input and activation. Errors: NaN or infinity, with the operator that first made it.
[[nodiscard]] inline Result<std::vector<Extremes>> observe_extremes(const FloatNetwork& network,
                                                                    const Samples& samples, std::size_t threads) {
  const std::size_t count = network.graph.tensors.size();
  std::vector<detail::ExtremesVisitor> visitors(threads, {&network.graph, std::vector<Extremes>(count)});
  if (const auto run = observe(network, samples, std::span(visitors)); !run) return Error{run.error()};
  std::vector<Extremes> result = std::move(visitors[0].tensors);
  for (std::size_t v = 1; v < visitors.size(); ++v) {
    for (std::size_t t = 0; t < count; ++t) {
      auto& channels = result[t].channels;
      const auto& more = visitors[v].tensors[t].channels;
      if (channels.empty()) channels = more;
      for (std::size_t c = 0; c < more.size(); ++c) {
        channels[c] = {std::min(channels[c].low, more[c].low), std::max(channels[c].high, more[c].high)};
      }
    }
  }
  for (std::size_t t = 0; t < count; ++t) {
    for (const Range<float>& channel : result[t].channels) {
      result[t].whole = {std::min(result[t].whole.low, channel.low), std::max(result[t].whole.high, channel.high)};
    }
    if (std::isinf(result[t].whole.high) && result[t].whole.high > 0.0f) {
      return Error{"calibration: the samples make " + to_string(network.graph.tensors[t].name) + " NaN or infinite"};
    }
  }
  return result;
}

[[nodiscard]] inline Ranges ranges_of(const std::vector<Extremes>& extremes) {
  Ranges ranges;
  for (const Extremes& tensor : extremes) ranges.push_back(tensor.whole);
  return ranges;
}

/// The range of each activation by every method; `extremes` come from the same network and samples.
[[nodiscard]] inline Result<std::array<Ranges, range_method_count>> activation_ranges(
    const FloatNetwork& network, const Samples& samples, const std::vector<Extremes>& extremes, std::size_t threads) {
  const Ranges whole = ranges_of(extremes);
  std::array<Ranges, range_method_count> result{whole, whole, whole, whole};
  std::vector<detail::HistogramVisitor> visitors(threads);
  for (detail::HistogramVisitor& visitor : visitors) {
    visitor.tensors.resize(whole.size());
    for (std::size_t t = 0; t < whole.size(); ++t) visitor.tensors[t].range = whole[t];
  }
  if (const auto run = observe(network, samples, std::span(visitors)); !run) return Error{run.error()};
  for (std::size_t t = 0; t < whole.size(); ++t) {
    Histogram& histogram = visitors[0].tensors[t];
    for (std::size_t v = 1; v < visitors.size(); ++v) {
      for (std::size_t i = 0; i < Histogram::bins; ++i) histogram.counts[i] += visitors[v].tensors[t].counts[i];
    }
    if (!(whole[t].high > whole[t].low)) continue;  // constant, or never seen
    const auto of = [&](RangeMethod method) -> Range<float>& { return result[static_cast<std::size_t>(method)][t]; };
    of(RangeMethod::percentile) = detail::percentile(histogram, 1e-4);
    of(RangeMethod::squared_error) =
        detail::best_part(histogram, [&](Range<double> part) { return detail::squared_error(histogram, part); });
    of(RangeMethod::entropy) =
        detail::best_part(histogram, [&](Range<double> part) { return detail::divergence(histogram, part); });
  }
  return result;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI

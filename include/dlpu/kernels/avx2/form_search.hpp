#pragma once

/// Looks for the cheapest form of a channel's rounding, when weights are packed.
///
/// With 8-bit results a rounding is nothing but its thresholds: for each output level the least accumulator that
/// reaches it. `x * multiplier + offset`, converted to the nearest integer, has the same thresholds once the offset is
/// chosen well, but for the few that come closer to a half than float can tell; there one accumulator is corrected by
/// name. Next to every threshold, both sides are verified; what cannot be proved equal is refused.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "dlpu/kernels/avx2/linear_rounding.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

/// A channel's rounding as it must come out. It must not fall where the accumulator grows.
struct ChannelRounding {
  /// Rounds, brings into the range, and subtracts the origin.
  void (*round)(const void* multiplier, const OutputRange&, std::int32_t* numbers, std::size_t count);
  const void* multiplier;
  double real;             ///< the multiplier's value
  std::int64_t low, high;  ///< between which accumulators lie; where sums wrap, beyond 32 bits
};

/// A linear function in float, and where it is corrected.
struct FloatForm {
  static constexpr std::size_t most = CorrectedLinear::most_corrections;

  float multiplier = 0.0f, offset = 0.0f;
  std::size_t ups = 0, downs = 0;               ///< more than `most`: it is not to be used
  std::int32_t up[most] = {}, down[most] = {};  ///< accumulators that move by 1 and by -1, in ascending order

  [[nodiscard]] bool fits() const { return ups + downs <= most; }
};

class FormSearch {
 public:
  FormSearch(const ChannelRounding& exact, const OutputRange& output)
      : exact_(exact), output_(output), from_zero_(output.origin - output.zero_point) {}

  /// What offsets take from x in every form, `LinearMemory::sign`.
  [[nodiscard]] float sign() const { return by_sign() ? -0.0f : 0.0f; }

  /// Comes first. False: the rounding is not one whose thresholds can be found.
  [[nodiscard]] bool find_thresholds();
  /// The form with the fewest corrections.
  [[nodiscard]] FloatForm find_in_float() const;
  /// The offset with which `real` times an accumulator in double precision is exact. False: there is none.
  [[nodiscard]] bool find_in_double(double& offset) const;

 private:
  static constexpr std::size_t most_levels = 255, room = 2 * (most_levels + 1);

  /// Numbers next to all thresholds: of the i-th, 2 i is the accumulator before it and 2 i + 1 itself.
  struct Neighbours {
    alignas(32) std::int32_t numbers[room];
  };

  [[nodiscard]] bool by_sign() const { return output_.range.low < output_.zero_point; }
  [[nodiscard]] std::int32_t level(std::size_t i) const { return first_level_ + static_cast<std::int32_t>(i); }
  [[nodiscard]] std::int32_t clamped(std::int32_t number) const {
    return std::clamp(number, output_.range.low - output_.origin, output_.range.high - output_.origin);
  }

  DLPU_TARGET_AVX2 double choose_offset(double multiplier) const;
  template <class Function>
  [[nodiscard]] DLPU_INLINE_AVX2 inline FloatForm faults_of(const Function& function) const;
  DLPU_TARGET_AVX2 FloatForm try_in_float(float multiplier) const;

  const ChannelRounding& exact_;
  const OutputRange& output_;
  std::int32_t from_zero_;  // the origin, as the exact rounding counts
  std::int32_t ends_[4] = {},
               at_ends_[4] = {};  // the accumulators at the ends of both signs, and their exact results
  std::int32_t first_level_ = 0;
  std::size_t levels_ = 0;  // that some accumulators reach and others do not
  Neighbours near_{};
};

/// From where exact arithmetic steps, to where the rounding does. False where it does not step nearby, or where a
/// multiplier of 1 and above steps by several levels at once.
inline bool FormSearch::find_thresholds() {
  constexpr double most_multiplier = 1.0 - 0x1p-20;  // with which no sum with a zero point leaves 32 bits
  if (!(exact_.real > 0.0 && exact_.real < most_multiplier)) return false;
  constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min(),
                         most = std::numeric_limits<std::int32_t>::max();
  const bool inside = exact_.low >= least && exact_.high <= most;  // else sums wrap, and any may come
  ends_[0] = static_cast<std::int32_t>(inside ? exact_.low : least);
  ends_[3] = static_cast<std::int32_t>(inside ? exact_.high : most);
  ends_[1] = std::clamp(-1, ends_[0], ends_[3]);
  ends_[2] = std::clamp(0, ends_[0], ends_[3]);
  std::copy_n(ends_, 4, at_ends_);
  exact_.round(exact_.multiplier, output_, at_ends_, 4);
  if (!std::is_sorted(at_ends_, at_ends_ + 4) || at_ends_[3] - at_ends_[0] > static_cast<std::int32_t>(most_levels)) {
    return false;
  }
  first_level_ = at_ends_[0] + 1;
  levels_ = static_cast<std::size_t>(at_ends_[3] - at_ends_[0]);
  const double inverse = 1.0 / exact_.real;
  constexpr double bound = 2147483600.0;
  for (std::size_t i = 0; i < levels_; ++i) {
    const double at = std::clamp((level(i) + from_zero_ - 0.5) * inverse, -bound, bound);
    const auto whole = static_cast<std::int32_t>(at);
    const std::int32_t step = whole + (static_cast<double>(whole) < at ? 1 : 0);
    near_.numbers[2 * i] = step - 1;
    near_.numbers[2 * i + 1] = step;
  }
  Neighbours results;
  for (int tries = 0; tries < 6; ++tries) {
    std::copy_n(near_.numbers, 2 * levels_, results.numbers);
    exact_.round(exact_.multiplier, output_, results.numbers, 2 * levels_);
    bool found = true;
    for (std::size_t i = 0; i < levels_; ++i) {
      const std::int32_t move =
          (results.numbers[2 * i + 1] < level(i) ? 1 : 0) - (results.numbers[2 * i] < level(i) ? 0 : 1);
      near_.numbers[2 * i] += move;
      near_.numbers[2 * i + 1] += move;
      found = found && move == 0;
    }
    if (found) return true;
  }
  return false;
}

/// A threshold t of level v allows offsets from v - 1/2 - t * multiplier up to one multiplier more, or, below zero where
/// they take the sign, the negatives of these: the middle of what all levels allow leaves the most room for rounding.
inline double FormSearch::choose_offset(double multiplier) const {
  constexpr double far = 1e9;
  double low = -far, high = far;
  const double least_step = by_sign() ? 0.0 : -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < levels_; ++i) {
    const double step = near_.numbers[2 * i + 1];
    const double offset = level(i) - 0.5 - step * multiplier, end = offset + multiplier;
    // The threshold itself lies on one side of zero, the accumulator before it perhaps on the other.
    const bool reached = step >= least_step, before = step > least_step;
    low = std::max(low, std::max(reached ? offset : -far, before ? -far : -end));
    high = std::min(high, std::min(reached ? far : -offset, before ? end : far));
  }
  if (low == -far && high == far) return -from_zero_;
  if (low == -far) return high - multiplier / 2;
  if (high == far) return low + multiplier / 2;
  return (low + high) / 2;
}

/// Where `function` differs from the exact rounding. It never falls where the accumulator grows, within each sign at
/// least, so looking next to all thresholds and at the ends of both signs is looking everywhere. The neighbour that a
/// corrected accumulator moves to must have that one's result.
template <class Function>
FloatForm FormSearch::faults_of(const Function& function) const {
  FloatForm found;
  const auto give_up = [&] { found.ups = FloatForm::most + 1; };
  const auto at = [&](std::int32_t accumulator) DLPU_INLINE_AVX2 {
    return clamped(_mm256_cvtsi256_si32(function(_mm256_set1_epi32(accumulator))));
  };
  for (std::size_t i = 0; i < 4; ++i) {
    if (at(ends_[i]) != at_ends_[i]) return give_up(), found;
  }
  Neighbours results;
  for (std::size_t i = 0; i < 2 * levels_; i += lanes) store(results.numbers + i, function(load(near_.numbers + i)));
  for (std::size_t i = 0; i < levels_ && found.fits(); ++i) {
    const std::int32_t wanted = level(i), before = near_.numbers[2 * i], step = near_.numbers[2 * i + 1];
    if (results.numbers[2 * i + 1] < wanted) {
      if (found.ups + found.downs == FloatForm::most || at(step + 1) != wanted) return give_up(), found;
      found.up[found.ups++] = step;
    }
    if (results.numbers[2 * i] >= wanted) {
      if (found.ups + found.downs == FloatForm::most || at(before - 1) != wanted - 1) return give_up(), found;
      found.down[found.downs++] = before;
    }
  }
  return found;
}

inline FloatForm FormSearch::try_in_float(float multiplier) const {
  const auto offset = static_cast<float>(choose_offset(static_cast<double>(multiplier)));
  FloatForm found = faults_of(LinearInFloat(_mm256_set1_ps(multiplier), _mm256_set1_ps(offset), sign()));
  found.multiplier = multiplier;
  found.offset = offset;
  return found;
}

inline FloatForm FormSearch::find_in_float() const {
  const auto nearest = static_cast<float>(exact_.real);
  FloatForm best = try_in_float(nearest);
  for (const float distance : {1.0f, -1.0f, 2.0f, -2.0f}) {
    if (best.ups + best.downs == 0) break;
    const FloatForm other = try_in_float(nearest * (1.0f + distance * std::numeric_limits<float>::epsilon()));
    if (other.ups + other.downs < best.ups + best.downs) best = other;
  }
  return best;
}

DLPU_TARGET_AVX2 inline bool FormSearch::find_in_double(double& offset) const {
  offset = choose_offset(exact_.real);
  const LinearInDouble linear(_mm256_set1_pd(exact_.real), _mm256_set1_pd(offset), static_cast<double>(sign()));
  const FloatForm faults = faults_of([&](__m256i x) DLPU_INLINE_AVX2 {
    return _mm256_set_m128i(linear(_mm256_extracti128_si256(x, 1)), linear(_mm256_castsi256_si128(x)));
  });
  return faults.ups + faults.downs == 0;
}

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

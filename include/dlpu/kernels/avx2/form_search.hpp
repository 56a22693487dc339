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
  bool away_from_zero;     ///< halves, on both sides of it; else up
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
  [[nodiscard]] DLPU_TARGET_AVX2 bool find_thresholds();
  /// The form with the fewest corrections.
  [[nodiscard]] FloatForm find_in_float() const;
  /// The offset with which `real` times an accumulator in double precision is exact. False: there is none.
  [[nodiscard]] DLPU_TARGET_AVX2 bool find_in_double(double& offset) const;

 private:
  static constexpr std::size_t most_levels = 255, room = most_levels + 1;

  [[nodiscard]] bool by_sign() const { return exact_.away_from_zero && output_.range.low < output_.zero_point; }
  [[nodiscard]] std::int32_t clamped(std::int32_t number) const {
    return std::clamp(number, output_.range.low - output_.origin, output_.range.high - output_.origin);
  }

  [[nodiscard]] DLPU_TARGET_AVX2 double choose_offset(double multiplier) const;
  template <class Function>
  [[nodiscard]] DLPU_INLINE_AVX2 inline FloatForm faults_of(const Function& function) const;
  [[nodiscard]] DLPU_TARGET_AVX2 FloatForm try_in_float(float multiplier) const;

  const ChannelRounding& exact_;
  const OutputRange& output_;
  std::int32_t from_zero_;  // the origin, as the exact rounding counts
  std::int32_t ends_[4] = {},
               at_ends_[4] = {};  // the accumulators at the ends of both signs, and their exact results
  // Levels that some accumulators reach and others do not, and the least accumulators that reach them. The last one is
  // there again until vectors are full.
  std::size_t count_ = 0;
  alignas(32) std::int32_t levels_[room];
  alignas(32) std::int32_t steps_[room];
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
  count_ = static_cast<std::size_t>(at_ends_[3] - at_ends_[0]);
  const std::size_t padded = (count_ + lanes - 1) / lanes * lanes;
  for (std::size_t i = 0; i < padded; ++i) {
    levels_[i] = std::min(at_ends_[0] + 1 + static_cast<std::int32_t>(i), at_ends_[3]);
  }
  const __m256d inverse = _mm256_set1_pd(1.0 / exact_.real), zero = _mm256_set1_pd(from_zero_ - 0.5);
  const __m256d highest = _mm256_set1_pd(2147483600.0), lowest = _mm256_set1_pd(-2147483600.0);
  for (std::size_t i = 0; i < padded; i += 4) {
    const __m256d level = _mm256_cvtepi32_pd(_mm_load_si128(reinterpret_cast<const __m128i*>(levels_ + i)));
    const __m256d at = _mm256_mul_pd(_mm256_add_pd(level, zero), inverse);
    const __m256d bounded = _mm256_max_pd(_mm256_min_pd(at, highest), lowest);
    _mm_store_si128(reinterpret_cast<__m128i*>(steps_ + i), _mm256_cvtpd_epi32(_mm256_ceil_pd(bounded)));
  }
  alignas(32) std::int32_t results[2 * room];  // of the accumulators before the steps, and at them
  const __m256i one = _mm256_set1_epi32(1);
  for (int tries = 0; tries < 6; ++tries) {
    for (std::size_t i = 0; i < padded; i += lanes) {
      store(results + i, _mm256_sub_epi32(load(steps_ + i), one));
      store(results + padded + i, load(steps_ + i));
    }
    exact_.round(exact_.multiplier, output_, results, 2 * padded);
    __m256i moves = _mm256_setzero_si256();
    for (std::size_t i = 0; i < padded; i += lanes) {
      const __m256i level = load(levels_ + i);
      const __m256i late = _mm256_cmpgt_epi32(level, load(results + padded + i));
      const __m256i early = _mm256_cmpgt_epi32(load(results + i), _mm256_sub_epi32(level, one));
      store(steps_ + i, _mm256_add_epi32(_mm256_sub_epi32(load(steps_ + i), late), early));
      moves = _mm256_or_si256(moves, _mm256_or_si256(late, early));
    }
    if (_mm256_testz_si256(moves, moves)) return true;
  }
  return false;
}

/// A threshold t of level v allows offsets from v - 1/2 - t * multiplier up to one multiplier more, or, below zero where
/// they take the sign, the negatives of these: the middle of what all levels allow leaves the most room for rounding.
inline double FormSearch::choose_offset(double multiplier) const {
  constexpr double far = 1e9;
  const __m256d farthest = _mm256_set1_pd(far), nothing = _mm256_set1_pd(-far), sign = _mm256_set1_pd(-0.0);
  const __m256d least_step = _mm256_set1_pd(by_sign() ? 0.0 : -std::numeric_limits<double>::infinity());
  const __m256d slope = _mm256_set1_pd(multiplier), half = _mm256_set1_pd(0.5);
  __m256d lows = nothing, highs = farthest;
  for (std::size_t i = 0; i < count_; i += 4) {
    const __m256d level = _mm256_cvtepi32_pd(_mm_load_si128(reinterpret_cast<const __m128i*>(levels_ + i)));
    const __m256d step = _mm256_cvtepi32_pd(_mm_load_si128(reinterpret_cast<const __m128i*>(steps_ + i)));
    const __m256d offset = _mm256_fnmadd_pd(step, slope, _mm256_sub_pd(level, half));
    const __m256d end = _mm256_add_pd(offset, slope);
    // The threshold itself lies on one side of zero, the accumulator before it perhaps on the other.
    const __m256d reached = _mm256_cmp_pd(step, least_step, _CMP_GE_OQ);
    const __m256d before = _mm256_cmp_pd(step, least_step, _CMP_GT_OQ);
    lows = _mm256_max_pd(lows, _mm256_blendv_pd(nothing, offset, reached));
    lows = _mm256_max_pd(lows, _mm256_blendv_pd(_mm256_xor_pd(end, sign), nothing, before));
    highs = _mm256_min_pd(highs, _mm256_blendv_pd(_mm256_xor_pd(offset, sign), farthest, reached));
    highs = _mm256_min_pd(highs, _mm256_blendv_pd(farthest, end, before));
  }
  alignas(32) double four_lows[4], four_highs[4];
  _mm256_store_pd(four_lows, lows);
  _mm256_store_pd(four_highs, highs);
  const double low = *std::max_element(four_lows, four_lows + 4);
  const double high = *std::min_element(four_highs, four_highs + 4);
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
  const auto at = [&](std::int32_t accumulator)
                      DLPU_INLINE_AVX2 { return _mm256_cvtsi256_si32(function(_mm256_set1_epi32(accumulator))); };
  for (std::size_t i = 0; i < 4; ++i) {
    if (clamped(at(ends_[i])) != at_ends_[i]) return give_up(), found;
  }
  const __m256i one = _mm256_set1_epi32(1);
  for (std::size_t i = 0; i < count_; i += lanes) {
    const __m256i level = load(levels_ + i), step = load(steps_ + i);
    const __m256i low = _mm256_cmpgt_epi32(level, function(step));
    const __m256i high = _mm256_cmpgt_epi32(function(_mm256_sub_epi32(step, one)), _mm256_sub_epi32(level, one));
    const int lows = _mm256_movemask_ps(_mm256_castsi256_ps(low));
    const int highs = _mm256_movemask_ps(_mm256_castsi256_ps(high));
    for (std::size_t k = i; (lows | highs) != 0 && k < std::min(i + lanes, count_); ++k) {
      const bool up = (lows >> (k - i) & 1) != 0, down = (highs >> (k - i) & 1) != 0;
      if (!up && !down) continue;
      const bool is_mended = (!up || clamped(at(steps_[k] + 1)) == levels_[k]) &&
                             (!down || clamped(at(steps_[k] - 2)) == levels_[k] - 1);
      if (up == down || !is_mended || found.ups + found.downs == FloatForm::most) return give_up(), found;
      if (up) found.up[found.ups++] = steps_[k];
      if (down) found.down[found.downs++] = steps_[k] - 1;
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

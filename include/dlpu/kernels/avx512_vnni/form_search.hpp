#pragma once

/// Looks for the cheapest form of a rounding, when weights are packed.
///
/// With 8-bit results a rounding is nothing but its thresholds: for each output level the least accumulator that
/// reaches it. `x * multiplier + offset`, converted to the nearest integer, has the same thresholds once the offset is
/// chosen well, but for the few that come closer to a half than float can tell; there one accumulator is corrected by
/// name. `find` verifies next to every threshold, from both sides, and refuses where it cannot prove equality.

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "dlpu/kernels/avx512_vnni/requantize.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// The roundings of 16 channels as they must come out. They must not fall where the accumulator grows.
struct ExactRounding {
  const ChannelConstants& constants;
  const OutputRange& output;
  RoundInMemory round;
  alignas(64) std::array<double, lanes> real;  ///< the multipliers' values
  std::int64_t reach;                          ///< how far accumulators come from the bias
};

class FormSearch {
 public:
  explicit FormSearch(const ExactRounding& exact)
      : exact_(exact),
        from_zero_(exact.output.origin - exact.output.zero_point),
        low_(exact.output.range.low - exact.output.origin),
        high_(exact.output.range.high - exact.output.origin) {}

  /// The form that equals the exact rounding for every accumulator, in `found`. False: none does.
  DLPU_TARGET_AVX512_VNNI bool find(ChannelConstants& found) {
    // Multipliers below 1 step by one level at a time, which the verification relies on.
    if (!std::all_of(exact_.real.begin(), exact_.real.end(), [](double m) { return m > 0.0 && m < 1.0; }))
      return false;
    find_ends();
    std::copy_n(ends_[0], 4 * lanes, at_ends_[0]);
    exact_.round(exact_.constants, exact_.output, at_ends_[0], 4);
    if (!find_thresholds()) return false;
    CorrectedLinear in_float;
    const std::size_t corrections = find_in_float(in_float);
    if (corrections == 0) return found.set(Form::plain, in_float), true;
    if (corrections < impossible) return found.set(Form::corrected, in_float), true;
    LinearMemory<double> in_double;
    std::copy(exact_.real.begin(), exact_.real.end(), in_double.multiplier);
    choose_offsets(in_double);
    const Faults faults = faults_of(LinearInDouble(in_double), nullptr);
    if (faults.hopeless != 0 || _mm512_test_epi32_mask(faults.total(), faults.total()) != 0) return false;
    return found.set(Form::in_double, in_double), true;
  }

 private:
  static constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
  static constexpr std::size_t impossible = 100;

  /// How many results of each lane must go up by one, and down by one; or more than that.
  struct Faults {
    __m512i ups, downs;
    __mmask16 hopeless;

    [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i total() const {
      return _mm512_mask_mov_epi32(_mm512_add_epi32(ups, downs), hopeless,
                                   _mm512_set1_epi32(static_cast<std::int32_t>(impossible)));
    }
  };

  inline void find_ends();
  inline DLPU_TARGET_AVX512_VNNI bool find_thresholds();
  template <class T>
  DLPU_TARGET_AVX512_VNNI void choose_offsets(LinearMemory<T>& memory) const;
  template <class Function>
  DLPU_TARGET_AVX512_VNNI Faults faults_of(const Function& function, CorrectedLinear* corrections) const;
  inline DLPU_TARGET_AVX512_VNNI std::size_t find_in_float(CorrectedLinear& found) const;

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i clamped(__m512i numbers) const {
    return _mm512_min_epi32(_mm512_max_epi32(numbers, _mm512_set1_epi32(low_)), _mm512_set1_epi32(high_));
  }

  const ExactRounding& exact_;
  std::int32_t from_zero_;                           // the origin, as the exact rounding counts
  std::int32_t low_, high_;                          // of the results, which count from the origin
  alignas(64) std::int32_t ends_[4][lanes];          // the accumulators at the ends of both signs
  alignas(64) std::int32_t at_ends_[4][lanes];       // their exact results
  alignas(64) std::int32_t thresholds_[256][lanes];  // the least accumulator that reaches each level above the lowest
  std::array<__mmask16, 256> has_threshold_;         // not where all accumulators reach a level, or none
};

/// Sums that may leave 32 bits wrap, so that any accumulator may come.
inline void FormSearch::find_ends() {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const std::int64_t low = exact_.constants.bias[lane] - exact_.reach,
                       high = exact_.constants.bias[lane] + exact_.reach;
    const bool inside = low >= least && high <= most;
    ends_[0][lane] = inside ? static_cast<std::int32_t>(low) : least;
    ends_[3][lane] = inside ? static_cast<std::int32_t>(high) : most;
    ends_[1][lane] = std::clamp(-1, ends_[0][lane], ends_[3][lane]);
    ends_[2][lane] = std::clamp(0, ends_[0][lane], ends_[3][lane]);
  }
}

/// From where exact arithmetic steps, to where the rounding does. False where it does not step nearby.
inline bool FormSearch::find_thresholds() {
  const __m512d one = _mm512_set1_pd(1.0), bound = _mm512_set1_pd(2147483600.0);
  const __m512d inverse[2] = {_mm512_div_pd(one, _mm512_load_pd(exact_.real.data())),
                              _mm512_div_pd(one, _mm512_load_pd(exact_.real.data() + 8))};
  const auto guess = [&](std::size_t half, double level) DLPU_INLINE_AVX512_VNNI {
    const __m512d at = _mm512_mul_pd(_mm512_set1_pd(level), inverse[half]);
    const __m512d inside = _mm512_max_pd(_mm512_min_pd(at, bound), _mm512_sub_pd(_mm512_setzero_pd(), bound));
    return _mm512_cvt_roundpd_epi32(inside, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
  };
  const __m512i one_step = _mm512_set1_epi32(1);
  for (std::int32_t level = low_ + 1; level <= high_; ++level) {
    const __m512i wanted = _mm512_set1_epi32(level);
    const __mmask16 has_step =
        static_cast<__mmask16>(_mm512_cmplt_epi32_mask(_mm512_load_si512(at_ends_[0]), wanted) &
                               _mm512_cmpge_epi32_mask(_mm512_load_si512(at_ends_[3]), wanted));
    const double real_level = level + from_zero_ - 0.5;
    __m512i step = _mm512_inserti64x4(_mm512_castsi256_si512(guess(0, real_level)), guess(1, real_level), 1);
    __mmask16 early = has_step, late = has_step;  // lanes whose step comes before, and after
    for (int tries = 0; (early | late) != 0; ++tries) {
      if (tries == 6) return false;
      alignas(64) std::int32_t results[2 * lanes];
      _mm512_store_si512(results, _mm512_sub_epi32(step, one_step));
      _mm512_store_si512(results + lanes, step);
      exact_.round(exact_.constants, exact_.output, results, 2);
      early = _mm512_mask_cmpge_epi32_mask(has_step, _mm512_load_si512(results), wanted);
      late = _mm512_mask_cmplt_epi32_mask(has_step, _mm512_load_si512(results + lanes), wanted);
      step = _mm512_mask_sub_epi32(step, early, step, one_step);
      step = _mm512_mask_add_epi32(step, late, step, one_step);
    }
    _mm512_store_si512(thresholds_[level - low_], step);
    has_threshold_[static_cast<std::size_t>(level - low_)] = has_step;
  }
  return true;
}

/// A threshold t of level v allows offsets from v - 1/2 - t * multiplier up to one multiplier more, or, below zero where
/// they take the sign, the negatives of these: the middle of what all levels allow leaves the most room for rounding.
template <class T>
void FormSearch::choose_offsets(LinearMemory<T>& memory) const {
  constexpr double far = 1e9;
  alignas(64) double multipliers[lanes], lows[lanes], highs[lanes];
  std::copy_n(memory.multiplier, lanes, multipliers);
  const bool by_sign = low_ + from_zero_ < 0;
  memory.sign = by_sign ? T{-0.0} : T{0.0};
  const __m512d least_step = _mm512_set1_pd(by_sign ? 0.0 : -std::numeric_limits<double>::infinity());
  for (std::size_t half = 0; half < lanes; half += 8) {
    const __m512d multiplier = _mm512_load_pd(multipliers + half);
    __m512d low = _mm512_set1_pd(-far), high = _mm512_set1_pd(far);
    for (std::int32_t level = low_ + 1; level <= high_; ++level) {
      const auto exists = static_cast<__mmask8>(has_threshold_[static_cast<std::size_t>(level - low_)] >> half);
      const __m512d step =
          _mm512_cvtepi32_pd(_mm256_load_si256(reinterpret_cast<const __m256i*>(thresholds_[level - low_] + half)));
      const __m512d offset = _mm512_fnmadd_pd(step, multiplier, _mm512_set1_pd(level - 0.5));
      const __m512d end = _mm512_add_pd(offset, multiplier), zero = _mm512_setzero_pd();
      // The threshold itself lies on one side of zero, the accumulator before it perhaps on the other.
      const __mmask8 reached = _mm512_mask_cmp_pd_mask(exists, step, least_step, _CMP_GE_OQ);
      const __mmask8 before = _mm512_mask_cmp_pd_mask(exists, step, least_step, _CMP_GT_OQ);
      low = _mm512_mask_max_pd(low, reached, low, offset);
      high = _mm512_mask_min_pd(high, static_cast<__mmask8>(exists & ~reached), high, _mm512_sub_pd(zero, offset));
      high = _mm512_mask_min_pd(high, before, high, end);
      low = _mm512_mask_max_pd(low, static_cast<__mmask8>(exists & ~before), low, _mm512_sub_pd(zero, end));
    }
    _mm512_store_pd(lows + half, low);
    _mm512_store_pd(highs + half, high);
  }
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const bool open_below = lows[lane] == -far, open_above = highs[lane] == far;
    const double low = open_below ? highs[lane] - multipliers[lane] : lows[lane];
    const double high = open_above ? lows[lane] + multipliers[lane] : highs[lane];
    memory.offset[lane] = static_cast<T>(open_below && open_above ? -from_zero_ : (low + high) / 2);
  }
}

/// Where `function` differs from the exact rounding. It never falls where the accumulator grows, within each sign at
/// least, so looking next to all thresholds and at the ends of both signs is looking everywhere. The neighbour that a
/// corrected accumulator moves to must have that one's result. `corrections`, where given, has the room for all of them;
/// the ends of each row of neighbours come first, so that no accumulator moves twice.
template <class Function>
FormSearch::Faults FormSearch::faults_of(const Function& function, CorrectedLinear* corrections) const {
  Faults faults{_mm512_setzero_si512(), _mm512_setzero_si512(), 0};
  for (std::size_t i = 0; i < 4; ++i) {
    const __m512i result = clamped(function(_mm512_load_si512(ends_[i])));
    faults.hopeless |= _mm512_cmpneq_epi32_mask(result, _mm512_load_si512(at_ends_[i]));
  }
  const __m512i one = _mm512_set1_epi32(1);
  std::array<std::size_t, lanes> ups{}, downs{};
  const auto rows_up = corrections == nullptr
                           ? 0
                           : static_cast<std::size_t>(std::count(corrections->step, std::end(corrections->step), 1));
  for (std::int32_t level = low_ + 1; level <= high_; ++level) {
    const __mmask16 exists = has_threshold_[static_cast<std::size_t>(level - low_)];
    const std::int32_t* const steps = thresholds_[level - low_];
    const __m512i at = _mm512_load_si512(steps), before = _mm512_sub_epi32(at, one),
                  wanted = _mm512_set1_epi32(level);
    const __mmask16 low = _mm512_mask_cmplt_epi32_mask(exists, function(at), wanted);
    const __mmask16 high = _mm512_mask_cmpge_epi32_mask(exists, function(before), wanted);
    if ((low | high) == 0) continue;
    const __m512i above = clamped(function(_mm512_add_epi32(at, one))),
                  below = clamped(function(_mm512_sub_epi32(before, one)));
    faults.hopeless |= _mm512_mask_cmpneq_epi32_mask(low, above, wanted);
    faults.hopeless |= _mm512_mask_cmpneq_epi32_mask(high, below, _mm512_sub_epi32(wanted, one));
    faults.ups = _mm512_mask_add_epi32(faults.ups, low, faults.ups, one);
    faults.downs = _mm512_mask_add_epi32(faults.downs, high, faults.downs, one);
    for (std::size_t lane = 0; corrections != nullptr && lane < lanes; ++lane) {
      if ((low >> lane & 1) != 0) corrections->accumulator[rows_up - ++ups[lane]][lane] = steps[lane];
      if ((high >> lane & 1) != 0) corrections->accumulator[rows_up + downs[lane]++][lane] = steps[lane] - 1;
    }
  }
  return faults;
}

/// Tries the multiplier that is nearest and its neighbours, each lane for itself. Returns the number of corrections.
inline std::size_t FormSearch::find_in_float(CorrectedLinear& found) const {
  alignas(64) std::int32_t fewest[lanes], totals[lanes];
  std::fill_n(fewest, lanes, static_cast<std::int32_t>(impossible) + 1);
  for (const std::int32_t distance : {0, 1, -1, 2, -2}) {
    LinearMemory<float> tried;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const float nearest = static_cast<float>(exact_.real[lane]);
      tried.multiplier[lane] =
          nearest * (1.0f + static_cast<float>(distance) * std::numeric_limits<float>::epsilon());
    }
    choose_offsets(tried);
    _mm512_store_si512(totals, faults_of(LinearInFloat(tried), nullptr).total());
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (totals[lane] >= fewest[lane]) continue;
      fewest[lane] = totals[lane];
      found.linear.multiplier[lane] = tried.multiplier[lane];
      found.linear.offset[lane] = tried.offset[lane];
      found.linear.sign = tried.sign;
    }
    const std::int32_t worst = *std::max_element(fewest, fewest + lanes);
    if (worst == 0 || worst == static_cast<std::int32_t>(impossible)) break;
  }
  const Faults faults = faults_of(LinearInFloat(found.linear), nullptr);
  alignas(64) std::int32_t ups[lanes], downs[lanes];
  _mm512_store_si512(ups, faults.ups);
  _mm512_store_si512(downs, faults.downs);
  const auto rows_up = static_cast<std::size_t>(*std::max_element(ups, ups + lanes));
  found.corrections = rows_up + static_cast<std::size_t>(*std::max_element(downs, downs + lanes));
  if (faults.hopeless != 0 || found.corrections > CorrectedLinear::most_corrections) return impossible;
  for (std::size_t row = 0; row < CorrectedLinear::most_corrections; ++row) {
    found.step[row] = row < rows_up ? 1 : -1;
    // Where no correction is meant, one that changes nothing: far beyond the clamp.
    std::fill_n(found.accumulator[row], lanes, row < rows_up ? least : most);
  }
  (void)faults_of(LinearInFloat(found.linear), &found);
  return found.corrections;
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

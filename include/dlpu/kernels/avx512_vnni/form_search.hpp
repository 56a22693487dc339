#pragma once

/// Looks for the cheapest form of a rounding, when weights are packed.
///
/// With 8-bit results a rounding is nothing but its thresholds: for each output level the least accumulator that
/// reaches it. `x * multiplier + offset`, converted to the nearest integer, has the same thresholds for most multipliers
/// once the offset is chosen well; `find_form` chooses it, checks all thresholds from both sides, and refuses where one
/// differs. Over random multipliers two offsets in float, one for each sign of the accumulator, serve practically all
/// with right shifts up to 7, and 3 of 4 at 10; double serves the others.

#include <algorithm>
#include <array>
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
  std::array<double, lanes> real;  ///< the multipliers' values

  void operator()(std::int32_t* numbers, std::size_t vectors) const { round(constants, output, numbers, vectors); }
};

class FormSearch {
 public:
  explicit FormSearch(const ExactRounding& exact)
      : exact_(exact),
        zero_point_(exact.output.zero_point + exact.output.offset),
        low_(exact.output.range.low + exact.output.offset),
        high_(exact.output.range.high + exact.output.offset) {}

  /// The form that equals the exact rounding for every accumulator, with its numbers in `found`. `Form::exact`: none does.
  DLPU_TARGET_AVX512_VNNI Form find(ChannelConstants& found) {
    LinearMemory<float> in_float;
    LinearMemory<double> in_double;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (!(exact_.real[lane] > 0.0)) return Form::exact;
      in_float.multiplier[lane] = static_cast<float>(exact_.real[lane]);
      in_double.multiplier[lane] = exact_.real[lane];
    }
    if (!find_thresholds()) return Form::exact;
    if (choose<false>(in_float)) return keep(Form::one_offset, in_float, found);
    if (choose<true>(in_float)) return keep(Form::offset_by_sign, in_float, found);
    if (choose<true>(in_double)) return keep(Form::in_double, in_double, found);
    return Form::exact;
  }

 private:
  static constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
  /// No accumulator reaches the level, or all do.
  static constexpr std::int32_t no_threshold = least;

  template <class T>
  static Form keep(Form form, const LinearMemory<T>& memory, ChannelConstants& found) {
    found.set(form, memory);
    return form;
  }
  template <bool BySign, class T>
  DLPU_TARGET_AVX512_VNNI bool choose(LinearMemory<T>& memory) const {
    choose_offsets(BySign, memory);
    return equal<BySign>(memory);
  }

  inline DLPU_TARGET_AVX512_VNNI bool find_thresholds();
  template <class T>
  void choose_offsets(bool by_sign, LinearMemory<T>& memory) const;
  template <bool BySign, class T>
  DLPU_TARGET_AVX512_VNNI bool equal(const LinearMemory<T>& memory) const;

  const ExactRounding& exact_;
  std::int32_t zero_point_, low_, high_;             // within int8
  alignas(64) std::int32_t thresholds_[256][lanes];  // the least accumulator that reaches each level above the lowest
};

/// Looks at five accumulators around where exact arithmetic would step: rounding twice moves a step by one at most. False
/// where a step is not among them.
inline bool FormSearch::find_thresholds() {
  constexpr std::size_t tried = 5;
  alignas(64) std::int32_t ends[2 * lanes];
  std::fill_n(ends, lanes, least);
  std::fill_n(ends + lanes, lanes, most);
  exact_(ends, 2);
  const __m512i at_least = _mm512_load_si512(ends), at_most = _mm512_load_si512(ends + lanes);
  for (std::int32_t level = low_ + 1; level <= high_; ++level) {
    alignas(64) std::int32_t guesses[lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const double guess = (level - zero_point_ - 0.5) / exact_.real[lane];
      guesses[lane] = static_cast<std::int32_t>(std::clamp(guess, -2147483600.0, 2147483600.0));
    }
    const __m512i wanted = _mm512_set1_epi32(level), guess = _mm512_load_si512(guesses);
    alignas(64) std::int32_t results[tried * lanes];
    for (std::size_t i = 0; i < tried; ++i) {
      const auto distance = static_cast<std::int32_t>(i) - 2;
      _mm512_store_si512(results + i * lanes, _mm512_add_epi32(guess, _mm512_set1_epi32(distance)));
    }
    exact_(results, tried);
    __m512i below = _mm512_setzero_si512();  // how many of the five stay below the level
    __mmask16 is_below[tried];
    for (std::size_t i = 0; i < tried; ++i) {
      is_below[i] = _mm512_cmplt_epi32_mask(_mm512_load_si512(results + i * lanes), wanted);
      below = _mm512_mask_add_epi32(below, is_below[i], below, _mm512_set1_epi32(1));
    }
    const auto has_step =
        static_cast<__mmask16>(_mm512_cmplt_epi32_mask(at_least, wanted) & _mm512_cmpge_epi32_mask(at_most, wanted));
    if ((has_step & static_cast<__mmask16>(is_below[0] & ~is_below[tried - 1])) != has_step) return false;
    const __m512i threshold = _mm512_add_epi32(guess, _mm512_sub_epi32(below, _mm512_set1_epi32(2)));
    _mm512_store_si512(thresholds_[level - low_],
                       _mm512_mask_mov_epi32(_mm512_set1_epi32(no_threshold), has_step, threshold));
  }
  return true;
}

/// A threshold t of level v allows offsets from v - 1/2 - t * multiplier up to one multiplier more: the middle of what
/// all levels allow leaves the most room for float's own rounding.
template <class T>
void FormSearch::choose_offsets(bool by_sign, LinearMemory<T>& memory) const {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto multiplier = static_cast<double>(memory.multiplier[lane]);
    double low[2] = {-1e9, -1e9}, high[2] = {1e9, 1e9};  // of accumulators below zero, and from zero on
    for (std::int32_t level = low_ + 1; level <= high_; ++level) {
      const std::int32_t threshold = thresholds_[level - low_][lane];
      if (threshold == no_threshold) continue;
      const double offset = level - 0.5 - threshold * multiplier;
      double& lowest = low[threshold >= 0];
      double& highest = high[threshold > 0];
      lowest = std::max(lowest, offset);
      highest = std::min(highest, offset + multiplier);
    }
    if (!by_sign) {
      low[0] = low[1] = std::max(low[0], low[1]);
      high[0] = high[1] = std::min(high[0], high[1]);
    }
    for (int sign = 0; sign < 2; ++sign) {  // without a level on one side of zero, the other's will do there as well
      const bool none = low[sign] == -1e9 && high[sign] == 1e9;
      const int from = none ? 1 - sign : sign;
      const double least_offset = low[from] == -1e9 ? high[from] - multiplier : low[from];
      const double most_offset = high[from] == 1e9 ? low[from] + multiplier : high[from];
      T* offsets = sign == 0 ? memory.negative_offset : memory.offset;
      offsets[lane] = static_cast<T>((least_offset + most_offset) / 2);
    }
  }
}

/// Both forms never fall where the accumulator grows, within each sign at least, so equality next to all thresholds and
/// at the ends of both signs is equality everywhere.
template <bool BySign, class T>
bool FormSearch::equal(const LinearMemory<T>& memory) const {
  const Linear<T> linear(memory);
  for (const std::int32_t end : {least, -1, 0, most}) {
    alignas(64) std::int32_t stored[lanes];
    std::fill_n(stored, lanes, end);
    exact_(stored, 1);
    const __m512i rounded = linear.template apply<BySign>(_mm512_set1_epi32(end));
    const __m512i clamped =
        _mm512_min_epi32(_mm512_max_epi32(rounded, _mm512_set1_epi32(low_)), _mm512_set1_epi32(high_));
    if (_mm512_cmpneq_epi32_mask(clamped, _mm512_load_si512(stored)) != 0) return false;
  }
  for (std::int32_t level = low_ + 1; level <= high_; ++level) {
    const __m512i threshold = _mm512_load_si512(thresholds_[level - low_]);
    const __m512i before = _mm512_sub_epi32(threshold, _mm512_set1_epi32(1)), wanted = _mm512_set1_epi32(level);
    const __mmask16 checked = _mm512_cmpneq_epi32_mask(threshold, _mm512_set1_epi32(no_threshold));
    if (_mm512_mask_cmplt_epi32_mask(checked, linear.template apply<BySign>(threshold), wanted) != 0 ||
        _mm512_mask_cmpge_epi32_mask(checked, linear.template apply<BySign>(before), wanted) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

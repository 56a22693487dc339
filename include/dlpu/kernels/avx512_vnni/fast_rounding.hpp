#pragma once

/// Fixed-point roundings at the price of one floating-point multiply-add, for 16 output channels.
///
/// With 8-bit results a rounding is nothing but its thresholds: for each output level the least accumulator that
/// reaches it. `x * multiplier + offset`, converted to the nearest integer, has the same thresholds for most multipliers
/// once the offset is chosen well; `find_form` chooses it when weights are packed, checks all thresholds from both sides,
/// and refuses where one differs. Over random multipliers two offsets in float, one for each sign of the accumulator,
/// serve practically all with right shifts up to 7, and 3 of 4 at 10; double serves the others.

#include <algorithm>
#include <limits>

#include "dlpu/kernels/activation.hpp"
#include "dlpu/kernels/avx512_vnni/rounding.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// How 16 accumulators become numbers before the clamp.
enum class Form : std::int32_t {
  one_offset,      ///< `Linear<float>`, the same offset for all accumulators
  offset_by_sign,  ///< `Linear<float>`, an offset for each sign
  in_double,       ///< `Linear<double>`, an offset for each sign
  exact,           ///< `VectorRounding`
  scalar           ///< the rounding policy, number by number
};

/// Of a linear function for each lane; the zero point is part of the offsets.
template <class T>
struct LinearMemory {
  alignas(64) T multiplier[lanes];
  alignas(64) T offset[lanes];
  alignas(64) T negative_offset[lanes];  ///< for accumulators below zero
};

template <class T>
class Linear;

template <>
class Linear<float> {
 public:
  DLPU_INLINE_AVX512_VNNI explicit Linear(const LinearMemory<float>& memory)
      : multiplier_(_mm512_load_ps(memory.multiplier)),
        offset_(_mm512_load_ps(memory.offset)),
        negative_offset_(_mm512_load_ps(memory.negative_offset)) {}

  template <bool BySign>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i apply(__m512i accumulators) const {
    const __m512 offset =
        BySign ? _mm512_mask_mov_ps(offset_, _mm512_movepi32_mask(accumulators), negative_offset_) : offset_;
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(accumulators), multiplier_, offset));
  }

 private:
  __m512 multiplier_, offset_, negative_offset_;
};

template <>
class Linear<double> {
 public:
  DLPU_INLINE_AVX512_VNNI explicit Linear(const LinearMemory<double>& memory) : memory_(memory) {}

  template <bool BySign>
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i apply(__m512i accumulators) const {
    const __mmask16 negative = BySign ? _mm512_movepi32_mask(accumulators) : __mmask16{0};
    const __m256i low = half(_mm512_castsi512_si256(accumulators), static_cast<__mmask8>(negative), 0);
    const __m256i high = half(_mm512_extracti64x4_epi64(accumulators, 1), static_cast<__mmask8>(negative >> 8), 8);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }

 private:
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m256i half(__m256i accumulators, __mmask8 negative,
                                                     std::size_t first) const {
    const __m512d offset =
        _mm512_mask_load_pd(_mm512_load_pd(memory_.offset + first), negative, memory_.negative_offset + first);
    return _mm512_cvtpd_epi32(
        _mm512_fmadd_pd(_mm512_cvtepi32_pd(accumulators), _mm512_load_pd(memory_.multiplier + first), offset));
  }

  const LinearMemory<double>& memory_;
};

/// Looks for the form of 16 multipliers.
class FormSearch {
 public:
  /// Fills `in_float` or `in_double` for 16 multipliers, whose values are `real`, and says which form equals `stored`
  /// for every accumulator. `stored(accumulators)` rounds exactly, adds the zero point and clamps to `range`, within
  /// int8.
  template <class Stored>
  DLPU_TARGET_AVX512_VNNI static Form find(const Stored& stored, const double (&real)[lanes], std::int32_t zero_point,
                                           Range<std::int32_t> range, LinearMemory<float>& in_float,
                                           LinearMemory<double>& in_double);

 private:
  static constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
  /// No accumulator reaches the level, or all do.
  static constexpr std::int32_t no_threshold = least;

  /// The least accumulator of each lane that reaches each level above the lowest.
  struct Thresholds {
    alignas(64) std::int32_t of_level[256][lanes];
  };
  template <class Stored>
  DLPU_TARGET_AVX512_VNNI static bool find_thresholds(const Stored& stored, const double (&real)[lanes],
                                                      std::int32_t zero_point, Range<std::int32_t> range,
                                                      Thresholds& thresholds);
  template <class T>
  static void choose_offsets(const Thresholds& thresholds, Range<std::int32_t> range, bool by_sign,
                             LinearMemory<T>& memory);
  template <bool BySign, class T, class Stored>
  DLPU_TARGET_AVX512_VNNI static bool equal(const LinearMemory<T>& memory, const Stored& stored,
                                            Range<std::int32_t> range, const Thresholds& thresholds);
};

/// Looks at five accumulators around where exact arithmetic would step: rounding twice moves a step by one at most. False
/// where a step is not among them.
template <class Stored>
bool FormSearch::find_thresholds(const Stored& stored, const double (&real)[lanes], std::int32_t zero_point,
                                 Range<std::int32_t> range, Thresholds& thresholds) {
  const __m512i at_least = stored(_mm512_set1_epi32(least)), at_most = stored(_mm512_set1_epi32(most));
  for (std::int32_t level = range.low + 1; level <= range.high; ++level) {
    alignas(64) std::int32_t guesses[lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const double guess = (level - zero_point - 0.5) / real[lane];
      guesses[lane] = static_cast<std::int32_t>(guess > 2147483600.0    ? 2147483600.0
                                                : guess < -2147483600.0 ? -2147483600.0
                                                                        : guess);
    }
    const __m512i wanted = _mm512_set1_epi32(level), guess = _mm512_load_si512(guesses);
    __m512i below = _mm512_setzero_si512();  // how many of the five stay below the level
    __mmask16 first_below = 0, last_reaches = 0;
    for (std::int32_t i = -2; i <= 2; ++i) {
      const __mmask16 is_below =
          _mm512_cmplt_epi32_mask(stored(_mm512_add_epi32(guess, _mm512_set1_epi32(i))), wanted);
      below = _mm512_mask_add_epi32(below, is_below, below, _mm512_set1_epi32(1));
      if (i == -2) first_below = is_below;
      if (i == 2) last_reaches = static_cast<__mmask16>(~is_below);
    }
    const __mmask16 has_step =
        static_cast<__mmask16>(_mm512_cmplt_epi32_mask(at_least, wanted) & _mm512_cmpge_epi32_mask(at_most, wanted));
    if ((has_step & static_cast<__mmask16>(first_below & last_reaches)) != has_step) return false;
    const __m512i threshold = _mm512_add_epi32(guess, _mm512_sub_epi32(below, _mm512_set1_epi32(2)));
    _mm512_store_si512(thresholds.of_level[level - range.low],
                       _mm512_mask_mov_epi32(_mm512_set1_epi32(no_threshold), has_step, threshold));
  }
  return true;
}

/// A threshold t of level v allows offsets from v - 1/2 - t * multiplier up to one multiplier more: the middle of what
/// all levels allow leaves the most room for float's own rounding.
template <class T>
void FormSearch::choose_offsets(const Thresholds& thresholds, Range<std::int32_t> range, bool by_sign,
                                LinearMemory<T>& memory) {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto multiplier = static_cast<double>(memory.multiplier[lane]);
    double low[2] = {-1e9, -1e9}, high[2] = {1e9, 1e9};  // of accumulators below zero, and from zero on
    for (std::int32_t level = range.low + 1; level <= range.high; ++level) {
      const std::int32_t threshold = thresholds.of_level[level - range.low][lane];
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
template <bool BySign, class T, class Stored>
bool FormSearch::equal(const LinearMemory<T>& memory, const Stored& stored, Range<std::int32_t> range,
                       const Thresholds& thresholds) {
  const Linear<T> linear(memory);
  for (const std::int32_t end : {least, -1, 0, most}) {
    const __m512i accumulators = _mm512_set1_epi32(end);
    const __m512i clamped =
        _mm512_min_epi32(_mm512_max_epi32(linear.template apply<BySign>(accumulators), _mm512_set1_epi32(range.low)),
                         _mm512_set1_epi32(range.high));
    if (_mm512_cmpneq_epi32_mask(clamped, stored(accumulators)) != 0) {
      return false;
    }
  }
  for (std::int32_t level = range.low + 1; level <= range.high; ++level) {
    const __m512i threshold = _mm512_load_si512(thresholds.of_level[level - range.low]);
    const __m512i before = _mm512_sub_epi32(threshold, _mm512_set1_epi32(1)), wanted = _mm512_set1_epi32(level);
    const __mmask16 checked = _mm512_cmpneq_epi32_mask(threshold, _mm512_set1_epi32(no_threshold));
    if (_mm512_mask_cmplt_epi32_mask(checked, linear.template apply<BySign>(threshold), wanted) != 0 ||
        _mm512_mask_cmpge_epi32_mask(checked, linear.template apply<BySign>(before), wanted) != 0) {
      return false;
    }
  }
  return true;
}

template <class Stored>
Form FormSearch::find(const Stored& stored, const double (&real)[lanes], std::int32_t zero_point,
                      Range<std::int32_t> range, LinearMemory<float>& in_float, LinearMemory<double>& in_double) {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if (!(real[lane] > 0.0)) return Form::exact;
    in_float.multiplier[lane] = static_cast<float>(real[lane]);
    in_double.multiplier[lane] = real[lane];
  }
  Thresholds thresholds;
  if (!find_thresholds(stored, real, zero_point, range, thresholds)) return Form::exact;
  choose_offsets(thresholds, range, false, in_float);
  if (equal<false>(in_float, stored, range, thresholds)) return Form::one_offset;
  choose_offsets(thresholds, range, true, in_float);
  if (equal<true>(in_float, stored, range, thresholds)) return Form::offset_by_sign;
  choose_offsets(thresholds, range, true, in_double);
  if (equal<true>(in_double, stored, range, thresholds)) return Form::in_double;
  return Form::exact;
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

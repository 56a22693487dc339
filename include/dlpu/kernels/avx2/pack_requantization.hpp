#pragma once

/// From a rounding policy's multipliers to what the rungs of x86 from AVX2 on requantize with, and what is rare in doing so.

#include <algorithm>
#include <array>
#include <limits>

#include "dlpu/kernels/avx2/form_search.hpp"
#include "dlpu/kernels/avx2/rounding.hpp"

#if defined(__x86_64__)

namespace dlpu::inline DLPU_ABI {
namespace kernels::avx2 {

namespace detail {

[[nodiscard]] constexpr double real_multiplier(FixedPointMultiplier m) {
  double real = m.value;
  for (std::int32_t exponent = m.shift - 31; exponent < 0; ++exponent) real /= 2;
  for (std::int32_t exponent = m.shift - 31; exponent > 0; --exponent) real *= 2;
  return real;
}
[[nodiscard]] constexpr double real_multiplier(rounding::Shift::Multiplier m) {
  return m.shift > 62 ? 0.0 : real_multiplier(FixedPointMultiplier{1, 31 - m.shift});
}
[[nodiscard]] constexpr double real_multiplier(double m) {
  return m;
}

/// Roundings that never fall where the accumulator grows, and whose multipliers are numbers: linear forms are searched for.
template <class R>
inline constexpr bool is_searched = std::is_same_v<R, rounding::Reference> || std::is_same_v<R, rounding::Single> ||
                                    std::is_same_v<R, rounding::Double> || std::is_same_v<R, rounding::Shift>;

/// Which of them round halves away from zero.
template <class R>
inline constexpr bool is_away_from_zero =
    std::is_same_v<R, rounding::Reference> || std::is_same_v<R, rounding::Double>;

/// Rounding in float has its exact form at the zero point only.
template <class R>
[[nodiscard]] constexpr OutputRange output_range(const Requantization<R>& r) {
  const bool above = r.range.low >= r.zero_point && !std::is_same_v<R, rounding::Float>;
  return {r.zero_point, above ? r.zero_point + 128 : r.zero_point, r.range};
}

/// The multipliers of 16 channels as the policy has them.
template <class R>
struct Multipliers {
  typename R::Multiplier of_channel[group];
};

/// After the rounding: numbers within the range, from the origin on. A sum with the zero point that leaves 32 bits wraps as
/// the oracle's does; bounded roundings come nowhere near.
template <class Rounding>
[[nodiscard]] DLPU_INLINE_AVX2 inline __m256i round_exactly(const Rounding& rounding, const OutputRange& output,
                                                            const std::int32_t* numbers) {
  const __m256i sum = _mm256_add_epi32(rounding(avx2::load(numbers)), _mm256_set1_epi32(output.zero_point));
  const __m256i clamped = _mm256_min_epi32(_mm256_max_epi32(sum, _mm256_set1_epi32(output.range.low)),
                                           _mm256_set1_epi32(output.range.high));
  return _mm256_sub_epi32(clamped, _mm256_set1_epi32(output.origin));
}
template <class R>
[[nodiscard]] std::int32_t round_by_policy(typename R::Multiplier multiplier, const OutputRange& output,
                                           std::int32_t number) {
  return output.range.clamp(wrapping_add(R::apply(number, multiplier), output.zero_point)) - output.origin;
}

/// `ChannelRounding::round` of a policy.
template <class R>
DLPU_TARGET_AVX2 void round_channel(const void* multiplier, const OutputRange& output, std::int32_t* numbers,
                                    std::size_t count) {
  const auto& m = *static_cast<const typename R::Multiplier*>(multiplier);
  std::size_t i = 0;
  if constexpr (VectorRounding<R>::available) {
    if (VectorRounding<R>::handles(m)) {
      const VectorRounding<R> rounding(&m, 0);
      for (; i + lanes <= count; i += lanes) avx2::store(numbers + i, round_exactly(rounding, output, numbers + i));
    }
  }
  for (; i < count; ++i) numbers[i] = round_by_policy<R>(m, output, numbers[i]);
}

DLPU_TARGET_AVX2 inline void round_in_double(const ChannelConstants& constants, std::int32_t* numbers,
                                             std::size_t groups) {
  const auto& memory = constants.as<LinearMemory<double>>();
  for (std::size_t first = 0; first < group; first += 4) {
    const LinearInDouble linear(memory, first);
    for (std::size_t i = first; i < groups * group; i += group) {
      auto* const four = reinterpret_cast<__m128i*>(numbers + i);
      _mm_storeu_si128(four, linear(_mm_loadu_si128(four)));
    }
  }
}

DLPU_TARGET_AVX2 inline void round_corrected(const ChannelConstants& constants, std::int32_t* numbers,
                                             std::size_t groups) {
  const auto& memory = constants.as<CorrectedLinear>();
  for (std::size_t first = 0; first < group; first += lanes) {
    const LinearInFloat linear(memory.linear, first);
    for (std::size_t i = first; i < groups * group; i += group) {
      __m256i x = avx2::load(numbers + i);
      for (std::size_t c = 0; c < memory.corrections; ++c) {
        const __m256i found = _mm256_cmpeq_epi32(x, avx2::load(memory.accumulator[c] + first));
        x = _mm256_add_epi32(x, _mm256_and_si256(found, _mm256_set1_epi32(memory.step[c])));
      }
      avx2::store(numbers + i, linear(x));
    }
  }
}

template <class R>
DLPU_TARGET_AVX2 void round_exactly(const ChannelConstants& constants, const OutputRange& output,
                                    std::int32_t* numbers, std::size_t groups) {
  const auto& multipliers = constants.as<Multipliers<R>>();
  for (std::size_t first = 0; first < group; first += lanes) {
    const VectorRounding<R> rounding(multipliers.of_channel + first, 1);
    for (std::size_t i = first; i < groups * group; i += group) {
      avx2::store(numbers + i, round_exactly(rounding, output, numbers + i));
    }
  }
}

/// `RoundInMemory` of a policy.
template <class R>
void round_in_memory(const ChannelConstants& constants, const OutputRange& output, std::int32_t* numbers,
                     std::size_t groups) {
  if (constants.form <= Form::corrected) return round_corrected(constants, numbers, groups);
  if (constants.form == Form::in_double) return round_in_double(constants, numbers, groups);
  if constexpr (VectorRounding<R>::available) {
    if (constants.form == Form::exact) return round_exactly<R>(constants, output, numbers, groups);
  }
  const auto& multipliers = constants.as<Multipliers<R>>();
  for (std::size_t i = 0; i < groups * group; ++i) {
    numbers[i] = round_by_policy<R>(multipliers.of_channel[i % group], output, numbers[i]);
  }
}

/// One function in float for each of `count` channels; the others of the 16 do as the last one. False: not all have one.
inline bool set_in_float(const ChannelRounding* channels, std::size_t count, const OutputRange& output,
                         ChannelConstants& constants) {
  FloatForm found[group];
  CorrectedLinear memory{};
  std::size_t ups = 0, downs = 0;
  for (std::size_t c = 0; c < count; ++c) {
    FormSearch search(channels[c], output);
    if (!search.find_thresholds()) return false;
    found[c] = search.find_in_float();
    memory.linear.sign = search.sign();
    ups = std::max(ups, found[c].ups);
    downs = std::max(downs, found[c].downs);
  }
  memory.corrections = ups + downs;
  if (memory.corrections > CorrectedLinear::most_corrections) return false;
  // The ends of each row of neighbours come first, so that no accumulator moves twice. Where no correction is meant, one
  // that changes nothing: far beyond the clamp.
  for (std::size_t row = 0; row < CorrectedLinear::most_corrections; ++row) {
    const bool is_up = row < ups;
    memory.step[row] = is_up ? 1 : -1;
    std::fill_n(memory.accumulator[row], group,
                is_up ? std::numeric_limits<std::int32_t>::min() : std::numeric_limits<std::int32_t>::max());
  }
  for (std::size_t c = 0; c < group; ++c) {
    const FloatForm& form = found[std::min(c, count - 1)];
    memory.linear.multiplier[c] = form.multiplier;
    memory.linear.offset[c] = form.offset;
    for (std::size_t i = 0; i < form.ups; ++i) memory.accumulator[ups - 1 - i][c] = form.up[i];
    for (std::size_t i = 0; i < form.downs; ++i) memory.accumulator[ups + i][c] = form.down[i];
  }
  constants.set(memory.corrections == 0 && !memory.linear.takes_sign() ? Form::plain : Form::corrected, memory);
  return true;
}

/// The same in double precision, which needs no corrections.
inline bool set_in_double(const ChannelRounding* channels, std::size_t count, const OutputRange& output,
                          ChannelConstants& constants) {
  LinearMemory<double> memory{};
  for (std::size_t c = 0; c < group; ++c) {
    if (c < count) {
      FormSearch search(channels[c], output);
      memory.sign = static_cast<double>(search.sign());
      memory.multiplier[c] = channels[c].real;
      if (!search.find_thresholds() || !search.find_in_double(memory.offset[c])) return false;
    } else {
      memory.multiplier[c] = memory.multiplier[count - 1];
      memory.offset[c] = memory.offset[count - 1];
    }
  }
  constants.set(Form::in_double, memory);
  return true;
}

/// Rounding in float is of the plain form by itself; below 1, no product leaves 32 bits.
inline bool set_plain(const Multipliers<rounding::Float>& multipliers, ChannelConstants& constants) {
  const float(&m)[group] = multipliers.of_channel;
  if (!std::all_of(std::begin(m), std::end(m), [](float x) { return x >= 0.0f && x < 1.0f; })) return false;
  CorrectedLinear plain{};
  std::copy(std::begin(m), std::end(m), plain.linear.multiplier);
  constants.set(Form::plain, plain);
  return true;
}

/// Fills all but the bias, which is there. The first `count` channels have functions of their own; accumulators come no
/// further than `reach` from the bias.
template <class R>
void pack_group(const Multipliers<R>& multipliers, std::size_t count, const OutputRange& output, std::int64_t reach,
                ChannelConstants& constants) {
  constants.set(Form::scalar, multipliers);
  if constexpr (VectorRounding<R>::available) {
    if (std::all_of(std::begin(multipliers.of_channel), std::end(multipliers.of_channel),
                    VectorRounding<R>::handles)) {
      constants.form = Form::exact;
    }
  }
  if constexpr (std::is_same_v<R, rounding::Float>) set_plain(multipliers, constants);
  if constexpr (is_searched<R>) {
    ChannelRounding channels[group];
    for (std::size_t c = 0; c < count; ++c) {
      const auto& m = multipliers.of_channel[c];
      channels[c] = {&round_channel<R>,         &m,
                     real_multiplier(m),        constants.bias[c] - reach,
                     constants.bias[c] + reach, is_away_from_zero<R>};
    }
    (void)(set_in_float(channels, count, output, constants) || set_in_double(channels, count, output, constants));
  }
}

}  // namespace detail

/// Where accumulators may be any number.
inline constexpr std::int64_t any_reach = std::numeric_limits<std::uint32_t>::max();

/// What `run` requantizes with.
template <class R>
[[nodiscard]] OutputConstants output_constants(const Requantization<R>& requantization) {
  return {detail::output_range(requantization), &detail::round_in_memory<R>};
}

/// Fills all but the biases, which are there, of `groups` times 16 channels. `channel_of(group, lane)` is a channel's
/// number; lanes from `channels` on belong to no channel and get any one's multiplier. Accumulators come no further than
/// `reach` from the bias.
template <class R, class ChannelOf>
void pack_requantization(const Requantization<R>& requantization, std::size_t channels, std::size_t groups,
                         const ChannelOf& channel_of, ChannelConstants* constants, std::int64_t reach = any_reach) {
  const OutputRange output = detail::output_range(requantization);
  const bool per_tensor = requantization.multipliers.size() == 1;
  for (std::size_t g = 0; g < groups; ++g) {
    if (per_tensor && g > 0) {  // one search serves them all
      constants[g].form = constants[0].form;
      std::memcpy(constants[g].memory, constants[0].memory, sizeof constants[0].memory);
      continue;
    }
    detail::Multipliers<R> multipliers;
    std::size_t count = 0;
    for (std::size_t lane = 0; lane < group; ++lane) {
      const std::size_t channel = channel_of(g, lane);
      multipliers.of_channel[lane] = requantization.multipliers[per_tensor ? 0 : std::min(channel, channels - 1)];
      if (channel < channels) count = lane + 1;
    }
    detail::pack_group<R>(multipliers, per_tensor ? 1 : std::max<std::size_t>(count, 1), output,
                          per_tensor ? any_reach : reach, constants[g]);
  }
}

}  // namespace kernels::avx2
}  // namespace dlpu::inline DLPU_ABI

#endif

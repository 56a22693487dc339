#pragma once

/// From a rounding policy's multipliers to what the kernels of the AVX-512 VNNI rung requantize with.

#include <algorithm>
#include <array>
#include <limits>

#include "dlpu/kernels/avx512_vnni/form_search.hpp"
#include "dlpu/kernels/avx512_vnni/rounding.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

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

/// Rounding in float has its exact form at the zero point only.
template <class R>
[[nodiscard]] constexpr OutputRange output_range(const Requantization<R>& r) {
  const bool above = r.range.low >= r.zero_point && !std::is_same_v<R, rounding::Float>;
  return {r.zero_point, above ? r.zero_point + 128 : r.zero_point, r.range};
}

/// The multipliers of 16 channels as the policy has them.
template <class R>
struct Multipliers {
  typename R::Multiplier of_lane[lanes];
};

/// A sum with the zero point that leaves 32 bits wraps as the oracle's does; bounded roundings come nowhere near.
template <class R>
DLPU_TARGET_AVX512_VNNI void round_exactly(const ChannelConstants& constants, const OutputRange& output,
                                           std::int32_t* numbers, std::size_t vectors) {
  const VectorRounding<R> rounding(constants.as<typename VectorRounding<R>::Memory>());
  const __m512i zero_point = _mm512_set1_epi32(output.zero_point), origin = _mm512_set1_epi32(output.origin);
  const __m512i low = _mm512_set1_epi32(output.range.low), high = _mm512_set1_epi32(output.range.high);
  for (std::size_t i = 0; i < vectors * lanes; i += lanes) {
    const __m512i sum = _mm512_add_epi32(rounding(_mm512_load_si512(numbers + i)), zero_point);
    const __m512i clamped = _mm512_min_epi32(_mm512_max_epi32(sum, low), high);
    _mm512_store_si512(numbers + i, _mm512_sub_epi32(clamped, origin));
  }
}

DLPU_TARGET_AVX512_VNNI inline void round_in_double(const ChannelConstants& constants, std::int32_t* numbers,
                                                    std::size_t vectors) {
  const LinearInDouble linear(constants.as<LinearMemory<double>>());
  for (std::size_t i = 0; i < vectors * lanes; i += lanes) {
    _mm512_store_si512(numbers + i, linear(_mm512_load_si512(numbers + i)));
  }
}

DLPU_TARGET_AVX512_VNNI inline void round_corrected(const ChannelConstants& constants, std::int32_t* numbers,
                                                    std::size_t vectors) {
  const auto& memory = constants.as<CorrectedLinear>();
  const LinearInFloat linear(memory.linear);
  for (std::size_t i = 0; i < vectors * lanes; i += lanes) {
    __m512i x = _mm512_load_si512(numbers + i);
    for (std::size_t c = 0; c < memory.corrections; ++c) {
      const __mmask16 found = _mm512_cmpeq_epi32_mask(x, _mm512_load_si512(memory.accumulator[c]));
      x = _mm512_mask_add_epi32(x, found, x, _mm512_set1_epi32(memory.step[c]));
    }
    _mm512_store_si512(numbers + i, linear(x));
  }
}

/// `RoundInMemory` of a policy.
template <class R>
void round_in_memory(const ChannelConstants& constants, const OutputRange& output, std::int32_t* numbers,
                     std::size_t vectors) {
  if (constants.form <= Form::corrected) return round_corrected(constants, numbers, vectors);
  if (constants.form == Form::in_double) return round_in_double(constants, numbers, vectors);
  if constexpr (VectorRounding<R>::available) {
    if (constants.form == Form::exact) return round_exactly<R>(constants, output, numbers, vectors);
  }
  const auto& multipliers = constants.as<Multipliers<R>>();
  for (std::size_t i = 0; i < vectors * lanes; ++i) {
    const std::int32_t rounded = R::apply(numbers[i], multipliers.of_lane[i % lanes]);
    numbers[i] = output.range.clamp(wrapping_add(rounded, output.zero_point)) - output.origin;
  }
}

/// Rounding in float is of the plain form by itself; below 1, no product leaves 32 bits.
inline bool set_plain(const std::array<float, lanes>& multipliers, ChannelConstants& constants) {
  if (!std::all_of(multipliers.begin(), multipliers.end(), [](float m) { return m >= 0.0f && m < 1.0f; }))
    return false;
  CorrectedLinear plain{};
  std::copy(multipliers.begin(), multipliers.end(), plain.linear.multiplier);
  constants.set(Form::plain, plain);
  return true;
}

/// Fills all but the bias.
template <class R>
void pack_requantization(const std::array<typename R::Multiplier, lanes>& multipliers, const OutputRange& output,
                         std::int64_t reach, ChannelConstants& constants) {
  Multipliers<R> by_number;
  std::copy(multipliers.begin(), multipliers.end(), by_number.of_lane);
  constants.set(Form::scalar, by_number);
  if constexpr (std::is_same_v<R, rounding::Float>) {
    if (set_plain(multipliers, constants)) return;
  }
  if constexpr (VectorRounding<R>::available) {
    typename VectorRounding<R>::Memory exact;
    ExactRounding rounding{constants, output, &round_in_memory<R>, {}, reach};
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (!VectorRounding<R>::set(exact, lane, multipliers[lane])) return;
      rounding.real[lane] = real_multiplier(multipliers[lane]);
    }
    constants.set(Form::exact, exact);
    ChannelConstants found;
    FormSearch search(rounding);
    if (search.find(found)) {
      constants.form = found.form;
      std::memcpy(constants.memory, found.memory, sizeof found.memory);
    }
  }
}

}  // namespace detail

/// Where accumulators may be any number.
inline constexpr std::int64_t any_reach = std::numeric_limits<std::uint32_t>::max();

/// What `run` requantizes with.
template <class Storage, class R>
[[nodiscard]] Requantizer requantizer_of(const Requantization<R>& requantization) {
  return {detail::output_range(requantization), &detail::round_in_memory<R>};
}

/// Fills all but the biases, which are there, of `vectors` times 16 channels. `channel_of(vector, lane)` is a channel's number; lanes from
/// `channels` on belong to no channel and get any one's multiplier. Accumulators come no further than `reach` from the
/// bias.
template <class Storage, class R, class ChannelOf>
void pack_requantization(const Requantization<R>& requantization, std::size_t channels, std::size_t vectors,
                         const ChannelOf& channel_of, ChannelConstants* constants, std::int64_t reach = any_reach) {
  const OutputRange output = detail::output_range(requantization);
  const bool per_tensor = requantization.multipliers.size() == 1;
  for (std::size_t v = 0; v < vectors; ++v) {
    if (per_tensor && v > 0) {  // one search serves them all
      constants[v].form = constants[0].form;
      std::memcpy(constants[v].memory, constants[0].memory, sizeof constants[0].memory);
      continue;
    }
    std::array<typename R::Multiplier, lanes> multipliers;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      multipliers[lane] = requantization.multipliers[per_tensor ? 0 : std::min(channel_of(v, lane), channels - 1)];
    }
    detail::pack_requantization<R>(multipliers, output, per_tensor ? any_reach : reach, constants[v]);
  }
}

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

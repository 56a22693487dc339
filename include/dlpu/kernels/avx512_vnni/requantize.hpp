#pragma once

/// Accumulators to outputs on the AVX-512 VNNI rung, 16 channels at once.

#include <cstring>

#include "dlpu/kernels/avx512_vnni/fast_rounding.hpp"
#include "dlpu/kernels/requantization.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// Roundings that are worth the search for a float form: where multiplications of 64 bits would be needed.
template <class R>
inline constexpr bool has_fast_form = std::is_same_v<R, rounding::Reference> || std::is_same_v<R, rounding::Single> ||
                                      std::is_same_v<R, rounding::Shift>;

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
}  // namespace detail

/// What 16 output channels are computed with, in packed memory: the bias, and their requantization in one form.
template <class R>
struct ChannelConstants {
  alignas(64) std::int32_t bias[lanes];
  alignas(64) std::byte memory[sizeof(LinearMemory<double>)];  ///< what `form` needs
  Form form;

  template <class T>
  [[nodiscard]] const T& as() const {
    static_assert(sizeof(T) <= sizeof memory && std::is_trivially_copyable_v<T>);
    return *reinterpret_cast<const T*>(memory);
  }
  template <class T>
  void set(Form new_form, const T& value) {
    static_assert(sizeof(T) <= sizeof memory && std::is_trivially_copyable_v<T>);
    form = new_form;
    std::memcpy(memory, &value, sizeof value);
  }
};

/// The multipliers of 16 channels as the policy has them.
template <class R>
struct Multipliers {
  typename R::Multiplier of_lane[lanes];
};

/// `Requantization` within int8, which saturating instructions narrow to; uint8 outputs get their 128 back in the end.
template <class Storage, class R>
class Requantizer {
  static constexpr std::int32_t offset = signed_offset<Storage>;

 public:
  using Constants = ChannelConstants<R>;

  explicit Requantizer(const Requantization<R>& requantization)
      : zero_point_(requantization.zero_point),
        range_(requantization.range),
        low_(requantization.range.low + offset),
        high_(requantization.range.high + offset) {}

  /// Fills all but the bias. `multiplier_of(lane)` is each lane's multiplier.
  template <class MultiplierOf>
  void pack(const MultiplierOf& multiplier_of, Constants& constants) const {
    Multipliers<R> multipliers;
    for (std::size_t lane = 0; lane < lanes; ++lane) multipliers.of_lane[lane] = multiplier_of(lane);
    constants.set(Form::scalar, multipliers);
    if constexpr (VectorRounding<R>::available) {
      typename VectorRounding<R>::Memory exact;
      bool handled = true;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        handled = VectorRounding<R>::set(exact, lane, multipliers.of_lane[lane]) && handled;
      }
      if (handled) constants.set(Form::exact, exact);
      if constexpr (has_fast_form<R>) {
        if (handled) find_form(multipliers, exact, constants);
      }
    }
  }

  /// Rounds each of `accumulators` and adds the zero point.
  template <std::size_t Count>
  DLPU_INLINE_AVX512_VNNI void round(const Constants& constants, __m512i (&accumulators)[Count]) const {
    if constexpr (std::is_same_v<R, rounding::Float>) {  // bounded far within 32 bits: nothing can wrap
      const VectorRounding<R> rounding(constants.template as<typename VectorRounding<R>::Memory>());
      const __m512i zero_point = _mm512_set1_epi32(zero_point_ + offset);
      return unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI {
        accumulators[i] = _mm512_add_epi32(rounding(accumulators[i]), zero_point);
      });
    }
    if constexpr (has_fast_form<R>) {
      if (constants.form == Form::one_offset) {
        const Linear<float> fast(constants.template as<LinearMemory<float>>());
        return unroll<Count>(
            [&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = fast.template apply<false>(accumulators[i]); });
      }
      if (constants.form == Form::offset_by_sign) {
        const Linear<float> fast(constants.template as<LinearMemory<float>>());
        return unroll<Count>(
            [&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = fast.template apply<true>(accumulators[i]); });
      }
    }
    alignas(64) std::int32_t numbers[Count * lanes];
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { _mm512_store_si512(numbers + i * lanes, accumulators[i]); });
    round_in_memory(constants, numbers, Count);
    unroll<Count>([&](auto i) DLPU_INLINE_AVX512_VNNI { accumulators[i] = _mm512_load_si512(numbers + i * lanes); });
  }

  /// Narrows and clamps 16 rounded numbers.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m128i narrow(__m512i rounded) const {
    const __m128i bytes = _mm512_cvtsepi32_epi8(rounded);
    const __m128i clamped = _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8(static_cast<char>(low_))),
                                         _mm_set1_epi8(static_cast<char>(high_)));
    if constexpr (offset != 0) return _mm_xor_si128(clamped, _mm_set1_epi8(-128));
    return clamped;
  }

  /// Narrows and clamps 64 rounded numbers, already 16 bits wide: of each 16 bytes, the first 8 from `low`.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i narrow(__m512i low, __m512i high) const {
    const __m512i bytes = _mm512_packs_epi16(low, high);
    const __m512i clamped = _mm512_min_epi8(_mm512_max_epi8(bytes, _mm512_set1_epi8(static_cast<char>(low_))),
                                            _mm512_set1_epi8(static_cast<char>(high_)));
    if constexpr (offset != 0) return _mm512_xor_si512(clamped, _mm512_set1_epi8(-128));
    return clamped;
  }

 private:
  /// Rounds, adds the zero point and clamps. A sum that leaves 32 bits wraps as the oracle's does, before the 128 of
  /// uint8 outputs go; bounded roundings come nowhere near.
  class Exact {
   public:
    DLPU_INLINE_AVX512_VNNI Exact(const Requantizer& requantizer, const typename VectorRounding<R>::Memory& memory)
        : rounding_(memory),
          zero_point_(_mm512_set1_epi32(requantizer.zero_point_)),
          low_(_mm512_set1_epi32(requantizer.range_.low)),
          high_(_mm512_set1_epi32(requantizer.range_.high)) {}

    [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
      const __m512i sum = _mm512_add_epi32(rounding_(accumulators), zero_point_);
      const __m512i clamped = _mm512_min_epi32(_mm512_max_epi32(sum, low_), high_);
      if constexpr (offset != 0) return _mm512_add_epi32(clamped, _mm512_set1_epi32(offset));
      return clamped;
    }

   private:
    VectorRounding<R> rounding_;
    __m512i zero_point_, low_, high_;
  };

  DLPU_TARGET_AVX512_VNNI void find_form(const Multipliers<R>& multipliers,
                                         const typename VectorRounding<R>::Memory& exact,
                                         Constants& constants) const {
    double real[lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) real[lane] = detail::real_multiplier(multipliers.of_lane[lane]);
    LinearMemory<float> in_float;
    LinearMemory<double> in_double;
    const Form form =
        FormSearch::find(Exact(*this, exact), real, zero_point_ + offset, {low_, high_}, in_float, in_double);
    if (form == Form::one_offset || form == Form::offset_by_sign) constants.set(form, in_float);
    if (form == Form::in_double) constants.set(form, in_double);
  }

  /// The forms that are long and rare: a call, lest each of the kernel's registers gets a copy of them.
  [[gnu::noinline]] DLPU_TARGET_AVX512_VNNI void round_in_memory(const Constants& constants, std::int32_t* numbers,
                                                                 std::size_t vectors) const {
    if constexpr (has_fast_form<R>) {
      if (constants.form == Form::in_double) {
        const Linear<double> linear(constants.template as<LinearMemory<double>>());
        for (std::size_t i = 0; i < vectors * lanes; i += lanes) {
          _mm512_store_si512(numbers + i, linear.template apply<true>(_mm512_load_si512(numbers + i)));
        }
        return;
      }
    }
    if constexpr (VectorRounding<R>::available) {
      if (constants.form == Form::exact) {
        const Exact exact(*this, constants.template as<typename VectorRounding<R>::Memory>());
        for (std::size_t i = 0; i < vectors * lanes; i += lanes) {
          _mm512_store_si512(numbers + i, exact(_mm512_load_si512(numbers + i)));
        }
        return;
      }
    }
    const auto& multipliers = constants.template as<Multipliers<R>>();
    for (std::size_t i = 0; i < vectors * lanes; ++i) {
      const std::int32_t rounded = R::apply(numbers[i], multipliers.of_lane[i % lanes]);
      numbers[i] = range_.clamp(wrapping_add(rounded, zero_point_)) + offset;
    }
  }

  std::int32_t zero_point_;
  Range<std::int32_t> range_;
  std::int32_t low_, high_;  // the same range within int8
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

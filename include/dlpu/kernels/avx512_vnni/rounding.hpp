#pragma once

/// The library's roundings on 16 accumulators at once, exact for every accumulator.

#include "dlpu/kernels/avx512_vnni/vectors.hpp"
#include "dlpu/quant/rounding.hpp"

#if defined(__x86_64__)

DLPU_BEGIN_INTRINSICS
namespace dlpu::inline DLPU_ABI {
namespace kernels::avx512_vnni {

/// `VectorRounding<R>` holds the multipliers of 16 accumulators and applies them as `R::apply` does. Roundings
/// without a form here are applied number by number.
///
///     static bool set(Memory&, std::size_t lane, R::Multiplier);   // false: this one needs R::apply
///     VectorRounding(const Memory&);
///     __m512i operator()(__m512i accumulators) const;
template <class R>
struct VectorRounding {
  static constexpr bool available = false;
  struct Memory {};
};

/// Of 16 fixed-point multipliers: the value, and a shift to the right that each rounding defines.
struct FixedPointMemory {
  alignas(64) std::int32_t value[lanes];
  alignas(64) std::int32_t shift[lanes];
};

/// 64-bit products need two registers for 16 lanes: the even ones and the odd ones.
struct EvenOdd {
  __m512i even, odd;

  /// The lower half of each.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i join() const {
    return _mm512_mask_shuffle_epi32(even, 0xAAAA, odd, _MM_PERM_CCAA);
  }
};

/// Zero-extended numbers of 32 bits.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline EvenOdd split(__m512i numbers) {
  return {_mm512_and_si512(numbers, _mm512_set1_epi64(0xFFFFFFFF)), _mm512_srli_epi64(numbers, 32)};
}

[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline EvenOdd multiply(__m512i a, __m512i b) {
  return {_mm512_mul_epi32(a, b), _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32))};
}

/// 64-bit numbers shifted to the right by 1 to 63, halves up.
[[nodiscard]] DLPU_INLINE_AVX512_VNNI inline __m512i shift_rounding_up(__m512i numbers, __m512i right) {
  const __m512i half = _mm512_srli_epi64(_mm512_sllv_epi64(_mm512_set1_epi64(1), right), 1);
  return _mm512_srav_epi64(_mm512_add_epi64(numbers, half), right);
}

template <>
struct VectorRounding<rounding::Reference> {
  static constexpr bool available = true;
  using Memory = FixedPointMemory;

  /// Multipliers of 1 and above shift to the left first and may wrap; they are rare.
  static bool set(Memory& memory, std::size_t lane, FixedPointMultiplier m) {
    memory.value[lane] = m.value;
    memory.shift[lane] = m.shift > 0 ? 0 : -m.shift;
    return m.shift <= 0;
  }
  DLPU_INLINE_AVX512_VNNI explicit VectorRounding(const Memory& memory)
      : value_(_mm512_load_si512(memory.value)),
        shift_(_mm512_load_si512(memory.shift)),
        mask_(_mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(1), shift_), _mm512_set1_epi32(1))),
        half_(_mm512_srli_epi32(mask_, 1)) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    const EvenOdd product = multiply(accumulators, value_);
    const __m512i nudge = _mm512_set1_epi64(1 << 30);
    const EvenOdd rounded{_mm512_srli_epi64(_mm512_add_epi64(product.even, nudge), 31),
                          _mm512_srli_epi64(_mm512_add_epi64(product.odd, nudge), 31)};
    const __m512i high = rounded.join();
    // The rounding shift in its overflow-free form: one more where the rest is above a half, or, for numbers below
    // zero, above a half and one.
    const __m512i quotient = _mm512_srav_epi32(high, shift_), rest = _mm512_and_si512(high, mask_);
    const __m512i threshold = _mm512_sub_epi32(half_, _mm512_srai_epi32(high, 31));
    return _mm512_mask_add_epi32(quotient, _mm512_cmpgt_epi32_mask(rest, threshold), quotient, _mm512_set1_epi32(1));
  }

 private:
  __m512i value_, shift_, mask_, half_;
};

template <>
struct VectorRounding<rounding::Single> {
  static constexpr bool available = true;
  using Memory = FixedPointMemory;

  static bool set(Memory& memory, std::size_t lane, FixedPointMultiplier m) {
    memory.value[lane] = m.value;
    memory.shift[lane] = 31 - (m.shift > 30 ? 30 : m.shift);  // in [1, 62]
    return true;
  }
  DLPU_INLINE_AVX512_VNNI explicit VectorRounding(const Memory& memory)
      : value_(_mm512_load_si512(memory.value)), right_(split(_mm512_load_si512(memory.shift))) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    const EvenOdd product = multiply(accumulators, value_);
    return EvenOdd{round(product.even, right_.even), round(product.odd, right_.odd)}.join();
  }

 private:
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __m512i round(__m512i product, __m512i right) {
    const __m512i rounded = shift_rounding_up(product, right);
    return _mm512_max_epi64(_mm512_min_epi64(rounded, _mm512_set1_epi64(INT32_MAX)), _mm512_set1_epi64(INT32_MIN));
  }

  __m512i value_;
  EvenOdd right_;
};

template <>
struct VectorRounding<rounding::Shift> {
  static constexpr bool available = true;
  struct Memory {
    alignas(64) std::int32_t shift[lanes];
  };

  /// From 63 on, nothing of 32 bits is left.
  static bool set(Memory& memory, std::size_t lane, rounding::Shift::Multiplier m) {
    memory.shift[lane] = m.shift > 63 ? 63 : m.shift;
    return m.shift > 0;
  }
  DLPU_INLINE_AVX512_VNNI explicit VectorRounding(const Memory& memory)
      : right_(split(_mm512_load_si512(memory.shift))) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    const EvenOdd wide = multiply(accumulators, _mm512_set1_epi32(1));
    return EvenOdd{shift_rounding_up(wide.even, right_.even), shift_rounding_up(wide.odd, right_.odd)}.join();
  }

 private:
  EvenOdd right_;
};

template <>
struct VectorRounding<rounding::Float> {
  static constexpr bool available = true;
  struct Memory {
    alignas(64) float multiplier[lanes];
  };

  static bool set(Memory& memory, std::size_t lane, float m) {
    memory.multiplier[lane] = m;
    return true;
  }
  DLPU_INLINE_AVX512_VNNI explicit VectorRounding(const Memory& memory)
      : multiplier_(_mm512_load_ps(memory.multiplier)) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    const __m512 bound = _mm512_set1_ps(1073741824.0f);
    const __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(accumulators), multiplier_);
    return _mm512_cvtps_epi32(
        _mm512_max_ps(_mm512_min_ps(product, bound), _mm512_sub_ps(_mm512_setzero_ps(), bound)));
  }

 private:
  __m512 multiplier_;
};

template <>
struct VectorRounding<rounding::Double> {
  static constexpr bool available = true;
  struct Memory {
    alignas(64) double multiplier[lanes];
  };

  static bool set(Memory& memory, std::size_t lane, double m) {
    memory.multiplier[lane] = m;
    return true;
  }
  DLPU_INLINE_AVX512_VNNI explicit VectorRounding(const Memory& memory)
      : low_(_mm512_load_pd(memory.multiplier)), high_(_mm512_load_pd(memory.multiplier + 8)) {}

  [[nodiscard]] DLPU_INLINE_AVX512_VNNI __m512i operator()(__m512i accumulators) const {
    return _mm512_inserti64x4(_mm512_castsi256_si512(round(_mm512_castsi512_si256(accumulators), low_)),
                              round(_mm512_extracti64x4_epi64(accumulators, 1), high_), 1);
  }

 private:
  /// Halves away from zero: the largest double below a half, added with the product's sign, carries over to the next
  /// integer exactly where the rest is a half or more.
  [[nodiscard]] DLPU_INLINE_AVX512_VNNI static __m256i round(__m256i accumulators, __m512d multiplier) {
    const __m512d bound = _mm512_set1_pd(1073741824.0), almost_half = _mm512_set1_pd(0x1.fffffffffffffp-2);
    const __m512d exact = _mm512_mul_pd(_mm512_cvtepi32_pd(accumulators), multiplier);
    const __m512d product = _mm512_max_pd(_mm512_min_pd(exact, bound), _mm512_sub_pd(_mm512_setzero_pd(), bound));
    const __m512d sign = _mm512_and_pd(product, _mm512_set1_pd(-0.0));
    return _mm512_cvttpd_epi32(_mm512_add_pd(product, _mm512_or_pd(almost_half, sign)));
  }

  __m512d low_, high_;
};

}  // namespace kernels::avx512_vnni
}  // namespace dlpu::inline DLPU_ABI
DLPU_END_INTRINSICS

#endif

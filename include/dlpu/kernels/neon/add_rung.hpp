#pragma once

/// Add of two quantized tensors of the same shape on the NEON rung: eight elements at once, for the roundings that have a
/// vector form.

#include "dlpu/kernels/neon/requantize.hpp"
#include "dlpu/kernels/reference/add_rung.hpp"

#if DLPU_HAS_NEON

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1 && neon::VectorRounding<R>::available) struct AddRung<isa::neon, Storage, R> {
  using isa_type = isa::neon;
  using Arguments = AddWork<Storage, R>;

  static void prepare(double, double, Arguments&) {}

  DLPU_TARGET_NEON static void run(std::size_t count, const Storage* first, const Storage* second,
                                   const Arguments& arguments, Storage* output) {
    std::size_t i = 0;
    if (Rounding::handles(arguments.first) && Rounding::handles(arguments.second) &&
        Rounding::handles(arguments.output)) {
      const Rounding round_first(memory(arguments.first)), round_second(memory(arguments.second)),
          round_output(memory(arguments.output));
      const neon::Requantizer<Storage, R> requantizer({{}, arguments.output_zero_point, arguments.range}, true);
      const int16x8_t first_zero_point = vdupq_n_s16(static_cast<std::int16_t>(arguments.first_zero_point));
      const int16x8_t second_zero_point = vdupq_n_s16(static_cast<std::int16_t>(arguments.second_zero_point));
      for (; i + 8 <= count; i += 8) {
        const int16x8_t a = vsubq_s16(neon::load_widened(first + i), first_zero_point);
        const int16x8_t b = vsubq_s16(neon::load_widened(second + i), second_zero_point);
        const int32x4_t rounded[2] = {
            round_output(vaddq_s32(round_first(shifted(vget_low_s16(a))), round_second(shifted(vget_low_s16(b))))),
            round_output(vaddq_s32(round_first(shifted(vget_high_s16(a))), round_second(shifted(vget_high_s16(b)))))};
        requantizer.store_rounded(rounded, 8, output + i);
      }
    }
    AddRung<isa::scalar, Storage, R>::run(count - i, first + i, second + i, arguments, output + i);
  }

 private:
  using Rounding = neon::VectorRounding<R>;

  static typename Rounding::Memory memory(typename R::Multiplier m) {
    typename Rounding::Memory all;
    for (std::size_t lane = 0; lane < neon::lanes; ++lane) Rounding::set(all, lane, m);
    return all;
  }
  [[nodiscard]] DLPU_INLINE_NEON static int32x4_t shifted(int16x4_t differences) {
    return vshlq_n_s32(vmovl_s16(differences), Arguments::left_shift);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

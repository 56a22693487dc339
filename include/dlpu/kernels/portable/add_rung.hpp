#pragma once

/// Add of two quantized tensors of the same shape on the portable rung: sixteen elements at once, for the roundings
/// that have a vector form. Others take the scalar rung.

#include <cstddef>

#include "dlpu/kernels/portable/requantize.hpp"
#include "dlpu/kernels/reference/add_rung.hpp"

#if DLPU_HAS_PORTABLE_RUNG

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Storage, class R>
requires(sizeof(Storage) == 1 && portable::VectorRounding<R>::available) struct AddRung<isa::portable, Storage, R> {
  using isa_type = isa::portable;
  using Scalar = AddRung<isa::scalar, Storage, R>;
  using Arguments = AddWork<Storage, R>;

  static void prepare(double, double, Arguments&) {}

  static void run(std::size_t count, const Storage* first, const Storage* second, const Arguments& arguments,
                  Storage* output) {
    const AddRung eight(arguments);
    std::size_t i = 0;
    if (eight.handled()) {
      for (; i + 16 <= count; i += 16) {
        const auto a = portable::load<portable::Bytes<Storage>>(first + i);
        const auto b = portable::load<portable::Bytes<Storage>>(second + i);
        eight.add(portable::widen_low<Storage>(a), portable::widen_low<Storage>(b), output + i);
        eight.add(portable::widen_high<Storage>(a), portable::widen_high<Storage>(b), output + i + 8);
      }
    }
    Scalar::run(count - i, first + i, second + i, arguments, output + i);
  }

 private:
  using Rounding = portable::VectorRounding<R>;
  using Shorts = portable::Shorts;
  using Words = portable::Words;

  explicit AddRung(const Arguments& arguments)
      : first_(Rounding::broadcast(arguments.first)),
        second_(Rounding::broadcast(arguments.second)),
        output_(Rounding::broadcast(arguments.output)),
        first_zero_point_(shorts(arguments.first_zero_point)),
        second_zero_point_(shorts(arguments.second_zero_point)),
        output_zero_point_(portable::broadcast<Words>(arguments.output_zero_point)),
        low_(shorts(arguments.range.low)),
        high_(shorts(arguments.range.high)) {}

  static Shorts shorts(std::int32_t value) { return portable::broadcast<Shorts>(static_cast<std::int16_t>(value)); }

  [[nodiscard]] bool handled() const {
    return Rounding::handles(first_) && Rounding::handles(second_) && Rounding::handles(output_);
  }

  void add(const Shorts& a, const Shorts& b, Storage* output) const {
    const Shorts zero{}, x = a - first_zero_point_, y = b - second_zero_point_;
    const Words low = sum(portable::zip_low(zero, x), portable::zip_low(zero, y));
    const Words high = sum(portable::zip_high(zero, x), portable::zip_high(zero, y));
    portable::store_bytes(portable::clamp(portable::narrow(low, high), low_, high_), output);
  }

  /// Of four numbers in the upper halves of 32 bits, that is, times 2^16.
  [[nodiscard]] Words sum(const Shorts& a, const Shorts& b) const {
    constexpr int rest = Arguments::left_shift - 16;
    const Words first = Rounding::apply(std::bit_cast<Words>(a) << rest, first_);
    const Words second = Rounding::apply(std::bit_cast<Words>(b) << rest, second_);
    return portable::wrapping_sum(Rounding::apply(portable::wrapping_sum(first, second), output_),
                                  output_zero_point_);
  }

  typename Rounding::Multipliers first_, second_, output_;
  Shorts first_zero_point_, second_zero_point_;
  Words output_zero_point_;
  Shorts low_, high_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#endif

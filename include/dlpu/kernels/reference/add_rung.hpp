#pragma once

/// Add of two quantized tensors of the same shape on the scalar rung: the oracle's formula, element by element.

#include <cstddef>

#include "dlpu/isa/dispatch.hpp"
#include "dlpu/kernels/reference/add.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels {

/// An addition as one linear function of the stored bytes, made unsigned, in float:
/// `nearest even(x + nudge), x = first * a + second * b + offset`, plus the output's zero point. Rungs that have it find the
/// numbers with which it gives what the oracle gives, for all pairs of bytes.
struct LinearSum {
  float first = 0.0f, second = 0.0f, offset = 0.0f, nudge = 0.0f;  ///< the nudge takes the sign of x
  bool is_exact = false;
};

/// What a rung's addition computes with.
template <class Storage, class R>
struct AddWork : reference::AddArguments<R, reference::add_left_shift<Storage>> {
  LinearSum linear;
};

/// `prepare(first, second, work)` may look for a cheaper form; `first` and `second` are the scales of the inputs, in terms of
/// the output's.
template <class Isa, class Storage, class R>
struct AddRung : AddRung<typename Isa::weaker, Storage, R> {};

template <class Storage, class R>
struct AddRung<isa::scalar, Storage, R> {
  using isa_type = isa::scalar;
  using Arguments = AddWork<Storage, R>;

  static void prepare(double, double, Arguments&) {}
  static void run(std::size_t count, const Storage* first, const Storage* second, const Arguments& arguments,
                  Storage* output) {
    for (std::size_t i = 0; i < count; ++i) output[i] = static_cast<Storage>(arguments.apply(first[i], second[i]));
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

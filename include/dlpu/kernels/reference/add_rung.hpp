#pragma once

/// Add of two quantized tensors of the same shape on the scalar rung: the oracle's formula, element by element.

#include <cstddef>

#include "dlpu/isa/dispatch.hpp"
#include "dlpu/kernels/reference/add.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels {

template <class Isa, class Storage, class R>
struct AddRung : AddRung<typename Isa::weaker, Storage, R> {};

template <class Storage, class R>
struct AddRung<isa::scalar, Storage, R> {
  using isa_type = isa::scalar;

  static void run(std::size_t count, const Storage* first, const Storage* second,
                  const reference::AddArguments<R, reference::add_left_shift<Storage>>& arguments, Storage* output) {
    for (std::size_t i = 0; i < count; ++i) output[i] = static_cast<Storage>(arguments.apply(first[i], second[i]));
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// The kernels of all operators, compiled once for all programs of the project: they are what takes a compiler long.

#include "dlpu/graph/program.hpp"

namespace dlpu::inline DLPU_ABI {

extern template KernelClass find_kernel<void>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Reference>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Float>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Single>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Shift>(const Operator&, ElementType);

}  // namespace dlpu::inline DLPU_ABI

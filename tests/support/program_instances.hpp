#pragma once

/// The kernels of all operators, as a program needs them, compiled once for all programs of the project.

#include "dlpu/graph/program.hpp"
#include "support/kernel_instances.hpp"

#if defined(DLPU_HAS_INSTANCES)
namespace dlpu::inline DLPU_ABI {

extern template KernelClass find_kernel<void>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Reference>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Float>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Single>(const Operator&, ElementType);
extern template KernelClass find_kernel<rounding::Shift>(const Operator&, ElementType);

}  // namespace dlpu::inline DLPU_ABI
#endif

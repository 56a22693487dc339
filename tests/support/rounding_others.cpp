#include "support/program_instances.hpp"

namespace dlpu::inline DLPU_ABI {

namespace kernels {
DLPU_OTHER_KERNELS()
}
template KernelClass find_kernel<rounding::Float>(const Operator&, ElementType);
template KernelClass find_kernel<rounding::Single>(const Operator&, ElementType);
template KernelClass find_kernel<rounding::Shift>(const Operator&, ElementType);

}  // namespace dlpu::inline DLPU_ABI

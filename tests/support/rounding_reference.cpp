#include "support/program_instances.hpp"

namespace dlpu::inline DLPU_ABI {

namespace kernels {
DLPU_REFERENCE_KERNELS()
}
template KernelClass find_kernel<void>(const Operator&, ElementType);
template KernelClass find_kernel<rounding::Reference>(const Operator&, ElementType);

}  // namespace dlpu::inline DLPU_ABI

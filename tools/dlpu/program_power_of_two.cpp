#include "dlpu/graph/program.hpp"

namespace dlpu::inline DLPU_ABI {

template Result<Program> Program::create<PowerOfTwo>(Graph, Parameters);

}  // namespace dlpu::inline DLPU_ABI

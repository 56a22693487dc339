#include "dlpu/variant.hpp"

namespace dlpu::inline DLPU_ABI {

template Result<Program> Program::create<PerTensor>(Graph, Parameters);

}  // namespace dlpu::inline DLPU_ABI

namespace dlpu::command {

Result<Program> program_rounding_reference(const io::TfliteModel& model) {
  return model.program<PerTensor>();
}

}  // namespace dlpu::command

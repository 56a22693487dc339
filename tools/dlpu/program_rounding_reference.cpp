#include "dlpu/variant.hpp"

namespace dlpu::command {

Result<Program> program_rounding_reference(const io::TfliteModel& model) {
  return model.program<BasicPerTensor<rounding::Reference>>();
}

}  // namespace dlpu::command

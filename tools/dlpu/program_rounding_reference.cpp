#include "dlpu/variant.hpp"

namespace dlpu::command {

Result<Program> program_rounding_reference(const io::TfliteModel& model, const ProgramOptions& options) {
  return model.program<BasicPerTensor<rounding::Reference>>(options);
}

}  // namespace dlpu::command

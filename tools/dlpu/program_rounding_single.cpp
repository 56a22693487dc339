#include "dlpu/variant.hpp"

namespace dlpu::command {

Result<Program> program_rounding_single(const io::TfliteModel& model, const ProgramOptions& options) {
  return model.program<BasicPerTensor<rounding::Single>>(options);
}

}  // namespace dlpu::command

#include "dlpu/variant.hpp"

namespace dlpu::command {

Result<Program> program_rounding_float(const io::TfliteModel& model, const ProgramOptions& options) {
  return model.program<BasicPerTensor<rounding::Float>>(options);
}

}  // namespace dlpu::command

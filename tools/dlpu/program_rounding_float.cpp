#include "dlpu/variant.hpp"

namespace dlpu::command {

Result<Program> program_rounding_float(const io::TfliteModel& model) {
  return model.program<BasicPerTensor<rounding::Float>>();
}

}  // namespace dlpu::command

#include "dlpu/variant.hpp"

namespace dlpu::command {

Result<Program> program_rounding_single(const io::TfliteModel& model) {
  return model.program<BasicPerTensor<rounding::Single>>();
}

}  // namespace dlpu::command

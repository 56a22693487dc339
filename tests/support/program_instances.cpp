#include "support/program_instances.hpp"

namespace dlpu::inline DLPU_ABI {

template Result<Program> Program::create<Unquantized>(Graph, Parameters, ProgramOptions);
template Result<Program> Program::create<PerTensor>(Graph, Parameters, ProgramOptions);
template Result<Program> Program::create<PerChannel>(Graph, Parameters, ProgramOptions);
template Result<Program> Program::create<PowerOfTwo>(Graph, Parameters, ProgramOptions);
template Result<Program> Program::create<BasicPerTensor<rounding::Reference, std::uint8_t>>(Graph, Parameters, ProgramOptions);
template Result<Program> Program::create<BasicPerTensor<rounding::Float>>(Graph, Parameters, ProgramOptions);

}  // namespace dlpu::inline DLPU_ABI

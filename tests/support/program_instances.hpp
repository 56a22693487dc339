#pragma once

/// Programs under the policies that many tests use, compiled once: a `Program` has kernels for every operator and element
/// type, which is what takes a compiler long.

#include "dlpu/graph/program.hpp"

namespace dlpu::inline DLPU_ABI {

extern template Result<Program> Program::create<Unquantized>(Graph, Parameters, ProgramOptions);
extern template Result<Program> Program::create<PerTensor>(Graph, Parameters, ProgramOptions);
extern template Result<Program> Program::create<PerChannel>(Graph, Parameters, ProgramOptions);
extern template Result<Program> Program::create<PowerOfTwo>(Graph, Parameters, ProgramOptions);
extern template Result<Program> Program::create<BasicPerTensor<rounding::Reference, std::uint8_t>>(Graph, Parameters, ProgramOptions);
extern template Result<Program> Program::create<BasicPerTensor<rounding::Float>>(Graph, Parameters, ProgramOptions);

}  // namespace dlpu::inline DLPU_ABI

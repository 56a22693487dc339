#pragma once

/// All targets as a list of types, for code that asks at compile time.

#include "dlpu/soc/artpec7.hpp"
#include "dlpu/soc/artpec8.hpp"
#include "dlpu/soc/artpec9.hpp"
#include "dlpu/soc/cpu.hpp"
#include "dlpu/soc/cv25.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

using Targets = type_list<Cpu, Artpec7, Artpec8, Artpec9, Cv25>;

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI

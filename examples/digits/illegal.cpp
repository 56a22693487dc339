// What a chip cannot do well does not compile: ARTPEC-8 runs per-channel convolutions slowly, and nothing here allows
// that. The compiler names the rule, the operator and its input. With `Allow<slow, cpu>` as the last argument, or with
// `PerTensor` and `Allow<cpu>`, it compiles.
//
// No build compiles this file; scripts/demo.sh does, and shows the message.

#include "digits_net.hpp"

using Illegal = dlpu::Network<digits::DigitsNet, dlpu::soc::Artpec8, dlpu::PerChannel>;

int main() {
  return Illegal::arena_bytes == 0 ? 1 : 0;
}

// Reads any bytes as a .safetensors file, and as the float and the quantized weights of a small network.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dlpu/core/aligned.hpp"
#include "dlpu/graph/blocks.hpp"
#include "dlpu/io/weights.hpp"

namespace {
struct SmallNet {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 4, 4, 2});
    x = g.batch_norm(g.conv2d(x, {.filters = 3, .kernel = 1}, "c"));
    return g.fully_connected(x, {.units = 2}, "f");
  }
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dlpu;
  AlignedBuffer bytes(size);  // on the boundary that files are read to
  if (size > 0) std::memcpy(bytes.data(), data, size);
  const Result<io::SafeTensors> file = io::SafeTensors::parse(bytes.bytes(), "fuzzed");
  if (!file) return 0;
  (void)io::load_float_weights(graph_of<SmallNet>.view(), *file);
  (void)NetworkWeights<SmallNet, PerChannel>::from_safetensors(bytes.bytes());
  (void)NetworkWeights<SmallNet, BasicPerTensor<rounding::Reference, std::uint8_t>>::from_safetensors(bytes.bytes());
  return 0;
}

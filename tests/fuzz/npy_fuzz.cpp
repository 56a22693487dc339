// Reads any bytes as a .npy file and touches every element.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dlpu/core/aligned.hpp"
#include "dlpu/io/npy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dlpu;
  AlignedBuffer file(size);  // on the boundary that files are read to
  if (size > 0) std::memcpy(file.data(), data, size);
  const Result<io::NpyArray> array = io::NpyArray::parse(file.bytes(), "fuzzed");
  if (!array) return 0;
  unsigned sum = 0;
  for (const std::byte byte : array->data()) sum += std::to_integer<unsigned>(byte);
  const auto values = array->finite_values(array->shape());
  if (values && values->size() != static_cast<std::size_t>(array->shape().elements())) __builtin_trap();
  return sum == 0xFFFFFFFFu ? -1 : 0;  // the sum counts as used
}

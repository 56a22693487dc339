// Reads any bytes as a photograph, makes it grey and brings it to another size. What it is made of are the command's
// sources, and the decoder of stb.

#include <cstddef>
#include <cstdint>
#include <span>

#include "dlpu/failure.hpp"
#include "dlpu/image.hpp"

namespace {
/// A header of thirty bytes may ask for a gigabyte; larger images only take long.
constexpr std::int64_t most_pixels = 1 << 20;
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dlpu::command;
  try {
    const Image image = decode_image(std::as_bytes(std::span(data, size)), "fuzzed");
    if (std::int64_t{image.size.height} * image.size.width > most_pixels) return 0;
    (void)resize(to_grey(image), {7, 5});
    (void)resize(image, {3, 40});
  } catch (const Failure&) {  // how the command ends
  }
  return 0;
}

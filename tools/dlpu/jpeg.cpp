#include "dlpu/jpeg.hpp"

#include <algorithm>

namespace dlpu::command {
namespace {

/// Markers of ITU-T T.81, table B.1.
constexpr unsigned start_of_image = 0xD8, huffman_tables = 0xC4;

unsigned byte_at(std::span<const std::byte> bytes, std::size_t i) {
  return std::to_integer<unsigned>(bytes[i]);
}

/// Stuffed zeros, restart markers, start and end of the image, and TEM stand alone; all others have a length.
bool has_length(unsigned marker) {
  return marker != 0x00 && marker != 0x01 && !(marker >= 0xD0 && marker <= 0xD9);
}

/// The tables of a segment that begins at `first`: class and number, how many codes there are of each length, the codes'
/// values. Like stb, goes by the counts, even beyond the segment's end; behind the file's end are zeros.
bool tables_fit(std::span<const std::byte> file, std::size_t first, std::size_t length) {
  constexpr std::size_t lengths = 16, most_codes = 256;
  const std::size_t end = first + length;
  while (first < end) {
    std::size_t codes = 0;
    for (std::size_t i = first + 1; i < std::min(first + 1 + lengths, file.size()); ++i) codes += byte_at(file, i);
    if (codes > most_codes) return false;
    first += 1 + lengths + codes;
  }
  return true;
}

}  // namespace

bool huffman_tables_fit(std::span<const std::byte> file) {
  if (file.size() < 2 || byte_at(file, 0) != 0xFF) return true;
  if (byte_at(file, 1) != start_of_image) return false;  // stb looks for it behind any filling
  std::size_t i = 2;
  while (i + 4 <= file.size()) {
    const unsigned marker = byte_at(file, i + 1);
    if (byte_at(file, i) != 0xFF || marker == 0xFF || !has_length(marker)) {  // coded data, or filling
      ++i;
      continue;
    }
    const std::size_t length = byte_at(file, i + 2) << 8 | byte_at(file, i + 3);  // with its own two bytes
    if (marker == huffman_tables && length > 2 && !tables_fit(file, i + 4, length - 2)) return false;
    i += 2 + std::max<std::size_t>(length, 2);
  }
  return true;
}

}  // namespace dlpu::command

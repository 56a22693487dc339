#pragma once

/// What stb's decoder takes for granted in JPEG files.

#include <cstddef>
#include <span>

namespace dlpu::command {

/// Whether no Huffman table of a JPEG file has more than 256 codes, the room that stb has for them: it writes behind it
/// (https://github.com/nothings/stb, before version 2.29). A file that does not begin with 0xFF is no
/// JPEG and has no tables; one that begins so, but not as JPEG files do, does not fit.
[[nodiscard]] bool huffman_tables_fit(std::span<const std::byte> file);

}  // namespace dlpu::command

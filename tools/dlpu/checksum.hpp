#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dlpu::command {

/// CRC-32 as in zip files and Python's `zlib.crc32` (polynomial 0x04C11DB7, lowest bit first). Continues from `previous`.
[[nodiscard]] inline std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t previous = 0) {
  std::uint32_t crc = ~previous;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

}  // namespace dlpu::command

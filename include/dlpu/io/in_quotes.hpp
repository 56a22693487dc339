#pragma once

/// Names from files in messages.

#include <cstddef>
#include <string>
#include <string_view>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

/// `name` between quotes and fit to print: control characters become '?', long names are cut. A message that names many
/// tensors of a hostile file stays short, and cannot steer the terminal.
[[nodiscard]] inline std::string in_quotes(std::string_view name) {
  constexpr std::size_t longest = 100;
  std::string text = "'";
  for (const char c : name.substr(0, longest)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return text + (name.size() > longest ? "...'" : "'");
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Files that a chip's compiler has made: no network can be read from them.

#include <cstddef>
#include <span>
#include <string>

namespace dlpu::command {

/// What the file is, and what to give instead; empty where it is no compiled model. By its content, and for formats
/// without a documented mark by the end of its name.
[[nodiscard]] std::string compiled_kind(const std::string& path, std::span<const std::byte> content);

}  // namespace dlpu::command

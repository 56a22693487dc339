#pragma once

/// Whole files in memory.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "dlpu/core/aligned.hpp"
#include "dlpu/core/result.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

/// The largest file that is read: what offsets in the formats of neural networks reach.
inline constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 31;

namespace detail {
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;
}  // namespace detail

/// The bytes of a regular file, on a 64-byte boundary. Errors name the file and the operating system's reason.
[[nodiscard]] inline Result<AlignedBuffer> read_file(const std::string& path) {
  const auto fail = [&](const std::string& reason) { return Error{path + ": cannot be read: " + reason}; };
  std::error_code code;
  const std::filesystem::file_status status = std::filesystem::status(path, code);
  if (code) return fail(code.message());
  if (!std::filesystem::is_regular_file(status)) return fail("it is not a regular file");
  const std::uintmax_t size = std::filesystem::file_size(path, code);
  if (code) return fail(code.message());
  if (size > max_file_bytes) return fail("it has " + std::to_string(size) + " bytes, more than 2 GiB");
  const detail::FileHandle file(std::fopen(path.c_str(), "rb"));
  if (!file) return fail(std::strerror(errno));
  AlignedBuffer buffer(static_cast<std::size_t>(size));
  if (size != 0 && std::fread(buffer.data(), 1, buffer.size(), file.get()) != buffer.size()) {
    if (std::ferror(file.get())) return fail(std::strerror(errno));
    return fail("it ended before its " + std::to_string(size) + " bytes");
  }
  return buffer;
}

/// Writes a file whole or not at all: into `path.partial`, which then takes the name. Files of both names are replaced.
inline Result<void> write_file(const std::string& path, std::span<const std::byte> bytes) {
  const auto fail = [&](const std::string& reason) { return Error{path + ": cannot be written: " + reason}; };
  const std::string partial = path + ".partial";
  detail::FileHandle file(std::fopen(partial.c_str(), "wb"));
  if (!file) return fail(std::strerror(errno));
  bool written = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  written = std::fclose(file.release()) == 0 && written;
  if (written && std::rename(partial.c_str(), path.c_str()) == 0) return {};
  const std::string reason = std::strerror(errno);
  std::remove(partial.c_str());
  return fail(reason);
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

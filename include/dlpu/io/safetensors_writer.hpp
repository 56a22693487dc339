#pragma once

/// Writing .safetensors files.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/io/safetensors.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

namespace detail {

/// `text` as a JSON string.
[[nodiscard]] inline std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20) {
      result += std::string("\\u00") + digits[code >> 4] + digits[code & 15];
    } else {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + '"';
}

/// A tensor's member of the header; its data begin `begin` bytes behind it.
[[nodiscard]] inline std::string safetensors_entry(const SafeTensor& tensor, std::size_t begin) {
  std::string shape;
  for (int i = 0; i < tensor.shape.rank; ++i) {
    if (i) shape += ',';
    shape += std::to_string(tensor.shape[i]);
  }
  const auto type = std::ranges::find(safetensors_types, tensor.type, &SafeTensorsType::type);
  return json_string(tensor.name) + ":{\"dtype\":\"" + std::string(type->name) + "\",\"shape\":[" + shape +
         "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(begin + tensor.data.size()) + "]}";
}

}  // namespace detail

/// The bytes of a file with these tensors. Names must differ, and each tensor must have as many bytes as its shape
/// and element type say. Wide elements come first and the header is padded to a multiple of 64 bytes, so that every
/// tensor is aligned to its element where the file is.
[[nodiscard]] inline std::vector<std::byte> write_safetensors(std::span<const SafeTensor> tensors) {
  std::vector<const SafeTensor*> order;
  for (const SafeTensor& tensor : tensors) {
    DLPU_ASSERT(element_bytes(tensor.type) != 0 && stored_bytes(tensor.shape, tensor.type) == tensor.data.size());
    order.push_back(&tensor);
  }
  std::ranges::sort(order, [](const SafeTensor* a, const SafeTensor* b) {
    const std::size_t wide_a = element_bytes(a->type), wide_b = element_bytes(b->type);
    return wide_a != wide_b ? wide_a > wide_b : a->name < b->name;
  });

  std::string header = "{";
  std::size_t data_bytes = 0;
  for (const SafeTensor* tensor : order) {
    if (header.size() > 1) header += ',';
    header += detail::safetensors_entry(*tensor, data_bytes);
    data_bytes += tensor->data.size();
  }
  header += "}";
  header.resize(align_up(sizeof(std::uint64_t) + header.size()) - sizeof(std::uint64_t), ' ');

  const std::uint64_t header_bytes = header.size();
  std::vector<std::byte> file(sizeof header_bytes + header.size() + data_bytes);
  std::memcpy(file.data(), &header_bytes, sizeof header_bytes);
  std::memcpy(file.data() + sizeof header_bytes, header.data(), header.size());
  std::byte* position = file.data() + sizeof header_bytes + header.size();
  for (const SafeTensor* tensor : order) position = std::ranges::copy(tensor->data, position).out;
  return file;
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

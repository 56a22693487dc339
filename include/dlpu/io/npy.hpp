#pragma once

/// NumPy's .npy files, versions 1 and 2: row-major, little endian arrays, read without copying their data.
///
/// Format (numpy.lib.format): "\x93NUMPY", major and minor version, header length (2 bytes in version 1, 4 in
/// version 2), a Python dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` padded with spaces
/// and a newline, then the elements.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/io/in_quotes.hpp"
#include "dlpu/io/stored_array.hpp"
#include "dlpu/io/text_cursor.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

namespace detail {

inline constexpr std::string_view npy_magic = "\x93NUMPY";

struct NpyType {
  std::string_view descr;
  ElementType type;
};
inline constexpr std::array<NpyType, 8> npy_types{{{"<f4", ElementType::float32},
                                                   {"<f2", ElementType::float16},
                                                   {"|i1", ElementType::int8},
                                                   {"|u1", ElementType::uint8},
                                                   {"<i2", ElementType::int16},
                                                   {"<i4", ElementType::int32},
                                                   {"<i8", ElementType::int64},
                                                   {"|b1", ElementType::boolean}}};

/// Reads the dictionary of a header: strings, False and a tuple of numbers.
class NpyHeaderReader : private TextCursor {
 public:
  using TextCursor::TextCursor;

  /// Element type and shape, or why there is none.
  Result<StoredArray> read() {
    list('{', '}', true, [&] {
      const std::string key = string();
      expect(':');
      if (ok()) member(key);
    });
    expect_end();
    if (seen_ != (has_type | has_order | has_shape)) fail("descr, fortran_order or shape is missing");
    if (!ok()) return Error{problem()};
    return array_;
  }

 private:
  static constexpr unsigned has_type = 1, has_order = 2, has_shape = 4;

  std::string string() {
    const char quote = peek() == '"' ? '"' : '\'';
    expect(quote);
    std::string value;
    while (ok()) {
      if (at_end()) fail("a string does not end");
      const char c = next();
      if (c == quote) return value;
      value += c;
    }
    return {};
  }

  void member(const std::string& key) {
    const unsigned bit = key == "descr"           ? has_type
                         : key == "fortran_order" ? has_order
                         : key == "shape"         ? has_shape
                                                  : 0;
    if (bit == 0) return fail("the key " + in_quotes(key) + " is unknown");
    if (seen_ & bit) return fail("the key " + in_quotes(key) + " is there twice");
    seen_ |= bit;
    if (bit == has_type) return read_type();
    if (bit == has_shape) return read_shape();
    if (take_word("True")) return fail("the array is in Fortran order; save numpy.ascontiguousarray(array)");
    if (!take_word("False")) fail("fortran_order must be True or False");
  }
  void read_type() {
    if (peek() == '[') return fail("the array is structured; save each field by itself");
    const std::string descr = string();
    const auto found = std::ranges::find(npy_types, std::string_view(descr), &NpyType::descr);
    if (found != npy_types.end()) {
      array_.type = found->type;
    } else if (descr.starts_with('>')) {
      fail("the array is big endian; save array.astype(array.dtype.newbyteorder('<'))");
    } else {
      fail("the dtype " + in_quotes(descr) +
           " is none of float32, float16, int8, uint8, int16, int32, int64, bool; save array.astype(...)");
    }
  }
  void read_shape() {
    list('(', ')', true, [&] {
      const std::uint64_t dim = unsigned_integer();
      if (array_.shape.rank == Shape::max_rank)
        return fail("the array has more than " + std::to_string(Shape::max_rank) + " dimensions");
      if (dim > INT32_MAX) return fail("the dimension " + std::to_string(dim) + " does not fit into 31 bits");
      array_.shape.push_back(static_cast<std::int32_t>(dim));
    });
  }

  StoredArray array_;
  unsigned seen_ = 0;
};

}  // namespace detail

/// The array of a file. The bytes that were parsed must outlive it.
class NpyArray {
 public:
  /// `file_name` only names the file in messages. Bytes from `dlpu::io::read_file` are aligned as typed access needs.
  [[nodiscard]] static Result<NpyArray> parse(std::span<const std::byte> bytes, std::string_view file_name) {
    NpyArray file(file_name);
    constexpr std::size_t magic_bytes = detail::npy_magic.size();
    if (bytes.size() < magic_bytes + 2 || std::memcmp(bytes.data(), detail::npy_magic.data(), magic_bytes) != 0) {
      return file.failure("it is not a .npy file");
    }
    const auto major = std::to_integer<unsigned>(bytes[magic_bytes]);
    if (major != 1 && major != 2)
      return file.failure("it has version " + std::to_string(major) + "; dlpu reads 1 and 2");
    std::span<const std::byte> rest = bytes.subspan(magic_bytes + 2);
    const std::size_t length_bytes = major == 1 ? 2 : 4;
    std::uint32_t header_bytes = 0;
    if (rest.size() >= length_bytes) std::memcpy(&header_bytes, rest.data(), length_bytes);  // little endian
    if (rest.size() < length_bytes || rest.size() - length_bytes < header_bytes) {
      return file.failure("it ends inside its header; it is cut off");
    }
    rest = rest.subspan(length_bytes);
    Result<StoredArray> header =
        detail::NpyHeaderReader({reinterpret_cast<const char*>(rest.data()), header_bytes}).read();
    if (!header) return file.failure("it cannot be used: " + header.error());
    file.array_ = *header;
    file.array_.data = rest.subspan(header_bytes);
    if (stored_bytes(file.shape(), file.type()) != file.data().size()) {
      return file.failure("it has " + std::to_string(file.data().size()) + " bytes of data, which " +
                          std::string(to_string(file.type())) + " in the shape " + to_string(file.shape()) +
                          " does not need; it is cut off, or something was appended");
    }
    return file;
  }

  [[nodiscard]] const std::string& file_name() const { return file_name_; }
  [[nodiscard]] ElementType type() const { return array_.type; }
  [[nodiscard]] const Shape& shape() const { return array_.shape; }
  [[nodiscard]] std::span<const std::byte> data() const { return array_.data; }

  /// The elements, where they have this type and shape.
  template <StoredElement T>
  [[nodiscard]] Result<std::span<const T>> values(const Shape& expected) const {
    return array_.values<T>(file_name_ + ": the array", expected);
  }
  /// The same with any shape.
  template <StoredElement T>
  [[nodiscard]] Result<std::span<const T>> values() const {
    return array_.values<T>(file_name_ + ": the array");
  }
  /// float32 numbers that must be neither NaN nor infinite.
  [[nodiscard]] Result<std::span<const float>> finite_values(const Shape& expected) const {
    return require_finite(values<float>(expected), file_name_ + ": the array");
  }

 private:
  explicit NpyArray(std::string_view file_name) : file_name_(file_name) {}
  [[nodiscard]] Error failure(const std::string& reason) const { return Error{file_name_ + ": " + reason}; }

  std::string file_name_;
  StoredArray array_;
};

/// The bytes of a version 1 file; its data begin at a multiple of 64. `array` must have as many bytes as its shape and
/// element type say.
[[nodiscard]] inline std::vector<std::byte> write_npy(const StoredArray& array) {
  DLPU_ASSERT(element_bytes(array.type) != 0 && stored_bytes(array.shape, array.type) == array.data.size());
  std::string shape;
  for (int i = 0; i < array.shape.rank; ++i) {
    if (i) shape += ", ";
    shape += std::to_string(array.shape[i]);
  }
  if (array.shape.rank == 1) shape += ",";
  const auto type = std::ranges::find(detail::npy_types, array.type, &detail::NpyType::type);
  std::string header =
      "{'descr': '" + std::string(type->descr) + "', 'fortran_order': False, 'shape': (" + shape + "), }";

  const std::size_t before = detail::npy_magic.size() + 4;  // version and length
  header.resize(align_up(before + header.size() + 1) - before, ' ');
  header.back() = '\n';
  std::string start(detail::npy_magic);
  start += {'\x01', '\x00', static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  start += header;
  std::vector<std::byte> file(start.size() + array.data.size());
  std::memcpy(file.data(), start.data(), start.size());
  std::ranges::copy(array.data, file.data() + start.size());
  return file;
}

/// The same from elements: `write_npy<float>({1, 10}, scores)`.
template <StoredElement T>
[[nodiscard]] std::vector<std::byte> write_npy(const Shape& shape, std::span<const T> values) {
  return write_npy({element_type_of<T>, shape, std::as_bytes(values)});
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

#pragma once

/// Reading .safetensors files, without copying their data.
///
/// Format (huggingface/safetensors): 8 bytes header length, little endian; a JSON object
/// `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {"key": "text"}}`, which
/// may end in spaces; then the data, which the tensors cover without gap or overlap.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/io/in_quotes.hpp"
#include "dlpu/io/json_reader.hpp"
#include "dlpu/io/stored_array.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

/// A tensor of a file: `StoredArray` with a name.
struct SafeTensor : StoredArray {
  std::string name;
};

namespace detail {

struct SafeTensorsType {
  std::string_view name;
  ElementType type;
};
inline constexpr std::array<SafeTensorsType, 8> safetensors_types{{{"F32", ElementType::float32},
                                                                   {"F16", ElementType::float16},
                                                                   {"I8", ElementType::int8},
                                                                   {"U8", ElementType::uint8},
                                                                   {"I16", ElementType::int16},
                                                                   {"I32", ElementType::int32},
                                                                   {"I64", ElementType::int64},
                                                                   {"BOOL", ElementType::boolean}}};

/// One entry of the header: the tensor without its data, and where that lies.
struct SafeTensorEntry {
  SafeTensor tensor;
  std::uint64_t begin = 0, end = 0;  ///< bytes from the end of the header
};

/// What a tensor's JSON object says, without looking at the data. A template, as are members with `auto` parameters
/// below, so that a unit that reads no file does not compile it.
template <class Json>
class SafeTensorEntryReader {
 public:
  SafeTensorEntryReader(Json& json, std::string name) : json_(json) { entry_.tensor.name = std::move(name); }

  SafeTensorEntry read() {
    json_.object([&](const std::string& key) { member(key); });
    if (seen_ != (has_type | has_shape | has_offsets)) fail("needs dtype, shape and data_offsets");
    return std::move(entry_);
  }

 private:
  static constexpr unsigned has_type = 1, has_shape = 2, has_offsets = 4;

  void fail(const std::string& reason) { json_.fail("tensor " + in_quotes(entry_.tensor.name) + " " + reason); }

  void member(const std::string& key) {
    const unsigned bit = key == "dtype"          ? has_type
                         : key == "shape"        ? has_shape
                         : key == "data_offsets" ? has_offsets
                                                 : 0;
    if (bit == 0) return fail("has the unknown key " + in_quotes(key));
    if (seen_ & bit) return fail("has the key " + in_quotes(key) + " twice");
    seen_ |= bit;
    if (bit == has_type) return read_type();
    if (bit == has_shape) return read_shape();
    read_offsets();
  }
  void read_type() {
    const std::string name = json_.string();
    for (const SafeTensorsType& known : safetensors_types) {
      if (name == known.name) return void(entry_.tensor.type = known.type);
    }
    fail("has the dtype " + in_quotes(name) + "; dlpu reads F32, F16, I8, U8, I16, I32, I64 and BOOL");
  }
  void read_shape() {
    Shape& shape = entry_.tensor.shape;
    json_.array([&] {
      const std::uint64_t dim = json_.unsigned_integer();
      if (shape.rank == Shape::max_rank)
        return fail("has more than " + std::to_string(Shape::max_rank) + " dimensions");
      if (dim > INT32_MAX)
        return fail("has the dimension " + std::to_string(dim) + ", which does not fit into 31 bits");
      shape.push_back(static_cast<std::int32_t>(dim));
    });
  }
  void read_offsets() {
    int count = 0;
    json_.array([&] {
      const std::uint64_t offset = json_.unsigned_integer();
      (count == 0 ? entry_.begin : entry_.end) = offset;
      if (++count > 2) fail("has more than two data_offsets");
    });
    if (count < 2) fail("has fewer than two data_offsets");
  }

  Json& json_;
  SafeTensorEntry entry_;
  unsigned seen_ = 0;
};

}  // namespace detail

/// The tensors of a file. The bytes that were parsed must outlive it; the tensors' data point into them.
class SafeTensors {
 public:
  /// The longest header that is read, as in the format's reference implementation.
  static constexpr std::uint64_t max_header_bytes = 100'000'000;

  /// `file_name` only names the file in messages. Bytes from `dlpu::io::read_file` are aligned as typed access needs.
  [[nodiscard]] static Result<SafeTensors> parse(std::span<const std::byte> bytes,
                                                 const std::convertible_to<std::string_view> auto& file_name) {
    SafeTensors file(file_name);
    std::uint64_t header_bytes = 0;
    if (bytes.size() < sizeof header_bytes)
      return file.failure("it is shorter than the 8 bytes of its header's length");
    std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
    const std::span<const std::byte> rest = bytes.subspan(sizeof header_bytes);
    if (header_bytes > max_header_bytes || header_bytes > rest.size()) {
      return file.failure("it claims a header of " + std::to_string(header_bytes) + " bytes in a file of " +
                          std::to_string(bytes.size()) + "; it is cut off, or not a safetensors file");
    }
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), static_cast<std::size_t>(header_bytes));
    std::vector<detail::SafeTensorEntry> entries;
    if (Result<void> read = file.read_header(text, entries); !read) return Error{read.error()};
    if (Result<void> read = file.attach(entries, rest.subspan(text.size())); !read) return Error{read.error()};
    return file;
  }

  [[nodiscard]] const std::string& file_name() const { return file_name_; }
  /// In the order of their names.
  [[nodiscard]] std::span<const SafeTensor> tensors() const { return tensors_; }
  /// The tensor of a name, or null.
  [[nodiscard]] const SafeTensor* find(std::string_view name) const {
    const auto found =
        std::lower_bound(tensors_.begin(), tensors_.end(), name,
                         [](const auto& tensor, std::string_view wanted) { return tensor.name < wanted; });
    return found != tensors_.end() && found->name == name ? &*found : nullptr;
  }

  /// The elements of a tensor that must exist with this element type and shape.
  template <StoredElement T>
  [[nodiscard]] Result<std::span<const T>> values(std::string_view name, const Shape& expected) const {
    const SafeTensor* tensor = find(name);
    return tensor ? tensor->values<T>(subject(name), expected) : missing(name);
  }
  /// The same with any shape.
  template <StoredElement T>
  [[nodiscard]] Result<std::span<const T>> values(std::string_view name) const {
    const SafeTensor* tensor = find(name);
    return tensor ? tensor->values<T>(subject(name)) : missing(name);
  }
  /// float32 numbers that must be neither NaN nor infinite.
  [[nodiscard]] Result<std::span<const float>> finite_values(std::string_view name, const Shape& expected) const {
    return require_finite(values<float>(name, expected), subject(name));
  }

  /// What messages about a tensor begin with: "weights.safetensors: tensor 'stem.weight'".
  [[nodiscard]] std::string subject(std::string_view name) const {
    return file_name_ + ": tensor " + in_quotes(name);
  }

 private:
  explicit SafeTensors(std::string_view file_name) : file_name_(file_name) {}

  [[nodiscard]] Error failure(const std::string& reason) const { return Error{file_name_ + ": " + reason}; }
  [[nodiscard]] Error missing(std::string_view name) const {
    constexpr std::size_t most = 8;
    std::string listed;
    for (std::size_t i = 0; i < std::min(most, tensors_.size()); ++i) {
      if (i) listed += ", ";
      listed += in_quotes(tensors_[i].name);
    }
    if (tensors_.size() > most) listed += ", ... (" + std::to_string(tensors_.size()) + " tensors)";
    return Error{subject(name) + " is missing; the file holds " + (listed.empty() ? "no tensor" : listed)};
  }

  Result<void> read_header(std::string_view text, auto& entries) const {
    detail::JsonReader json(text);
    bool has_metadata = false;
    json.object([&](std::string key) {
      if (key != "__metadata__") {
        entries.push_back(detail::SafeTensorEntryReader(json, std::move(key)).read());
      } else if (std::exchange(has_metadata, true)) {
        json.fail("there are two objects '__metadata__'");
      } else {
        json.object([&](const std::string&) { (void)json.string(); });
      }
    });
    json.expect_end();
    if (!json.ok()) return failure(json.problem());
    return {};
  }

  /// Gives each tensor its data; together they must cover `data` exactly.
  Result<void> attach(auto& entries, std::span<const std::byte> data) {
    std::ranges::sort(
        entries, [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
    std::uint64_t covered = 0;
    for (detail::SafeTensorEntry& entry : entries) {
      if (Result<void> checked = check(entry, covered, data.size()); !checked) return checked;
      covered = entry.end;
      entry.tensor.data =
          data.subspan(static_cast<std::size_t>(entry.begin), static_cast<std::size_t>(entry.end - entry.begin));
      tensors_.push_back(std::move(entry.tensor));
    }
    if (covered != data.size()) {
      return failure("there are " + std::to_string(data.size() - covered) +
                     " bytes behind the last tensor; rewrite the file");
    }
    std::sort(tensors_.begin(), tensors_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < tensors_.size(); ++i) {
      if (tensors_[i].name == tensors_[i - 1].name)
        return failure("there are two tensors " + in_quotes(tensors_[i].name));
    }
    return {};
  }

  Result<void> check(const auto& entry, std::uint64_t covered, std::size_t data_bytes) const {
    const auto fail = [&](const std::string& reason) { return Error{subject(entry.tensor.name) + " " + reason}; };
    const auto misplaced = [&](const std::string& reason) {
      return fail("lies at bytes " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) +
                  " of the data" + reason);
    };
    if (entry.begin > entry.end) return misplaced(": the offsets are in the wrong order");
    if (entry.end > data_bytes) {
      return misplaced(", of which there are " + std::to_string(data_bytes) + "; the file is cut off");
    }
    if (entry.begin != covered) {
      return misplaced(", but the tensor before it ends at " + std::to_string(covered) +
                       "; tensors may neither overlap nor leave gaps");
    }
    const auto needed = stored_bytes(entry.tensor.shape, entry.tensor.type);
    if (needed != entry.end - entry.begin) {
      return fail("has " + std::to_string(entry.end - entry.begin) + " bytes, but " +
                  std::string(to_string(entry.tensor.type)) + " in the shape " + to_string(entry.tensor.shape) +
                  " needs " + (needed ? std::to_string(*needed) : "more than 63 bits can count"));
    }
    return {};
  }

  std::string file_name_;
  std::vector<SafeTensor> tensors_;
};

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI

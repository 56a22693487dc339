#pragma once

/// The golden results of single operators (tests/golden/README.md), as a table of cases:
///
///     for (const golden::Case& c : golden::cases("conv2d", ElementType::int8)) {
///       SCOPED_TRACE(c.name());
///       const auto input = c.values<std::int8_t>("input_0");
///       ...c.shape("input_0"), c.option(0), c.quantization("input_0"), c.scales("filter")...
///     }
///
/// A missing file, tensor or option is a mistake of the test or the repository: it throws, and the test fails with
/// the message.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/io/file.hpp"
#include "dlpu/io/safetensors.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::golden {

/// The folder tests/.
inline std::filesystem::path tests_folder() {
#ifdef DLPU_TESTS_DIR
  return DLPU_TESTS_DIR;
#else
  return std::filesystem::path(__FILE__).parent_path().parent_path();
#endif
}

/// A file in memory, with its tensors.
struct File {
  AlignedBuffer bytes;
  io::SafeTensors tensors;
};

namespace detail {
template <class T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error());
  return *std::move(result);
}
}  // namespace detail

inline std::shared_ptr<const File> open(const std::string& operator_name) {
  const std::string path = (tests_folder() / "golden" / (operator_name + ".safetensors")).string();
  AlignedBuffer bytes = detail::require(io::read_file(path));
  io::SafeTensors tensors = detail::require(io::SafeTensors::parse(bytes.bytes(), path));
  return std::make_shared<const File>(File{std::move(bytes), std::move(tensors)});
}

/// One case of a file: all tensors whose names begin with its number.
class Case {
 public:
  Case(std::shared_ptr<const File> file, std::string operator_name, std::string number)
      : file_(std::move(file)), operator_name_(std::move(operator_name)), number_(std::move(number)) {}

  /// "conv2d/017".
  [[nodiscard]] std::string name() const { return operator_name_ + "/" + number_; }

  [[nodiscard]] bool has(const std::string& key) const { return file_->tensors.find(full(key)) != nullptr; }
  [[nodiscard]] const io::SafeTensor& tensor(const std::string& key) const {
    const io::SafeTensor* found = file_->tensors.find(full(key));
    if (found == nullptr) throw std::runtime_error(name() + " has no tensor " + key);
    return *found;
  }
  [[nodiscard]] ElementType type(const std::string& key) const { return tensor(key).type; }
  [[nodiscard]] const Shape& shape(const std::string& key) const { return tensor(key).shape; }
  template <class T>
  [[nodiscard]] std::span<const T> values(const std::string& key) const {
    return detail::require(file_->tensors.values<T>(full(key)));
  }
  /// Empty where the case has no such tensor.
  template <class T>
  [[nodiscard]] std::span<const T> values_or_empty(const std::string& key) const {
    return has(key) ? values<T>(key) : std::span<const T>{};
  }

  [[nodiscard]] std::span<const std::int32_t> options() const { return values_or_empty<std::int32_t>("options"); }
  [[nodiscard]] std::int32_t option(std::size_t index) const {
    return element(values<std::int32_t>("options"), index);
  }
  [[nodiscard]] float option_float(std::size_t index) const { return element(values<float>("options_float"), index); }

  /// How many tensors "input_0", "input_1", ... there are.
  [[nodiscard]] std::size_t inputs() const {
    std::size_t count = 0;
    while (has("input_" + std::to_string(count))) ++count;
    return count;
  }
  /// One scale, or one per channel.
  [[nodiscard]] std::span<const float> scales(const std::string& key) const { return values<float>(key + ".scale"); }
  [[nodiscard]] std::int32_t zero_point(const std::string& key) const {
    return element(values<std::int32_t>(key + ".zero_point"), 0);
  }
  /// Of a tensor with one scale.
  [[nodiscard]] Quantization quantization(const std::string& key) const {
    if (scales(key).size() != 1) throw std::runtime_error(name() + ": " + key + " has more than one scale");
    return {scales(key)[0], zero_point(key)};
  }
  [[nodiscard]] bool quantized(const std::string& key) const { return has(key + ".scale"); }

 private:
  [[nodiscard]] std::string full(const std::string& key) const { return number_ + "." + key; }
  template <class T>
  [[nodiscard]] T element(std::span<const T> values, std::size_t index) const {
    if (index >= values.size()) throw std::runtime_error(name() + " has no element " + std::to_string(index));
    return values[index];
  }

  std::shared_ptr<const File> file_;
  std::string operator_name_, number_;
};

/// Every case of tests/golden/<operator_name>.safetensors, in order; the cases keep the file.
inline std::vector<Case> cases(const std::string& operator_name) {
  const std::shared_ptr<const File> file = open(operator_name);
  std::vector<Case> found;
  std::string last;
  for (const io::SafeTensor& tensor : file->tensors.tensors()) {  // in the order of their names
    const std::string number = tensor.name.substr(0, tensor.name.find('.'));
    if (number != last) found.emplace_back(file, operator_name, number);
    last = number;
  }
  if (found.empty()) throw std::runtime_error("no golden case of " + operator_name);
  return found;
}

/// The cases whose first input has an element type. At least one must exist.
inline std::vector<Case> cases(const std::string& operator_name, ElementType input) {
  std::vector<Case> found = cases(operator_name);
  std::erase_if(found, [&](const Case& c) { return c.type("input_0") != input; });
  if (found.empty()) {
    throw std::runtime_error("no golden case of " + operator_name + " with " + std::string(to_string(input)));
  }
  return found;
}

}  // namespace dlpu::golden

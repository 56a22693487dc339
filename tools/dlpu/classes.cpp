#include "dlpu/classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

#include "dlpu/failure.hpp"
#include "dlpu/io/file.hpp"
#include "dlpu/io/npy.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

float score_at(std::span<const std::byte> bytes, ElementType element, Quantization q, std::size_t index) {
  const auto number = [&](auto value) {
    std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
    return value;
  };
  if (!is_quantized(element)) return number(0.0f);
  return visit_quantized(element, [&](auto zero) { return dlpu::detail::dequantize_value(number(zero), q); });
}

template <class T>
std::vector<std::int64_t> widened(const io::NpyArray& array) {
  std::vector<T> stored(static_cast<std::size_t>(array.shape().elements()));
  std::memcpy(stored.data(), array.data().data(), stored.size() * sizeof(T));
  return {stored.begin(), stored.end()};
}

}  // namespace

bool is_class_vector(const TensorInfo& tensor) {
  const ElementType element = tensor.type.element;
  const bool element_fits = element == ElementType::float32 || is_quantized(element);
  const Shape& shape = tensor.type.shape;
  return element_fits && shape.channels() > 1 && shape.elements() == shape.channels();
}

std::vector<float> scores_of(const Model& model, std::int32_t tensor, std::span<const std::byte> bytes) {
  const TensorType& type = model.tensor(tensor).type;
  std::vector<float> scores(static_cast<std::size_t>(type.shape.elements()));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = score_at(bytes, type.element, model.quantization(tensor), i);
  }
  return scores;
}

std::vector<RankedClass> top_classes(std::span<const float> scores, std::size_t count) {
  std::vector<RankedClass> classes(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) classes[i] = {i, scores[i]};
  const auto end = classes.begin() + static_cast<std::ptrdiff_t>(std::min(count, classes.size()));
  std::partial_sort(classes.begin(), end, classes.end(), [](const RankedClass& a, const RankedClass& b) {
    if (std::isnan(a.score) != std::isnan(b.score)) return std::isnan(b.score);
    return a.score != b.score && !std::isnan(a.score) ? a.score > b.score : a.index < b.index;
  });
  classes.erase(end, classes.end());
  return classes;
}

std::size_t best_class(std::span<const float> scores) {
  return top_classes(scores, 1).front().index;
}

std::vector<std::int64_t> read_class_numbers(const std::string& path) {
  const AlignedBuffer file = value_of(io::read_file(path));
  const io::NpyArray array = value_of(io::NpyArray::parse(file.bytes(), path));
  switch (array.type()) {
    case ElementType::int64:
      return widened<std::int64_t>(array);
    case ElementType::int32:
      return widened<std::int32_t>(array);
    case ElementType::uint8:
      return widened<std::uint8_t>(array);
    default:
      throw Failure(
          fmt::format("{}: class numbers are int64, int32 or uint8, not {}", path, to_string(array.type())));
  }
}

std::vector<std::string> read_labels(const std::string& path) {
  const AlignedBuffer file = value_of(io::read_file(path));
  std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  std::vector<std::string> labels;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    labels.push_back(printable(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return labels;
}

}  // namespace dlpu::command

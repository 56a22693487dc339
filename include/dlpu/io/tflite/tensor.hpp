#pragma once

/// The tensors of a .tflite file, checked before anything else looks at them.

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/core/result.hpp"
#include "dlpu/io/in_quotes.hpp"
#include "dlpu/io/stored_array.hpp"
#include "dlpu/io/tflite/schema_generated.hpp"
#include "dlpu/quant/policy.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

namespace schema = ::dlpu::tflite_schema;

/// What is read at most; a file beyond is refused before memory is taken for it.
namespace limits {
inline constexpr std::uint64_t tensor_bytes = std::uint64_t{1} << 31;      ///< of one tensor
inline constexpr std::uint64_t activation_bytes = std::uint64_t{1} << 32;  ///< of all activations together
inline constexpr std::uint32_t tensors = 1 << 16, operators = 1 << 14;     ///< the memory plan is quadratic in them
inline constexpr std::uint32_t tables = 1 << 20, depth = 8;                ///< of the flatbuffer
// Parts of a flatbuffer may be shared by any number of others, so what is made of each needs limits of its own.
inline constexpr std::uint64_t scales = 1 << 24;           ///< of all tensors together
inline constexpr std::uint64_t owned_bytes_per_byte = 64;  ///< memory beside the file; int8 weights in float32 need 4
inline constexpr std::uint64_t smallest_owned = 1 << 20;   ///< a file counts as so many bytes at least
}  // namespace limits

/// The elements of a vector in the file, which need not be aligned there. Empty where there is no vector.
template <class T>
[[nodiscard]] std::vector<T> values_of(const flatbuffers::Vector<T>* vector) {
  std::vector<T> values(vector ? vector->size() : 0);
  if (!values.empty()) std::memcpy(values.data(), vector->Data(), values.size() * sizeof(T));
  return values;
}
[[nodiscard]] inline std::string_view text_of(const flatbuffers::String* text) {
  return text ? text->string_view() : std::string_view{};
}

/// The element type that dlpu has for one of the file's; nothing for strings, complex numbers, packed 4-bit numbers ...
[[nodiscard]] constexpr std::optional<ElementType> element_of(schema::TensorType type) {
  using enum schema::TensorType;
  switch (type) {
    case FLOAT32:
      return ElementType::float32;
    case FLOAT16:
      return ElementType::float16;
    case INT8:
      return ElementType::int8;
    case UINT8:
      return ElementType::uint8;
    case INT16:
      return ElementType::int16;
    case INT32:
      return ElementType::int32;
    case INT64:
      return ElementType::int64;
    case BOOL:
      return ElementType::boolean;
    default:
      return std::nullopt;
  }
}

/// One tensor as the file describes it. Views look at the file's bytes.
struct FileTensor {
  std::string_view name;
  schema::TensorType type = schema::TensorType::FLOAT32;
  Shape shape;
  std::vector<float> scales;              ///< none, one, or one per index of `axis`
  std::vector<std::int64_t> zero_points;  ///< as many
  std::int32_t axis = 0;
  std::span<const std::byte> data;  ///< of constants: as many bytes as shape and type need
  bool constant = false;            ///< known before running
  bool made = false;                ///< an input of the network, or made by an operator that was already read
  std::int32_t graph_tensor = -1;   ///< its number in the graph as an activation or a constant operand

  [[nodiscard]] std::optional<ElementType> element() const { return element_of(type); }
  [[nodiscard]] bool is(ElementType e) const { return element() == e; }
  [[nodiscard]] std::string type_name() const {
    const char* name_in_schema = schema::EnumNameTensorType(type);
    return element() ? std::string(to_string(*element())) : *name_in_schema ? name_in_schema : "an unknown type";
  }
  /// Stored as small integers with exactly one scale.
  [[nodiscard]] bool per_tensor() const { return element() && is_quantized(*element()) && scales.size() == 1; }
  /// Of a tensor with one scale; the default where there is none.
  [[nodiscard]] Quantization quantization() const {
    return scales.size() == 1 ? Quantization{scales[0], static_cast<std::int32_t>(zero_points[0])} : Quantization{};
  }
};

namespace detail {

/// Scales and zero points, or why they cannot be.
inline Result<void> read_quantization(const schema::QuantizationParameters& source, FileTensor& tensor) {
  if (source.details_type() != schema::QuantizationDetails::NONE) {
    return Error{"has a quantization of its own kind; only scales and zero points are read"};
  }
  // Float tensors may carry leftovers of training.
  if (tensor.is(ElementType::float32) || tensor.is(ElementType::float16) || !tensor.element()) return {};
  tensor.scales = values_of(source.scale());
  tensor.zero_points = values_of(source.zero_point());
  const std::size_t count = tensor.scales.size();
  if (count == 0) return {};
  if (tensor.zero_points.empty()) tensor.zero_points.assign(count, 0);
  if (tensor.zero_points.size() != count) {
    return Error{"has " + std::to_string(count) + " scales and " + std::to_string(tensor.zero_points.size()) +
                 " zero points"};
  }
  if (count > 1) {
    tensor.axis = source.quantized_dimension();
    if (tensor.axis < 0 || tensor.axis >= tensor.shape.rank ||
        static_cast<std::size_t>(tensor.shape[tensor.axis]) != count) {
      return Error{"has " + std::to_string(count) + " scales along dimension " + std::to_string(tensor.axis) +
                   " of the shape " + to_string(tensor.shape)};
    }
  }
  const bool bias = tensor.is(ElementType::int32) || tensor.is(ElementType::int64);  // its scale is not computed with
  const std::int64_t lowest = tensor.is(ElementType::int8) ? -128 : tensor.is(ElementType::int16) ? -32768 : 0;
  const std::int64_t highest = tensor.is(ElementType::int8)    ? 127
                               : tensor.is(ElementType::uint8) ? 255
                               : tensor.is(ElementType::int16) ? 32767
                                                               : 0;
  if (const auto index = first_not_finite(tensor.scales)) {
    return Error{"has a scale that is NaN or infinite, at " + std::to_string(*index)};
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!bias && !(tensor.scales[i] > 0.0f))
      return Error{"has a scale that is not positive, at " + std::to_string(i)};
    if (tensor.zero_points[i] < lowest || tensor.zero_points[i] > highest) {
      return Error{"has the zero point " + std::to_string(tensor.zero_points[i]) + ", which its type cannot hold"};
    }
  }
  return {};
}

inline Result<void> read_data(const schema::Tensor& source,
                              const flatbuffers::Vector<flatbuffers::Offset<schema::Buffer>>* buffers,
                              FileTensor& tensor) {
  // Of other types at least the number of elements must fit.
  const std::optional<std::uint64_t> bytes =
      stored_bytes(tensor.shape, tensor.element().value_or(ElementType::boolean));
  if (!bytes || *bytes > limits::tensor_bytes) {
    return Error{"has the shape " + to_string(tensor.shape) + ", more than 2 GiB"};
  }
  tensor.constant = tensor.element() && *bytes == 0;  // nothing to know
  if (source.buffer() == 0) return {};
  if (!buffers || source.buffer() >= buffers->size()) {
    return Error{"is in buffer " + std::to_string(source.buffer()) + ", which the file does not have"};
  }
  const schema::Buffer* buffer = buffers->Get(source.buffer());
  if (buffer->offset() > 1 || buffer->size() > 1) return Error{"has its data behind the flatbuffer"};
  if (!buffer->data() || buffer->data()->size() == 0) return {};
  tensor.data = std::as_bytes(std::span(buffer->data()->data(), buffer->data()->size()));
  tensor.constant = true;
  if (tensor.element() && tensor.data.size() != *bytes) {
    return Error{"has " + std::to_string(tensor.data.size()) + " bytes of data, but its shape " +
                 to_string(tensor.shape) + " of " + tensor.type_name() + " needs " + std::to_string(*bytes)};
  }
  return {};
}

}  // namespace detail

/// One tensor of the file; the error is the end of a sentence that begins with the tensor's name.
[[nodiscard]] inline Result<FileTensor> read_tensor(
    const schema::Tensor& source, const flatbuffers::Vector<flatbuffers::Offset<schema::Buffer>>* buffers) {
  FileTensor tensor;
  tensor.name = text_of(source.name());
  tensor.type = source.type();
  const std::vector<std::int32_t> dims = values_of(source.shape());
  if (dims.size() > static_cast<std::size_t>(Shape::max_rank)) {
    return Error{"has " + std::to_string(dims.size()) + " dimensions, more than " + std::to_string(Shape::max_rank)};
  }
  for (const std::int32_t dim : dims) {
    if (dim < 0) return Error{"has a negative dimension"};
    tensor.shape.push_back(dim);
  }
  if (source.sparsity()) return Error{"is sparse; write it dense"};
  if (source.is_variable()) return Error{"is a variable that outlives a run; dlpu has none"};
  if (const auto read = detail::read_data(source, buffers, tensor); !read) return Error{read.error()};
  if (source.quantization()) {
    if (const auto read = detail::read_quantization(*source.quantization(), tensor); !read)
      return Error{read.error()};
  }
  return tensor;
}

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI

#include "dlpu/operator_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

namespace dlpu::command {
namespace {

std::string field_text(std::int32_t value) {
  return std::to_string(value);
}
std::string field_text(Size2D size) {
  return size.height == size.width ? std::to_string(size.height) : fmt::format("{{{}, {}}}", size.height, size.width);
}
std::string field_text(const Padding& padding) {
  if (padding == Padding::same) return "dlpu::Padding::same";
  if (padding == Padding::valid) return "dlpu::Padding::valid";
  return fmt::format("dlpu::Padding::sides({}, {}, {}, {})", padding.top, padding.bottom, padding.left,
                     padding.right);
}
std::string field_text(Activation activation) {
  constexpr std::string_view names[] = {"none", "relu", "relu_n1_to_1", "relu6"};
  return fmt::format("dlpu::Activation::{}", names[static_cast<std::size_t>(activation)]);
}
std::string field_text(const Sides& sides) {
  return fmt::format("{{{}, {}, {}, {}}}", sides.top, sides.bottom, sides.left, sides.right);
}
std::string field_text(Mirror mirror) {
  return mirror == Mirror::reflect ? "dlpu::Mirror::reflect" : "dlpu::Mirror::symmetric";
}
template <class Numbers>
std::string list_text(const Numbers& numbers, std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) text += (i ? ", " : "") + std::to_string(numbers[i]);
  return text + "}";
}
std::string field_text(const Axes& axes) {
  return list_text(axes.values, static_cast<std::size_t>(axes.count));
}
/// Zeros at the end are the default.
template <std::size_t N>
std::string field_text(const std::array<std::int32_t, N>& numbers) {
  std::size_t count = N;
  while (count > 1 && numbers[count - 1] == 0) --count;
  return list_text(numbers, count);
}

std::string field_text(float value) {
  return text_of(value);
}
std::string field_text(ElementType element) {
  return text_of(element);
}
std::string field_text(const Shape& shape) {
  return text_of(shape);
}

/// The designators of an operator's fields, without those at their defaults.
template <class Op>
class Fields {
 public:
  explicit Fields(const Op& op) : op_(op) {}

  template <class Field>
  void add(std::string_view name, Field Op::*field) {
    bytes_ += sizeof(Field);
    static const Op defaults{};
    if (std::memcmp(&(op_.*field), &(defaults.*field), sizeof(Field)) == 0) return;
    text_ += fmt::format("{}.{} = {}", text_.empty() ? "" : ", ", name, field_text(op_.*field));
  }
  /// All fields were named.
  [[nodiscard]] bool complete() const { return bytes_ == sizeof(Op); }
  [[nodiscard]] std::string text() const { return "{" + text_ + "}"; }

 private:
  const Op& op_;
  std::size_t bytes_ = 0;
  std::string text_;
};

/// Every field that any operator has, in an order that agrees with all their declarations.
#define DLPU_FIELD(NAME)                                                                     \
  if constexpr (requires { requires std::is_member_object_pointer_v<decltype(&Op::NAME)>; }) \
  fields.add(#NAME, &Op::NAME)

template <class Op>
std::string options_of(const Op& op) {
  Fields<Op> fields(op);
  DLPU_FIELD(filters);
  DLPU_FIELD(multiplier);
  DLPU_FIELD(units);
  DLPU_FIELD(classes);
  DLPU_FIELD(max_detections);
  DLPU_FIELD(regular);
  DLPU_FIELD(classes_per_detection);
  DLPU_FIELD(detections_per_class);
  DLPU_FIELD(score_threshold);
  DLPU_FIELD(overlap_threshold);
  DLPU_FIELD(y_scale);
  DLPU_FIELD(x_scale);
  DLPU_FIELD(height_scale);
  DLPU_FIELD(width_scale);
  DLPU_FIELD(shape);
  DLPU_FIELD(order);
  DLPU_FIELD(kernel);
  DLPU_FIELD(begin);
  DLPU_FIELD(end);
  DLPU_FIELD(size);
  DLPU_FIELD(stride);
  DLPU_FIELD(dilation);
  DLPU_FIELD(block);
  DLPU_FIELD(padding);
  DLPU_FIELD(crop);
  DLPU_FIELD(activation);
  DLPU_FIELD(output);
  DLPU_FIELD(before);
  DLPU_FIELD(after);
  DLPU_FIELD(value);
  DLPU_FIELD(mirror);
  DLPU_FIELD(axis);
  DLPU_FIELD(element);
  DLPU_FIELD(batch_dimensions);
  DLPU_FIELD(parts);
  DLPU_FIELD(sizes);
  DLPU_FIELD(axes);
  DLPU_FIELD(keep_dimensions);
  DLPU_FIELD(inputs);
  DLPU_FIELD(align_corners);
  DLPU_FIELD(half_pixel_centers);
  DLPU_FIELD(begin_mask);
  DLPU_FIELD(end_mask);
  DLPU_FIELD(shrink_axis_mask);
  DLPU_FIELD(low);
  DLPU_FIELD(high);
  DLPU_FIELD(alpha);
  DLPU_FIELD(beta);
  DLPU_FIELD(transpose_first);
  DLPU_FIELD(transpose_second);
  DLPU_ASSERT(fields.complete());
  return fields.text();
}
#undef DLPU_FIELD

/// "DEPTHWISE_CONV_2D" is `depthwise_conv2d`.
std::string lower_case(std::string_view name) {
  std::string text;
  for (const char c : name) text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (text.ends_with("_2d")) text.replace(text.size() - 3, 1, "");
  return text;
}

OperatorText operator_text(const op::Relu& op) {
  constexpr std::string_view names[] = {"none", "relu", "relu_n1_to_1", "relu6"};
  return {std::string(names[static_cast<std::size_t>(op.activation)]), ""};
}
OperatorText operator_text(const op::DetectionPostProcess& op) {
  return {"detection_post_process", options_of(op)};
}
template <Relation R>
OperatorText operator_text(const op::Comparison<R>& op) {
  return {fmt::format("template compare<dlpu::Relation::{}>", lower_case(op.name)), ""};
}
template <class Op>
OperatorText operator_text(const Op& op) {
  constexpr bool takes_list = std::is_same_v<Op, op::Concatenation> || std::is_same_v<Op, op::Pack>;
  if constexpr (std::is_empty_v<Op>)
    return {lower_case(op.name), "", takes_list};
  else
    return {lower_case(op.name), options_of(op), takes_list};
}

}  // namespace

OperatorText text_of(const Operator& any) {
  return visit(any, [](const auto& op) { return operator_text(op); });
}

std::string text_of(const Shape& shape) {
  return list_text(shape.dims, static_cast<std::size_t>(shape.rank));
}

std::string text_of(ElementType element) {
  return fmt::format("dlpu::ElementType::{}", element == ElementType::boolean ? "boolean" : to_string(element));
}

std::string text_of(float value) {
  if (std::isinf(value)) {
    return fmt::format("{}std::numeric_limits<float>::infinity()", value < 0.0f ? "-" : "");
  }
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + "f";
}

std::string quoted_text(std::string_view text) {
  std::string literal = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\' || c == '?') {  // '?': no trigraphs
      literal += {'\\', static_cast<char>(c)};
    } else if (c >= 0x20 && c < 0x7F) {
      literal += static_cast<char>(c);
    } else {
      const bool digit_follows = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '7';
      literal += digit_follows ? fmt::format("\\{:03o}", c) : fmt::format("\\{:o}", c);
    }
  }
  return literal + "\"";
}

}  // namespace dlpu::command

#pragma once

/// Cast: parameters, shape rule, and the kernel for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/cast.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace op {

/// The same numbers in another element type. Scales and zero points take no part: of int8 and uint8 the stored numbers
/// are meant. From float32 to integers towards zero, saturating; between integers the low bits.
struct Cast {
  static constexpr std::string_view name = "CAST";
  using elements = type_list<float, std::int8_t, std::uint8_t, std::int32_t, std::int64_t, bool>;

  ElementType element = ElementType::float32;  ///< of the output

  DLPU_RULE(OneInput, "Cast: needs one input", "");
  DLPU_RULE(
      KnownElement,
      "Cast: the output must be float32, int8, uint8, int32, int64, bool, or what the quantization policy stores",
      "");
  using rules = type_list<OneInput, KnownElement>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 1) return OneInput::rule;
    switch (element) {
      case ElementType::activation:
      case ElementType::float32:
      case ElementType::int8:
      case ElementType::uint8:
      case ElementType::int32:
      case ElementType::int64:
      case ElementType::boolean:
        return TensorType{inputs[0].shape, element};
      default:
        return KnownElement::rule;
    }
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// Cast of any number of elements.
///
///     dlpu::kernels::Cast<float, std::int32_t>{}.run(input, output);
template <class From, class To>
class Cast {
 public:
  /// `output` has as many elements as `input`.
  constexpr void run(std::span<const From> input, std::span<To> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::cast(input, output);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
